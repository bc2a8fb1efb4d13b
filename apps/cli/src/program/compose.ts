import { choiceVariable, profileVariable, shownValue, TegataError } from "@tegata/core";
import { type Plugins, createEngine, type PluginPrograms, type Defaults, keyringWord } from "@tegata/engine";
import { withDefaults, settingsFileAtFirstSight, settingDefinitions } from "@tegata/engine/settings";
import { withMeantLine } from "../command-line/meant-line.ts";
import { resolveCommandLine } from "../command-line/global-flags.ts";
import type { CommandContext, EntryAddress } from "../command.ts";
import {
  beforeDashes,
  commandAtFirstSight,
  lineForSetting,
  parseCommandLine,
  type ParsedCommandLine,
} from "../command-line/command-line.ts";
import { commandsOf } from "../commands/commands.ts";
import { endpointCommand } from "../exec/endpoint-process.ts";
import type { CliSystem } from "../cli-system.ts";
import { ownName, programNamePattern } from "../terminal/program-name.ts";
import {
  type ComposedCommandLine,
  readCommandLine,
  takenFlags,
  typedAtFirstSight,
} from "../command-line/read-command-line.ts";
import { reportError, type ErrorFormat } from "../report-error.ts";
import { createTerminal, type Terminal } from "../terminal/terminal.ts";
import { trustQuestion } from "../terminal/trust-question.ts";

/** What a command line is put together of. */
export interface TegataOptions extends Plugins {
  /** What the program is called, where it calls itself something: in kebab-case, `tegata` when left out. */
  readonly name?: string;
  /** What `--version` prints. */
  readonly version: string;
  /** Settings that hold when nobody says otherwise, by key: `{ idp: "acme", region: "eu-central-1" }`. */
  readonly defaults?: Defaults;
}

/** A command line that is put together. */
export interface Tegata {
  /**
   * Runs one command line to its end. Never rejects.
   *
   * @returns the exit status: one of `exit-status.ts`, or that of a command that was run in this one's place
   * @param entry where the first file looked for an entry of the answer cache; left out, nothing is cached
   */
  run(args: readonly string[], system: CliSystem, entry?: EntryAddress): Promise<number>;
}

/**
 * The whole command line, made of plugins. `run.ts` calls it with the plugins that come with tegata; a binary of your own
 * calls it with yours.
 *
 * @throws TegataError `internal` for plugins that do not go together: two of one id, or backing one command, a format called like a command, an option called like a
 *   setting; for a default that its setting does not take; for a name that is not in kebab-case
 */
export function createTegata({ name = ownName, idps, formats, version, defaults = {} }: TegataOptions): Tegata {
  if (!programNamePattern.test(name)) {
    throw new TegataError("internal", `the program's name ${shownValue(name)} is not in kebab-case`);
  }
  const compose = (plugins: Plugins): ComposedCommandLine => {
    const commands = commandsOf(plugins.formats);
    refuseDoubles(commands.map((command) => command.name));
    refuseDoubles(plugins.idps.map(({ id }) => id));
    refuseTwoBacking(plugins.formats);
    const settings = withDefaults(settingDefinitions(plugins.idps), defaults);
    const settingFlags = new Set([...settings.values()].map(({ flag }) => flag));
    for (const command of commands) {
      const double = Object.keys(command.flags).find((flag) => settingFlags.has(flag));
      if (double !== undefined) {
        throw new TegataError("internal", `the flag --${double} of ${command.name} is called like a setting`);
      }
    }
    return { plugins, commands, settings };
  };
  const builtIn = compose({ idps, formats });

  const programsFor = (terminal: Terminal, args: readonly string[], system: CliSystem) => {
    let made: Promise<PluginPrograms> | undefined;
    return () =>
      (made ??= import("@tegata/engine/plugin-programs").then(({ createPluginPrograms }) =>
        createPluginPrograms({
          system,
          stdoutIsTerminal: system.stdoutIsTerminal,
          version,
          log: terminal.log,
          confirm:
            typedAtFirstSight("prompt", args, system.env) === "never" ? undefined : trustQuestion(system, terminal),
          takenFlags: takenFlags(builtIn),
        }),
      ));
  };

  /** A shell that evaluates nothing has succeeded. What is printed there is for no person to see. */
  async function printOnFailure(args: readonly string[], system: CliSystem): Promise<void> {
    if (system.stdoutIsTerminal) {
      return;
    }
    const { commands, settings } = builtIn;
    const command = commandAtFirstSight(args, { commands, settings, version, programName: name });
    const typed = (flag: string) => typedAtFirstSight(flag, args, system.env);
    const text = await command?.outputOnFailure?.(typed, system.machine).catch(() => undefined);
    if (text !== undefined) {
      await system.writeStdout(text).catch(() => undefined);
    }
  }

  async function run(args: readonly string[], inherited: CliSystem, entry?: EntryAddress): Promise<number> {
    let hasWritten = false;
    const system: CliSystem = {
      ...inherited,
      writeStdout: (text) => {
        hasWritten = true;
        return inherited.writeStdout(text);
      },
    };
    let terminal = createTerminal(system, {
      quiet: false,
      verbose: beforeDashes(args).includes("--verbose"),
      programName: name,
      args,
    });
    let errorFormat: ErrorFormat = typedAtFirstSight("error-format", args, system.env) === "json" ? "json" : "text";
    try {
      if (args[0] === keyringWord) {
        const { readStdin, serveKeyring } = await import("@tegata/engine/keyring");
        await serveKeyring(await readStdin(), (text) => system.writeStdout(text));
        return 0;
      }
      const config = typedAtFirstSight("config", args, system.env);
      const { path: settingsPath, profileNames } = settingsFileAtFirstSight(config, idps, system);
      const whereTyped = {
        profiles: profileNames,
        shell: () => system.machine.callingShell(),
      };
      const { parsed, composition } = await readCommandLine(args, system.env, {
        builtIn,
        compose,
        parse: ({ commands, settings }) =>
          parseCommandLine(args, { commands, settings, version, programName: name, settingsPath, whereTyped }),
        programs: programsFor(terminal, args, system),
      });
      if (parsed.kind === "text") {
        // What `use` writes to stdout is evaluated by a shell: a help text is not for that.
        await (args[0] === "use" ? system.stderr.write(parsed.text) : system.writeStdout(parsed.text));
        return 0;
      }
      const commandLine = { ...resolveCommandLine({ flags: parsed.flags, env: system.env }), programName: name, args };
      terminal = createTerminal(system, commandLine);
      ({ errorFormat } = commandLine);
      const { plugins, commands } = composition;
      const programs = programsFor(terminal, args, system);
      const { settings } = composition;
      const stored = { plugins, commands, settings, settingsPath, programs, version, entry, defaults };
      const known = { system, terminal, commandLine, ...stored };
      const { isTerminal } = terminal;
      const grammar = { commands, settings, version, programName: name, settingsPath, whereTyped, isTerminal };
      const explain = (error: unknown) =>
        withMeantLine(error, (key, value) => lineForSetting(args, parsed.command, key, value, grammar));
      try {
        return (await parsed.command.run(contextOf(parsed, known, explain))) ?? 0;
      } catch (error) {
        throw await explain(error);
      }
    } catch (error) {
      const status = reportError(error, terminal, (text) => system.stderr.write(text), errorFormat);
      if (!hasWritten) {
        await printOnFailure(args, system);
      }
      return status;
    }
  }

  return { run };
}

