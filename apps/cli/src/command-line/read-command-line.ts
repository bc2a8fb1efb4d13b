import { type IdentityProvider, isTegataError } from "@tegata/core";
import { type Plugins, isPluginId, type PluginKind, type PluginPrograms } from "@tegata/engine";
import { coreSettings, namesOf, type SettingDefinition } from "@tegata/engine/settings";
import type { Command } from "../command.ts";
import { beforeDashes, mayAskForHelp, type ParsedCommandLine } from "./command-line.ts";

/** A command line, and what it is made of. */
export interface ComposedCommandLine {
  readonly plugins: Plugins;
  readonly commands: readonly Command[];
  readonly settings: ReadonlyMap<string, SettingDefinition>;
}

interface CommandLineReader {
  readonly builtIn: ComposedCommandLine;
  readonly compose: (plugins: Plugins) => ComposedCommandLine;
  readonly parse: (composition: ComposedCommandLine) => Promise<ParsedCommandLine>;
  readonly programs: () => Promise<PluginPrograms>;
}

/**
 * Reads the command line by what is built in, and looks for programs only where that will not do: a command that is not
 * known, a flag that is not known, a word on help or completions. Anyone who uses none pays for none.
 *
 * @throws TegataError `usage_invalid`; for a program that is needed `plugin_untrusted`, `plugin_invalid`, `process_failed`
 */
export async function readCommandLine(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  { builtIn, compose, parse, programs }: CommandLineReader,
): Promise<{ readonly parsed: ParsedCommandLine; readonly composition: ComposedCommandLine }> {
  const [word = ""] = args;
  const isBuiltIn = builtIn.commands.some(({ name }) => name === word);
  const format = isBuiltIn || !isPluginId(word) ? undefined : await (await programs()).format(word);
  const own = format === undefined ? builtIn : compose(join(builtIn.plugins, { idps: [], formats: [format] }));
  const withKnown = async (named?: IdentityProvider) => {
    const { idps, formats } = await (await programs()).known().catch(noneWhereStorageFails);
    const more = fitting({ idps: [...(named === undefined ? [] : [named]), ...idps], formats }, own);
    return more.idps.length + more.formats.length === 0 ? own : compose(join(own.plugins, more));
  };
  if (word === "__complete" || mayAskForHelp(beforeDashes(args))) {
    const composition = await withKnown();
    return { parsed: await parse(composition), composition };
  }
  try {
    return { parsed: await parse(own), composition: own };
  } catch (error) {
    if (!isTegataError(error) || error.code !== "usage_invalid") {
      throw error;
    }
    // It may be a flag of a program: of one that is known, or of the one that this very line names.
    const named = typedAtFirstSight("idp", args, env);
    const isOther = named !== undefined && isPluginId(named) && !own.plugins.idps.some(({ id }) => id === named);
    const composition = await withKnown(isOther ? await (await programs()).idp(named, true) : undefined);
    if (composition === own) {
      throw error;
    }
    return { parsed: await parse(composition), composition };
  }
}

/** The flags that no plugin program may have. */
export function takenFlags({
  commands,
  settings,
}: ComposedCommandLine): Readonly<Record<PluginKind, ReadonlySet<string>>> {
  const ofEveryCommand = ["help", "version", "unset", "type"];
  const ofTegata = Object.keys(coreSettings).map((name) => namesOf(name).flag);
  const ofCommands = commands.flatMap(({ flags }) => Object.keys(flags));
  return {
    // A setting of one identity provider may be that of another as well.
    idp: new Set([...ofEveryCommand, ...ofTegata, ...ofCommands]),
    format: new Set([...ofEveryCommand, ...[...settings.values()].map(({ flag }) => flag)]),
  };
}

/** What was typed, or is in the variable, for what has to be known before the command line can be read. */
export function typedAtFirstSight(
  flag: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const words = beforeDashes(args);
  const typed = words.flatMap((word, index) => {
    const inline = word.startsWith(`--${flag}=`) ? word.slice(flag.length + 3) : undefined;
    return inline ?? (word === `--${flag}` ? (words[index + 1] ?? []) : []);
  });
  return typed.at(-1) ?? (env[`TEGATA_${flag.replaceAll("-", "_").toUpperCase()}`] || undefined);
}

/** A folder that others can write to is for a run to complain about, not for a word on help. */
function noneWhereStorageFails(error: unknown): Plugins {
  if (!isTegataError(error)) {
    throw error;
  }
  return { idps: [], formats: [] };
}

function join(one: Plugins, other: Plugins): Plugins {
  return { idps: [...one.idps, ...other.idps], formats: [...one.formats, ...other.formats] };
}

/** Of plugins, those that go together with what is there; the first wins. */
function fitting({ idps, formats }: Plugins, { plugins, commands, settings }: ComposedCommandLine): Plugins {
  const commandNames = new Set(commands.map(({ name }) => name));
  const commandFlags = new Set(commands.flatMap(({ flags }) => Object.keys(flags)));
  const settingFlags = new Set([...settings.values()].map(({ flag }) => flag));
  const idpIds = new Set(plugins.idps.map(({ id }) => id));
  const fittingFormats = formats.filter(({ id, options }) => {
    const flags = Object.keys(options.entries).map((name) => namesOf(name).flag);
    const fits = !commandNames.has(id) && !flags.some((flag) => settingFlags.has(flag));
    if (fits) {
      commandNames.add(id);
      flags.forEach((flag) => commandFlags.add(flag));
    }
    return fits;
  });
  const fittingIdps = idps.filter(({ id, settings: { entries } }) => {
    const fits = !idpIds.has(id) && !Object.keys(entries).some((name) => commandFlags.has(namesOf(name).flag));
    idpIds.add(id);
    return fits;
  });
  return { idps: fittingIdps, formats: fittingFormats };
}
