import type { Example, HintInput, Machine, Words } from "@tegata/core";
import type { Engine, PluginPrograms, Plugins } from "@tegata/engine";
import type { SchemaDescription, SettingDefinition } from "@tegata/engine/settings";
import type { CliSystem } from "./cli-system.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** A flag of one command alone; settings are flags of every command. */
export type FlagDefinition = Pick<SchemaDescription, "kind" | "choices" | "defaultText"> & {
  readonly description: string;
  /** True: its choices are too many for a line of help, and its description says what they are. */
  readonly hasManyChoices?: true;
};

/**
 * Parts of a command line that cannot stand together, because not all of them can be done. A part is written as a person
 * writes it: `--all` (which `--no-all` is not), `--no-browser`, `--prompt=never`, or a word such as `trust`. Two stand for more:
 * `PROFILE` is the profile, behind the command's name or by `--profile`; `CREDENTIALS` is every flag that says which
 * credentials, or whose. A variable contradicts nothing: a flag outdoes it.
 */
export interface Contradiction {
  /** Left out: the command itself. */
  readonly part?: string;
  readonly excludes: readonly string[];
  /** What to write instead, where that is not just to leave the excluded part out. */
  readonly hint?: HintInput;
}

/** With which key, and in which file, the first file looked for an entry of the answer cache (answer-cache/entry.ts). */
export interface EntryAddress {
  readonly key: string;
  /** Undefined where there is no cache folder. */
  readonly entryFile: string | undefined;
  /** The parent process, where it is a shell and the key holds it: the name of its executable, `bash`. Else empty. */
  readonly shell: string;
  /** Whether the key holds a variable. */
  readonly holdsVariable: (name: string) => boolean;
}

/**
 * Which settings are flags of a command; a flag that would mean nothing is refused. Settings in variables and in the file are
 * there for all commands, and are no mistake anywhere.
 *
 * - `credentials`: all of them
 * - `stored`: those that say which profile it is, whose credentials, and where they are stored
 * - `sign-in`: those of them that say which sign-in of a person it is
 * - `roles`: those that say where roles are known from, and how a person is asked there
 * - `profile`: the profile, and those of `run`
 * - `run`: the settings file, and how much is said
 */
export type SettingsTaken = "credentials" | "stored" | "sign-in" | "roles" | "profile" | "run";

/** Where `--help` lists a command: `command-line/overview.ts` has the headings. `help`: in its last line. */
export type CommandGroup = "person" | "output" | "ci" | "setup" | "help";

/** A command is a value; `command-line/command-line.ts` reads the arguments for it. */
export interface Command {
  readonly name: string;
  /** One line for `--help`: lower case, no full stop. */
  readonly summary: string | Words;
  /** What its help says below the summary, where the summary is not all: of a program that may be called otherwise. */
  readonly note?: (programName: string) => string;
  readonly group: CommandGroup;
  /** What may stand behind the name; `command`: a profile, then `--` and a command with its arguments. */
  readonly argument: "profile" | "command" | "shell" | "words" | "none";
  /** How it is written behind the name, where `argument` alone does not say it. */
  readonly form?: string;
  /** What can stand first behind the name, where it is no profile: for completions, and for the help of a `shell`. */
  readonly firstWords?: readonly string[];
  /** By flag name without dashes. */
  readonly flags: Readonly<Record<string, FlagDefinition>>;
  /** Left out: `credentials` for a command whose argument is a profile, or a profile and a command; else `run`. */
  readonly settings?: SettingsTaken;
  /** The keys of the settings that its help names, four at most: `role_arn`. Left out, those that most people use of the ones it takes. */
  readonly mainSettings?: readonly string[];
  /** For its help: two, the most usual one first. */
  readonly examples?: readonly Example[];
  /** Besides those of every command (`command-line/contradictions.ts`). */
  readonly contradictions?: readonly Contradiction[];
  /** Not in `--help`. */
  readonly hidden?: boolean;
  /** True: a person may be asked whether to trust a program that signs them in. */
  readonly mayAskPerson?: boolean;
  /** True: it is about no profile, no matter which one a shell, a variable or the settings file chooses. */
  readonly ignoresProfiles?: boolean;
  /**
   * What is printed when the run fails and has printed nothing, where a shell evaluates what is printed.
   *
   * @param typed the text of a flag as it was typed, or as its variable has it
   */
  readonly outputOnFailure?: (typed: (flag: string) => string | undefined, machine: Machine) => Promise<string>;
  /** @returns An exit status of its own, where the command ran another program; else it is 0. */
  run(context: CommandContext): Promise<number | void>;
}

/** What a command has to work with: the engine, set for this run, and what the command line has besides. */
export interface CommandContext extends Engine {
  readonly system: CliSystem;
  readonly terminal: Terminal;
  readonly commands: readonly Command[];
  readonly plugins: Plugins;
  /** Every setting of the program and of its plugins, by key, with the defaults of this binary. */
  readonly settings: ReadonlyMap<string, SettingDefinition>;
  /** The settings file of this run, whether it is there or not; `undefined` where nothing says. */
  readonly settingsPath: string | undefined;
  /** Plugins that are programs on `PATH`. */
  readonly programs: () => Promise<PluginPrograms>;
  readonly version: string;
  /** Where this run's output may be cached; undefined: nowhere. */
  readonly entry: EntryAddress | undefined;
  readonly commandLine: CommandLineSettings;
  /** By flag name without dashes, as typed. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** What stands behind the command's name. */
  readonly words: readonly string[];
  /** What stands behind `--`, for a command whose argument is a command; else empty. */
  readonly childCommand: readonly string[];
  /**
   * The same run with further flags, as a person has chosen them: another one may choose otherwise, so its output is cached nowhere.
   */
  readonly withFlags: (flags: Readonly<Record<string, string>>) => CommandContext;
  /** A run that tries settings out, with these flags and no others: as `EngineOptions.isTrial` has it. */
  readonly trial: (flags: Readonly<Record<string, unknown>>) => CommandContext;
  /** An error with the whole line to paste, where it is about a slip in what was typed. */
  readonly explain: (error: unknown) => Promise<unknown>;
}

/** What only the command line says: needed before any file is read. */
export interface CommandLineSettings {
  /** The value of `--config`; `TEGATA_CONFIG` is for `foldersOf` to read. */
  readonly config: string | undefined;
  readonly fresh: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly errorFormat: "text" | "json";
  /** As `createTegata` was told; no setting. */
  readonly programName?: string;
  /** What was typed. */
  readonly args?: readonly string[];
}

export const jsonFlag: FlagDefinition = {
  kind: "boolean",
  choices: undefined,
  defaultText: undefined,
  description: "write JSON, for programs",
};

/** How a command is written, without the program's name. */
export function formOf({ name, argument, form }: Command): string {
  return `${name} ${form ?? forms[argument]}`;
}

const forms = {
  profile: "[profile] [flags]",
  command: "[profile] [flags] -- command [arguments]",
  shell: "SHELL",
  words: "[words]",
  none: "[flags]",
} as const;
