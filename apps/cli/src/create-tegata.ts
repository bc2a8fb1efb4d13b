import { limitedFetch, TegataError, type Ports } from "@tegata/core";
import type { Command, CommandContext, KeptPlace, Plugins } from "./command.ts";
import { parseCommandLine, type ParsedCommandLine } from "./command-line.ts";
import { completeCommand, completionCommand } from "./commands/completion.ts";
import { consoleCommand } from "./commands/console.ts";
import { formatCommand } from "./commands/format.ts";
import { loginCommand } from "./commands/login.ts";
import { logoutCommand } from "./commands/logout.ts";
import { pluginsCommand } from "./commands/plugins.ts";
import { profilesCommand } from "./commands/profiles.ts";
import { statusCommand } from "./commands/status.ts";
import type { ExitStatus } from "./exit-status.ts";
import type { Outside } from "./outside.ts";
import { reportError, type ErrorFormat } from "./report-error.ts";
import { foldersOf } from "./settings/folders.ts";
import { resolveCommandLine, resolveProfile, resolveTokenStore } from "./settings/resolve.ts";
import { settingDefinitions } from "./settings/setting-definitions.ts";
import { readSettingsFile, type SettingsFile } from "./settings/settings-file.ts";
import { createCredentialsCache } from "./storage/credentials-cache.ts";
import { createDocumentCache } from "./storage/document-cache.ts";
import { keyringWord } from "./storage/keyring-protocol.ts";
import { createLocks } from "./storage/lock.ts";
import { createSessionStore } from "./storage/session-store.ts";
import { createTokenStore } from "./storage/token-store.ts";
import { createTerminal } from "./terminal/terminal.ts";

export interface TegataOptions extends Plugins {
  readonly version: string;
}

export interface Tegata {
  /**
   * Runs one command line to its end. Never rejects.
   *
   * @param kept where the program's first file looked for a kept answer; left out, none is kept
   */
  run(args: readonly string[], outside: Outside, kept?: KeptPlace): Promise<ExitStatus>;
}

/**
 * The whole command line out of plugins. `run.ts` calls it with the ones that come with tegata; whoever wants a binary
 * with their own calls it with theirs.
 *
 * @throws Error for plugins that do not go together: two of one id, or a format called like a command
 */
export function createTegata({ idps, formats, version }: TegataOptions): Tegata {
  const plugins: Plugins = { idps, formats };
  const commands = commandsOf(formats);
  refuseDoubles(commands.map(({ name }) => name));
  refuseDoubles(idps.map(({ id }) => id));
  const settings = settingDefinitions(idps);
  for (const command of commands) {
    refuseDoubles([...Object.keys(command.flags), ...[...settings.values()].map(({ flag }) => flag)]);
  }

  async function run(args: readonly string[], outside: Outside, kept?: KeptPlace): Promise<ExitStatus> {
    let terminal = createTerminal(outside, { quiet: false, verbose: args.includes("--verbose") });
    let errorFormat = errorFormatAtFirstSight(args, outside.env);
    try {
      if (args[0] === keyringWord) {
        const { readStdin, serveKeyring } = await import("./storage/keyring-child.ts");
        await serveKeyring(await readStdin(), (text) => outside.writeStdout(text));
        return 0;
      }
      const parsed = await parseCommandLine(args, { commands, settings, version });
      if (parsed.kind === "text") {
        await outside.writeStdout(parsed.text);
        return 0;
      }
      const commandLine = resolveCommandLine({ flags: parsed.flags, env: outside.env });
      terminal = createTerminal(outside, commandLine);
      ({ errorFormat } = commandLine);
      const given = { outside, terminal, commandLine, plugins, commands, version, kept };
      await parsed.command.run(contextOf(parsed, given));
      return 0;
    } catch (error) {
      return reportError(error, terminal, (text) => outside.stderr.write(text), errorFormat);
    }
  }

  return { run };
}