type CommandLineParts = Pick<
  CommandContext,
  | "system"
  | "terminal"
  | "commandLine"
  | "plugins"
  | "commands"
  | "settings"
  | "settingsPath"
  | "programs"
  | "version"
  | "entry"
> & {
  readonly defaults: Defaults;
};

function contextOf(
  parsed: Extract<ParsedCommandLine, { kind: "command" }>,
  parts: CommandLineParts,
  explain: CommandContext["explain"],
  trial?: { readonly keepsDocuments: boolean },
): CommandContext {
  const isTrial = trial !== undefined;
  const { flags, words, childCommand, command } = parsed;
  const { terminal, commandLine, plugins, programs, defaults } = parts;
  const system = isTrial ? { ...parts.system, env: withoutChoice(parts.system.env) } : parts.system;
  // Some SDKs merge the program's stderr into its stdout: behind them a success says nothing.
  const isForAwsClient = plugins.formats.some(({ id, asksPerson }) => id === command.name && asksPerson === "never");
  const { say, warn, log } = terminal;
  const engine = createEngine({
    system,
    plugins,
    programs,
    defaults,
    notify: isForAwsClient ? { say: log, warn: log, log } : { say, warn, log },
    flags,
    positionalProfile: ["profile", "command"].includes(command.argument) ? words[0] : undefined,
    config: commandLine.config,
    isForAwsClient,
    ignoresAwsProfile: isForAwsClient || command === endpointCommand,
    mayAskForTrust: command.mayAskPerson === true,
    isTrial,
    ignoresProfiles: command.ignoresProfiles === true,
    keepsDocuments: trial?.keepsDocuments ?? true,
  });
  return {
    ...engine,
    ...parts,
    explain,
    system: { ...system, env: engine.system.env },
    flags,
    words,
    childCommand,
    withFlags: (more) =>
      contextOf({ ...parsed, flags: { ...flags, ...more } }, { ...parts, entry: undefined }, explain),
    trial: (others) =>
      contextOf({ ...parsed, flags: others }, { ...parts, entry: undefined }, explain, {
        // What is printed only leaves nothing behind.
        keepsDocuments: flags["print"] !== true,
      }),
  };
}

/** The variables, without those that say what a run in this shell is about. */
function withoutChoice(env: CliSystem["env"]): CliSystem["env"] {
  const names: ReadonlySet<string> = new Set([profileVariable, choiceVariable, "AWS_ROLE_ARN"]);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.has(name)));
}

function refuseTwoBacking(formats: Plugins["formats"]): void {
  for (const command of ["use", "console"] as const) {
    const [first, second] = formats.filter(({ backs }) => backs === command);
    if (first !== undefined && second !== undefined) {
      throw new TegataError("internal", `two formats back the command ${command}: ${first.id} and ${second.id}`);
    }
  }
}

function refuseDoubles(names: readonly string[]): void {
  const double = names.find((name, index) => names.indexOf(name) !== index);
  if (double !== undefined) {
    throw new TegataError("internal", `two plugins or commands are called ${double}`);
  }
}
