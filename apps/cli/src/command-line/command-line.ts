import {
  command as commandPart,
  flag as flagPart,
  hint,
  or,
  printable,
  shownValue,
  TegataError,
  thisProgram,
  words,
} from "@tegata/core";
import {
  booleanOf,
  explainBoolean,
  explainChoice,
  holdsSecret,
  namesOf,
  nearestName,
  type SettingDefinition,
  shownSetting,
} from "@tegata/engine/settings";
import { type Command, type FlagDefinition } from "../command.ts";
import { type FlagsByName, type FlagShape, parseArguments } from "./parse-arguments.ts";
import { refuseContradictions } from "./contradictions.ts";
import { extraBeforeDashes, missingDashes } from "./missing-dashes.ts";
import { takesSetting } from "./described-flags.ts";
import { lineWith, lineWithout, indexOfWord } from "./meant-line.ts";
import type { CommandLineGrammar } from "./command-line-grammar.ts";

/** What a command line asks for. */
export type ParsedCommandLine =
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "command";
      readonly command: Command;
      readonly flags: Readonly<Record<string, unknown>>;
      readonly words: readonly string[];
      /** What stands behind `--`, exactly as it is, where the command's argument is a command. */
      readonly childCommand: readonly string[];
    };

/**
 * Reads the arguments with the parser of yargs. What they say, and what is wrong with them, is found here.
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
  const name = firstWord(plain, grammar);
  const chosen = grammar.commands.find((command) => command.name === name);
  if (chosen === undefined && name !== undefined) {
    throw await unknownCommand(name, args, grammar);
  }
  const { flags: argv, words: typed } = parseArguments(plain, flagsOf(chosen, grammar));
  // `tegata login help`, as people know it of the AWS CLI.
  const isHelpWord = chosen !== undefined && typed.length === 2 && typed[1] === helpWord && tail.length === 0;
  if (argv["help"] === true || isHelpWord) {
    const { helpOf, overview } = await import("./help.ts");
    return { kind: "text", text: chosen === undefined ? overview(grammar) : helpOf(chosen, grammar) };
  }
  if (argv["version"] === true) {
    return { kind: "text", text: `${grammar.version}\n` };
  }
  if (chosen === undefined) {
    await refuseUnknownFlags(argv, undefined, args, grammar);
    return { kind: "text", text: (await import("./help.ts")).overview(grammar) };
  }
  const takesCommand = chosen.argument === "command";
  if (takesCommand && tail.length === 0) {
    throw await missingDashes(head, head.length < args.length, flagsOf(chosen, grammar), grammar);
  }
  await refuseUnknownFlags(argv, chosen, args, grammar);
  const ownWords = (takesCommand ? typed : [...typed, ...tail]).slice(1);
  const limit = chosen.argument === "words" ? Number.POSITIVE_INFINITY : chosen.argument === "none" ? 0 : 1;
  const extra = ownWords[limit];
  if (extra !== undefined && takesCommand) {
    throw await extraBeforeDashes(chosen, args, flagsOf(chosen, grammar), grammar);
  }
  if (extra !== undefined) {
    throw new TegataError(
      "usage_invalid",
      words`${commandPart(chosen.name)} takes no argument ${shownValue(extra, 80)}`,
      {
        hint: hint`${commandPart(chosen.name, "--help")}`,
      },
    );
  }
  const known = new Set(flagNames(chosen, grammar));
  const typedFlags = Object.fromEntries(Object.entries(argv).filter(([key]) => known.has(key)));
  const line = { command: chosen, args: plain, flags: typedFlags, words: ownWords, settings: grammar.settings };
  const flags = refuseContradictions(line);
  refuseSecrets(flags, grammar);
  await refuseBadValues(flags, chosen, args, grammar);
  return { kind: "command", command: chosen, flags, words: ownWords, childCommand: takesCommand ? tail : [] };
}

/** The first word that is no flag and no flag's value. The line is taken apart for it only where something stands before it. */
function firstWord(args: readonly string[], grammar: CommandLineGrammar): string | undefined {
  const [first] = args;
  return first === undefined || first.startsWith("-") ? parseArguments(args, everyFlag(grammar)).words[0] : first;
}

/** The command of a line that may have mistakes in it; `undefined` where it cannot be told. */
export function commandAtFirstSight(args: readonly string[], grammar: CommandLineGrammar): Command | undefined {
  try {
    const name = firstWord(withPlainBooleans(beforeDashes(args), grammar), grammar);
    return grammar.commands.find((command) => command.name === name);
  } catch {
    return undefined;
  }
}