/** For the errors of a command line that cannot be read. */
function errorFormatAtFirstSight(args: readonly string[], env: Outside["env"]): ErrorFormat {
  const words = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  const typed = words.flatMap((word, index) => {
    const [, inline] = /^--error-format=(.*)$/s.exec(word) ?? [];
    return inline ?? (word === "--error-format" ? (words[index + 1] ?? []) : []);
  });
  return (typed.at(-1) ?? env["TEGATA_ERROR_FORMAT"]) === "json" ? "json" : "text";
}

type Given = Pick<CommandContext, "outside" | "terminal" | "commandLine" | "plugins" | "commands" | "version" | "kept">;

function contextOf(
  { flags, words, command }: Extract<ParsedCommandLine, { kind: "command" }>,
  given: Given,
): CommandContext {
  const { outside, terminal, commandLine, plugins } = given;
  const { platform, env, home, uid } = outside;
  const host = { platform, uid };
  const folders = foldersOf({ platform, env, home, config: commandLine.config });
  const { cacheDir, stateDir } = folders;
  const cacheFolder = cacheDir === undefined ? undefined : { path: cacheDir, variable: "TEGATA_CACHE_DIR" };
  const stateFolder = stateDir === undefined ? undefined : { path: stateDir, variable: "TEGATA_STATE_DIR" };
  const documents = createDocumentCache(cacheFolder, host, terminal.log);
  const ports: Ports = {
    fetch: limitedFetch(outside.fetch, outside.clock),
    clock: outside.clock,
    random: outside.random,
    signal: outside.signal,
    log: terminal.log,
    documents,
  };
  let file: Promise<SettingsFile> | undefined;
  const settingsFile = () =>
    (file ??= readSettingsFile({
      path: folders.settingsFile,
      namedBy: folders.settingsFileNamedBy,
      idps: plugins.idps,
      host,
    }));
  const [positionalProfile] = command.argument === "profile" ? words : [];
  const profile: CommandContext["profile"] = async (name) => {
    const input = { flags, env, file: await settingsFile(), idps: plugins.idps, machine: outside.machine };
    const chosen = await resolveProfile({ ...input, positionalProfile: name ?? positionalProfile });
    // A bad value is found before it is needed.
    await resolveTokenStore(chosen);
    return chosen;
  };
  // Some SDKs merge the program's stderr into its stdout: behind them a success says nothing.
  const isSilent = plugins.formats.some(({ id, asksPerson }) => id === command.name && asksPerson === "never");
  const warn = isSilent ? terminal.log : terminal.warn;
  const tokens = createTokenStore({
    mode: async () => resolveTokenStore(await profile()),
    keyring: async () => {
      const { createKeyring } = await import("./storage/keyring.ts");
      return createKeyring({ ...outside, folder: stateDir ?? "" });
    },
    say: isSilent ? terminal.log : terminal.say,
    warn,
  });
  return {
    ...given,
    ports,
    warn,
    flags,
    words,
    cache: createCredentialsCache(cacheFolder, host),
    sessions: createSessionStore(stateFolder, host, tokens),
    documents,
    credentialsLocks: createLocks(cacheFolder, outside, outside.clock),
    sessionLocks: createLocks(stateFolder, outside, outside.clock),
    places: { cacheDir, stateDir },
    settingsFile,
    profile,
  };
}

function commandsOf(formats: Plugins["formats"]): readonly Command[] {
  const consoleUrl = formats.find(({ id }) => id === "console-url");
  return [
    loginCommand,
    ...formats.map(formatCommand),
    ...(consoleUrl === undefined ? [] : [consoleCommand(consoleUrl)]),
    statusCommand,
    logoutCommand,
    profilesCommand,
    pluginsCommand,
    completionCommand,
    completeCommand,
  ];
}

function refuseDoubles(names: readonly string[]): void {
  const double = names.find((name, index) => names.indexOf(name) !== index);
  if (double !== undefined) {
    throw new TegataError("internal", `two plugins or commands are called ${double}`);
  }
}
