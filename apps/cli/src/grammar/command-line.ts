import { printable, shownValue, TegataError } from "@tegata/core";
import { type Command, type FlagFacts } from "../command.ts";
import { type FlagsByName, type FlagShape, parseArguments } from "./parse-arguments.ts";
import { refuseContradictions } from "./contradictions.ts";
import { extraBeforeDashes, missingDashes } from "./missing-dashes.ts";
import { nearestName } from "../settings/nearest-name.ts";
import type { CommandLineGrammar } from "./command-line-grammar.ts";
import type { SettingDefinition } from "../settings/setting-definitions.ts";
import { booleanOf, explainBoolean, explainChoice, shownSetting } from "../settings/setting-value.ts";

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
  const text = mayAskForText(head) ? await (await import("./help.ts")).textFor(plain, grammar) : undefined;
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
    return { kind: "text", text: (await import("./help.ts")).overview(grammar) };
  }
  const takesCommand = chosen.argument === "command";
  if (takesCommand && tail.length === 0) {
    throw await missingDashes(head, head.length < args.length, flagsOf(chosen, grammar), grammar);
  }
  refuseUnknownFlags(argv, chosen, grammar);
  const given = (takesCommand ? typed : words).slice(1);
  const limit = chosen.argument === "words" ? Number.POSITIVE_INFINITY : chosen.argument === "none" ? 0 : 1;
  const extra = given[limit];
  if (extra !== undefined && takesCommand) {
    throw await extraBeforeDashes(chosen, args, flagsOf(chosen, grammar), grammar);
  }
  if (extra !== undefined) {
    throw new TegataError("usage_invalid", `tegata ${chosen.name} takes no argument ${shownValue(extra, 80)}`, {
      hint: `tegata ${chosen.name} --help`,
    });
  }
  const known = new Set(flagNames(chosen, grammar));
  const typedFlags = Object.fromEntries(Object.entries(argv).filter(([key]) => known.has(key)));
  const line = { command: chosen, args: plain, flags: typedFlags, words: given, settings: grammar.settings };
  const flags = refuseContradictions(line);
  refuseBadValues(flags, chosen, grammar);
  return { kind: "command", command: chosen, flags, words: given, childCommand: takesCommand ? tail : [] };
}

/** The command of a line that may have mistakes in it; `undefined` where it cannot be told. */
export function commandAtFirstSight(args: readonly string[], grammar: CommandLineGrammar): Command | undefined {
  try {
    const [name] = parseArguments(withPlainBooleans(beforeDashes(args), grammar), everyFlag(grammar)).words;
    return grammar.commands.find((command) => command.name === name);
  } catch {
    return undefined;
  }
}

/** The arguments that are the program's own. */
export function beforeDashes(args: readonly string[]): readonly string[] {
  return args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
}

/** `--help`, `-h`, `-ph`, and the word `help`, which yargs takes for the flag at the end of a line. */
export function mayAskForHelp(args: readonly string[]): boolean {
  return args.some((arg) => arg === "help" || /^(--help|-[^-]*h)/.test(arg));
}

function mayAskForText(args: readonly string[]): boolean {
  return mayAskForHelp(args) || args.includes("--version");
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
    const negatedText = [value].flat().includes(false) && names.includes(name) && !isBoolean(name, command, grammar);
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
          ? `${shownSetting(value, name)} ${explainChoice(value, choices)}`
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
      throw new TegataError("usage_invalid", `--${name} ${shownSetting(value, name)} ${explainBoolean}`, {
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
  return new TegataError("usage_invalid", `there is no command ${shownValue(name, 80)}`, {
    hint: nearest === undefined ? "tegata --help" : `did you mean tegata ${nearest}?`,
  });
}
