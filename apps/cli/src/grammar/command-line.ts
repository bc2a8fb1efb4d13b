import { isatty } from "node:tty";
import { printable, TegataError } from "@tegata/core";
import type { Argv, Options } from "yargs";
import { type Command, type FlagFacts, formOf } from "../command.ts";
import { overviewOf } from "./overview.ts";
import { type FlagsByName, type FlagShape, parseArguments, parserConfiguration } from "./parse-arguments.ts";
import { inOwnName } from "./program-name.ts";
import { nearestName } from "../settings/nearest-name.ts";
import type { SettingDefinition } from "../settings/setting-definitions.ts";
import { booleanOf, explainBoolean, explainChoice, shownValue } from "../settings/setting-value.ts";
import { createYargs } from "./yargs.ts";

/** What a command line asks for. */
export type ParsedCommandLine =
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "command";
      readonly command: Command;
      readonly flags: Readonly<Record<string, unknown>>;
      readonly words: readonly string[];
      /** What stands behind `--`, to the letter, where the command's argument is a command. */
      readonly childCommand: readonly string[];
    };

export interface CommandLineGrammar {
  readonly commands: readonly Command[];
  readonly settings: ReadonlyMap<string, SettingDefinition>;
  readonly version: string;
  readonly programName: string;
}

/**
 * Reads the arguments with the parser of yargs. yargs itself, which takes ten times as long to load and to read them, only
 * writes the help; its strict mode would not do anyway: its messages name no next command.
 *
 * @throws TegataError `usage_invalid`
 */
export async function parseCommandLine(
  args: readonly string[],
  grammar: CommandLineGrammar,
): Promise<ParsedCommandLine> {
  // What stands behind `--` is nobody's flag: least of all `--help`, in a command for another program.
  const head = beforeDashes(args);
  const tail = args.slice(head.length + 1);
  const plain = withPlainBooleans(head, grammar);
  const text = mayAskForText(head) ? await textFor(plain, grammar) : undefined;
  if (text !== undefined) {
    return { kind: "text", text };
  }
  const name = parseArguments(plain, everyFlag(grammar)).words[0];
  const chosen = grammar.commands.find((command) => command.name === name);
  const { flags: argv, words: typed } = parseArguments(plain, flagsOf(chosen, grammar));
  const words = [...typed, ...tail];
  if (chosen === undefined) {
    if (name !== undefined) {
      throw unknownCommand(name, grammar.commands);
    }
    refuseUnknownFlags(argv, undefined, grammar);
    return { kind: "text", text: overview(grammar) };
  }
  const takesCommand = chosen.argument === "command";
  if (takesCommand && tail.length === 0) {
    throw noChildCommand(chosen, head.length < args.length);
  }
  refuseUnknownFlags(argv, chosen, grammar);
  const given = (takesCommand ? typed : words).slice(1);
  const limit = chosen.argument === "words" ? Number.POSITIVE_INFINITY : chosen.argument === "none" ? 0 : 1;
  const extra = given[limit];
  if (extra !== undefined) {
    throw new TegataError("usage_invalid", `tegata ${chosen.name} takes no argument "${printable(extra, 80)}"`, {
      hint: takesCommand ? `tegata ${formOf(chosen)}` : `tegata ${chosen.name} --help`,
    });
  }
  const known = new Set(flagNames(chosen, grammar));
  const flags = Object.fromEntries(Object.entries(argv).filter(([key]) => known.has(key)));
  refuseBadValues(flags, chosen, grammar);
  return { kind: "command", command: chosen, flags, words: given, childCommand: takesCommand ? tail : [] };
}

/** The arguments that are the program's own. */
export function beforeDashes(args: readonly string[]): readonly string[] {
  return args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
}

function noChildCommand(command: Command, hasDashes: boolean): TegataError {
  const problem = hasDashes ? "no command stands behind --" : "the command to run has to stand behind --";
  return new TegataError("usage_invalid", problem, { hint: `tegata ${formOf(command)}` });
}

function overview({ commands, programName }: CommandLineGrammar): string {
  return `${overviewOf(commands, programName, lineWidth())}\n`;
}

/** `--help`, `-h`, `-ph`, and the word `help`, which yargs takes for the flag at the end of a line. */
export function mayAskForHelp(args: readonly string[]): boolean {
  return args.some((arg) => arg === "help" || /^(--help|-[^-]*h)/.test(arg));
}

function mayAskForText(args: readonly string[]): boolean {
  return mayAskForHelp(args) || args.includes("--version");
}