/** The arguments that are the program's own. */
export function beforeDashes(args: readonly string[]): readonly string[] {
  return args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
}

const helpWord = "help";

/** `--help`, `-h`, `-ph`, and the word `help`. */
export function mayAskForHelp(args: readonly string[]): boolean {
  return args.some((arg) => arg === helpWord || /^(--help|-[^-]*h)/.test(arg));
}

/** Flags that are there with and without a command. */
const flagsEverywhere: readonly (readonly [string, FlagShape])[] = [
  ["help", { kind: "boolean", alias: "h" }],
  ["version", { kind: "boolean", alias: "V" }],
];

function flagsOf(command: Command | undefined, { settings }: CommandLineGrammar): FlagsByName {
  return new Map<string, FlagShape>([
    ...flagsEverywhere,
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
  const taken = [...settings.values()].filter((setting) => command === undefined || takesSetting(command, setting));
  return [...Object.keys(command?.flags ?? {}), ...taken.map(({ flag }) => flag)];
}

async function refuseUnknownFlags(
  argv: Readonly<Record<string, unknown>>,
  command: Command | undefined,
  args: readonly string[],
  grammar: CommandLineGrammar,
): Promise<void> {
  const names = flagNames(command, grammar);
  const settings = [...grammar.settings.values()];
  const aliases = settings.flatMap(({ alias, flag }) => (alias !== undefined && names.includes(flag) ? [alias] : []));
  const everywhere = flagsEverywhere.flatMap(([name, { alias = name }]) => [name, alias]);
  const known = new Set([...names, ...aliases, ...everywhere]);
  const ofOthers = settings.filter(({ flag, alias = flag }) => !known.has(flag) && (flag in argv || alias in argv));
  if (command !== undefined && ofOthers.length > 0) {
    throw await meaningless(ofOthers, command, args, grammar);
  }
  for (const [name, value] of Object.entries(argv)) {
    const negatedText = [value].flat().includes(false) && names.includes(name) && !isBoolean(name, command, grammar);
    if (known.has(name) && !negatedText) {
      continue;
    }
    const typed = `${name.length === 1 ? "-" : "--"}${negatedText ? "no-" : ""}${printable(name, 80)}`;
    const nearest = negatedText ? undefined : nearestName(name, names);
    const where = command === undefined ? commandPart() : commandPart(command.name);
    const help = hint`${commandPart(...where.words, "--help")}`;
    if (nearest === undefined) {
      throw new TegataError("usage_invalid", words`${where} has no flag ${typed}`, { hint: help });
    }
    const line = await withOtherFlag(args, name, nearest, grammar);
    throw new TegataError("usage_invalid", words`${where} has no flag ${typed}; did you mean ${flagPart(nearest)}?`, {
      hint: line ?? help,
    });
  }
}

/** Of settings that say nothing about what a command does: the same line without them. */
async function meaningless(
  settings: readonly SettingDefinition[],
  command: Command,
  args: readonly string[],
  grammar: CommandLineGrammar,
): Promise<TegataError> {
  const [first] = settings;
  const line = await lineWithout(args, settings, grammar);
  return new TegataError("usage_invalid", words`${commandPart(command.name)} has no use for --${first?.flag ?? ""}`, {
    hint: line ?? "leave it out",
  });
}

/** The line with the name of a flag that was meant; a value and a `no-` stay. */
function withOtherFlag(args: readonly string[], typed: string, meant: string, grammar: CommandLineGrammar) {
  for (const [index, arg] of args.entries()) {
    const [, dashes = "", name, rest = ""] = /^(--(?:no-)?)([^=]+)(.*)$/s.exec(arg) ?? [];
    if (name === typed) {
      return lineWith(args, index, `${dashes}${meant}${rest}`, grammar);
    }
  }
  return undefined;
}

/** What stands in an argument list is no secret: every process of the machine can read it, and the shell keeps it. */
function refuseSecrets(flags: Readonly<Record<string, unknown>>, { settings }: CommandLineGrammar): void {
  const secret = [...settings.values()].find(({ name, flag }) => holdsSecret(name) && flags[flag] !== undefined);
  if (secret !== undefined) {
    throw new TegataError(
      "usage_invalid",
      `--${secret.flag} is not taken: others on this machine can read the arguments of a program`,
      { hint: [hint`set ${secret.name} in the settings file`, or`set the variable ${secret.variable}`] },
    );
  }
}

async function refuseBadValues(
  flags: Readonly<Record<string, unknown>>,
  command: Command,
  args: readonly string[],
  grammar: CommandLineGrammar,
): Promise<void> {
  const { settings } = grammar;
  const facts = new Map<string, FlagDefinition>([...settings.values()].map((setting) => [setting.flag, setting]));
  for (const [name, value] of Object.entries(flags)) {
    const { kind, choices } = command.flags[name] ?? facts.get(name) ?? {};
    const problem =
      kind !== "boolean" && value === ""
        ? "needs a value"
        : choices !== undefined && typeof value === "string" && !choices.includes(value)
          ? `${shownSetting(value, name)} ${explainChoice(value, choices)}`
          : undefined;
    if (problem !== undefined) {
      const nearest = typeof value === "string" && value !== "" ? nearestName(value, choices ?? []) : undefined;
      const line = nearest === undefined ? undefined : await withOtherValue(args, name, nearest, grammar);
      throw new TegataError("usage_invalid", `--${name} ${problem}`, {
        hint: line ?? hint`${commandPart(command.name, "--help")}`,
      });
    }
  }
}

function withOtherValue(args: readonly string[], flag: string, meant: string, grammar: CommandLineGrammar) {
  const names = new Set([`--${flag}`, `-${grammar.settings.get(flag)?.alias ?? flag}`]);
  const own = beforeDashes(args);
  const inline = own.findIndex((arg) => arg.startsWith(`--${flag}=`));
  const index = inline < 0 ? own.findIndex((arg) => names.has(arg)) + 1 : inline;
  return index === 0 && inline < 0
    ? undefined
    : lineWith(args, index, inline < 0 ? meant : `--${flag}=${meant}`, grammar);
}

/** The same line with another value of a setting; `undefined` where none was typed. */
export function lineForSetting(
  args: readonly string[],
  command: Command,
  key: string,
  meant: string,
  grammar: CommandLineGrammar,
) {
  const index = key === "profile" ? indexOfWord(1, beforeDashes(args), flagsOf(command, grammar)) : -1;
  return index < 0 ? withOtherValue(args, namesOf(key).flag, meant, grammar) : lineWith(args, index, meant, grammar);
}

/**
 * What the parser cannot be shown as it was typed. It takes every `--fresh=…` but `--fresh=true` for false, so it sees
 * `--fresh` and `--no-fresh` only.
 */
function withPlainBooleans(args: readonly string[], { commands, settings }: CommandLineGrammar): string[] {
  const all = [...settings.values()].map((setting): [string, FlagDefinition] => [setting.flag, setting]);
  const facts = [...all, ...commands.flatMap((command) => Object.entries(command.flags))];
  const texts = new Set(facts.filter(([, { kind }]) => kind !== "boolean").map(([name]) => name));
  const booleans = new Set(facts.map(([name]) => name).filter((name) => !texts.has(name)));
  return args.map((arg) => {
    const [, typed = ""] = /^--(?:no-)?([^=]+)/.exec(arg) ?? [];
    if (typed in Object.prototype) {
      // The parser looks flags up in plain objects, and stumbles over `--constructor`.
      throw new TegataError("usage_invalid", words`${thisProgram} has no flag --${typed}`, {
        hint: hint`${commandPart("--help")}`,
      });
    }
    const [, name = "", value = ""] = /^--([^=]+)=(.*)$/s.exec(arg) ?? [];
    if (!booleans.has(name)) {
      return arg;
    }
    const meant = booleanOf(value);
    if (meant === undefined) {
      throw new TegataError("usage_invalid", `--${name} ${shownSetting(value, name)} ${explainBoolean}`, {
        hint: hint`write ${flagPart(name)} or ${flagPart(`no-${name}`)}`,
      });
    }
    return meant ? `--${name}` : `--no-${name}`;
  });
}

function isBoolean(flag: string, command: Command | undefined, { settings }: CommandLineGrammar): boolean {
  const setting = [...settings.values()].find((each) => each.flag === flag);
  return (command?.flags[flag] ?? setting)?.kind === "boolean";
}

async function unknownCommand(
  name: string,
  args: readonly string[],
  grammar: CommandLineGrammar,
): Promise<TegataError> {
  const visible = grammar.commands.filter(({ hidden }) => hidden !== true).map((command) => command.name);
  const nearest = nearestName(name, visible);
  const problem = `there is no command ${shownValue(name, 80)}`;
  if (nearest === undefined) {
    return new TegataError("usage_invalid", problem, { hint: hint`${commandPart("--help")}` });
  }
  const line = await lineWith(args, indexOfWord(0, args, everyFlag(grammar)), nearest, grammar);
  return new TegataError("usage_invalid", `${problem}; did you mean ${nearest}?`, {
    hint: line ?? hint`${commandPart(nearest, "--help")}`,
  });
}