/** The help or the version, by yargs; `undefined` when neither was asked for after all. */
async function textFor(args: readonly string[], grammar: CommandLineGrammar): Promise<string | undefined> {
  let text = "";
  const argv = await (
    await buildParser(grammar)
  ).parseAsync([...args], {}, (_error, _argv, output) => {
    text = output;
  });
  if (argv["help"] === true && !grammar.commands.some(({ name }) => name === argv._[0])) {
    return overview(grammar);
  }
  return text === "" ? undefined : `${text}\n`;
}

async function buildParser(grammar: CommandLineGrammar): Promise<Argv> {
  let parser = (await createYargs())
    .scriptName(grammar.programName)
    // Messages are the same everywhere.
    .detectLocale(false)
    .locale("en")
    .updateStrings({ "Positionals:": "arguments:", "Options:": "everywhere:" })
    .version("version", "print the version", grammar.version)
    .help("help", "print this")
    .alias("help", "h")
    .exitProcess(false)
    .showHelpOnFail(false)
    .wrap(lineWidth())
    .parserConfiguration(parserConfiguration)
    .fail((message, error) => {
      // YError: what yargs itself says of a command line.
      throw error !== undefined && error.name !== "YError"
        ? error
        : new TegataError("usage_invalid", printable(lowerFirst(message)), { hint: "tegata --help" });
    });
  for (const command of grammar.commands) {
    const positional = positionalOf(command);
    const spec = positional === undefined ? command.name : `${command.name} [${positional}]`;
    parser = parser.command(
      spec,
      false,
      (own) => withFlags(own, command, grammar),
      () => undefined,
    );
  }
  return parser;
}

/** Of the help, in columns. Asked of a terminal only, and only for the help: see `createYargs`. */
function lineWidth(): number {
  return Math.min(110, Math.max(60, isatty(1) ? process.stdout.columns || 100 : 100));
}

/** In capitals, because yargs takes what is called `profile` for the flag of that name. */
function positionalOf({ argument }: Command): "PROFILE" | "SHELL" | undefined {
  return argument === "profile" || argument === "command" ? "PROFILE" : argument === "shell" ? "SHELL" : undefined;
}

function withFlags(parser: Argv, command: Command, grammar: CommandLineGrammar): Argv {
  const { settings, programName } = grammar;
  const positional = positionalOf(command);
  if (positional !== undefined) {
    const { firstWords = [] } = command;
    const description = [descriptionOf[positional], ...(firstWords.length === 0 ? [] : [firstWords.join(", ")])].join(
      ": ",
    );
    parser.positional(positional, { type: "string", describe: description });
  }
  parser.usage(`$0 ${formOf(command)}\n\n${inOwnName(command.summary, programName)}`);
  for (const [name, facts] of Object.entries(command.flags)) {
    parser.option(name, optionOf(facts, "flags of this command:", programName));
  }
  for (const setting of settings.values()) {
    // Of no use to a command without a profile, which takes them all the same.
    const isIdle = ["shell", "none"].includes(command.argument) && setting.sections.length > 0;
    parser.option(setting.flag, {
      ...settingOption(setting, programName),
      hidden: isIdle,
      ...(setting.alias === undefined ? {} : { alias: setting.alias }),
    });
  }
  return parser;
}

const descriptionOf = { PROFILE: "the section [profile.NAME] of the settings file", SHELL: "the shell" } as const;

/** A setting of identity providers is described with their names in front, those of `workload/…` as one. */
function settingOption(setting: SettingDefinition, programName: string): Options {
  const option = optionOf(setting, setting.idpSchemas.size > 0 ? "identity provider:" : "settings:", programName);
  const idps = new Set([...setting.idpSchemas.keys()].map((id) => id.replace(/\/.*/, "")));
  return idps.size === 0 ? option : { ...option, describe: `${[...idps].join(", ")}: ${option.describe}` };
}

/** Values are judged by `refuseBadValues`: the messages of yargs name neither the flag as it is typed nor a way out. */
function optionOf(facts: FlagFacts, group: string, programName: string): Options {
  const description = inOwnName(facts.description, programName);
  return {
    type: facts.kind === "boolean" ? "boolean" : "string",
    describe: facts.choices === undefined ? description : `${description} (${facts.choices.join(", ")})`,
    group,
    ...(facts.defaultText === undefined ? {} : { defaultDescription: facts.defaultText }),
  };
}

function flagsOf(command: Command | undefined, { settings }: CommandLineGrammar): FlagsByName {
  return new Map<string, FlagShape>([
    ...[...settings.values()].map((setting): [string, SettingDefinition] => [setting.flag, setting]),
    ...Object.entries(command?.flags ?? {}),
  ]);
}

/** To find the command's name among the values of flags. */
function everyFlag(grammar: CommandLineGrammar): FlagsByName {
  return new Map<string, FlagShape>([
    ...grammar.commands.flatMap(({ flags }) => Object.entries(flags)),
    ...flagsOf(undefined, grammar),
  ]);
}

function flagNames(command: Command | undefined, { settings }: CommandLineGrammar): string[] {
  return [...Object.keys(command?.flags ?? {}), ...[...settings.values()].map(({ flag }) => flag)];
}

function refuseUnknownFlags(
  argv: Readonly<Record<string, unknown>>,
  command: Command | undefined,
  grammar: CommandLineGrammar,
): void {
  const names = flagNames(command, grammar);
  const aliases = [...grammar.settings.values()].flatMap(({ alias }) => alias ?? []);
  const known = new Set([...names, ...aliases, "help", "h", "version"]);
  for (const [name, value] of Object.entries(argv)) {
    const negatedText = value === false && names.includes(name) && !isBoolean(name, command, grammar);
    if (known.has(name) && !negatedText) {
      continue;
    }
    const typed = `${name.length === 1 ? "-" : "--"}${negatedText ? "no-" : ""}${printable(name, 80)}`;
    const nearest = negatedText ? undefined : nearestName(name, names);
    const where = command === undefined ? "tegata" : `tegata ${command.name}`;
    throw new TegataError("usage_invalid", `${where} has no flag ${typed}`, {
      hint: nearest === undefined ? `${where} --help` : `did you mean --${nearest}?`,
    });
  }
}

function refuseBadValues(flags: Readonly<Record<string, unknown>>, command: Command, { settings }: CommandLineGrammar) {
  const facts = new Map<string, FlagFacts>([...settings.values()].map((setting) => [setting.flag, setting]));
  for (const [name, value] of Object.entries(flags)) {
    const { kind, choices } = command.flags[name] ?? facts.get(name) ?? {};
    const problem =
      kind !== "boolean" && value === ""
        ? "needs a value"
        : choices !== undefined && typeof value === "string" && !choices.includes(value)
          ? `${shownValue(value, name)} ${explainChoice(value, choices)}`
          : undefined;
    if (problem !== undefined) {
      throw new TegataError("usage_invalid", `--${name} ${problem}`, { hint: `tegata ${command.name} --help` });
    }
  }
}

/**
 * What yargs cannot be shown as it was typed. It takes every `--fresh=…` but `--fresh=true` for false, so it sees
 * `--fresh` and `--no-fresh` only.
 */
function withPlainBooleans(args: readonly string[], { commands, settings }: CommandLineGrammar): string[] {
  const all = [...settings.values()].map((setting): [string, FlagFacts] => [setting.flag, setting]);
  const facts = [...all, ...commands.flatMap((command) => Object.entries(command.flags))];
  const texts = new Set(facts.filter(([, { kind }]) => kind !== "boolean").map(([name]) => name));
  const booleans = new Set(facts.map(([name]) => name).filter((name) => !texts.has(name)));
  return args.map((arg) => {
    const [, typed = ""] = /^--(?:no-)?([^=]+)/.exec(arg) ?? [];
    if (typed in Object.prototype) {
      // yargs looks flags up in plain objects, and stumbles over `--constructor`.
      throw new TegataError("usage_invalid", `tegata has no flag --${typed}`, { hint: "tegata --help" });
    }
    const [, name = "", value = ""] = /^--([^=]+)=(.*)$/s.exec(arg) ?? [];
    if (!booleans.has(name)) {
      return arg;
    }
    const meant = booleanOf(value);
    if (meant === undefined) {
      throw new TegataError("usage_invalid", `--${name} ${shownValue(value, name)} ${explainBoolean}`, {
        hint: `write --${name} or --no-${name}`,
      });
    }
    return meant ? `--${name}` : `--no-${name}`;
  });
}

function isBoolean(flag: string, command: Command | undefined, { settings }: CommandLineGrammar): boolean {
  const setting = [...settings.values()].find((each) => each.flag === flag);
  return (command?.flags[flag] ?? setting)?.kind === "boolean";
}

function unknownCommand(name: string, commands: readonly Command[]): TegataError {
  const visible = commands.filter(({ hidden }) => hidden !== true).map((command) => command.name);
  const nearest = nearestName(name, visible);
  return new TegataError("usage_invalid", `there is no command "${printable(name, 80)}"`, {
    hint: nearest === undefined ? "tegata --help" : `did you mean tegata ${nearest}?`,
  });
}

function lowerFirst(text: string): string {
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;
}
