import type { CommandLineGrammar } from "./command-line-grammar.ts";
import { type FlagsByName, type FlagShape, parseArguments } from "./parse-arguments.ts";
import { isTegataError, type Part, posixWord, reworded, type SettingPart, shells, wordingOf } from "@tegata/core";
import { isSecretSetting } from "@tegata/engine/settings";

/** Nobody pastes more than that, and it is not to flood a log. */
const maxCharacters = 2000;

/**
 * A line that was meant, under the program's own name and in the words of the shell that it was typed in: a hint to paste.
 *
 * @returns `undefined` for one that may hold a secret: the value of a flag that is called so
 */
export async function meantLine(
  words: readonly string[],
  { programName, whereTyped }: Pick<CommandLineGrammar, "programName" | "whereTyped">,
): Promise<string | undefined> {
  const end = words.indexOf("--");
  const own = end < 0 ? words : words.slice(0, end);
  if (own.some((word) => word.startsWith("-") && isSecretSetting(word.replace(/=.*/s, "").toLowerCase()))) {
    return undefined;
  }
  const shell = await whereTyped?.shell();
  const quoted = shell === undefined ? posixWord : shells[shell].dialect.word;
  const line = [programName, ...words.map(quoted)].join(" ");
  return line.length <= maxCharacters ? line : undefined;
}

/**
 * What was typed with one word instead of another. What stands behind `--` is another program's, and may hold its secrets: it is
 * repeated on the terminal, where the person has just typed it, and in no file or log.
 */
export async function lineWith(
  args: readonly string[],
  index: number,
  word: string,
  grammar: CommandLineGrammar,
): Promise<string | undefined> {
  const isRepeatable = !args.includes("--") || grammar.isTerminal === true;
  return index < 0 || !isRepeatable ? undefined : meantLine(args.with(index, word), grammar);
}

/** What was typed without some flags, and without their values. */
export async function lineWithout(
  args: readonly string[],
  flags: readonly { readonly flag: string; readonly alias?: string | undefined; readonly kind: FlagShape["kind"] }[],
  grammar: CommandLineGrammar,
): Promise<string | undefined> {
  const end = args.indexOf("--");
  const own = end < 0 ? args : args.slice(0, end);
  const isRepeatable = end < 0 || grammar.isTerminal === true;
  const unwanted = own.map((arg) => {
    const typed = arg.replace(/=.*/s, "");
    return flags.find(({ flag, alias }) => [`--${flag}`, `--no-${flag}`, `-${alias ?? flag}`].includes(typed));
  });
  const isValue = (index: number) =>
    unwanted[index - 1] !== undefined &&
    unwanted[index - 1]?.kind !== "boolean" &&
    own[index - 1]?.includes("=") === false &&
    own[index]?.startsWith("-") === false;
  const kept = args.filter((_, index) => index >= own.length || (unwanted[index] === undefined && !isValue(index)));
  return isRepeatable && kept.length < args.length ? meantLine(kept, grammar) : undefined;
}

/** Where the nth word stands that is no flag and no flag's value; -1: nowhere. */
export function indexOfWord(nth: number, args: readonly string[], known: FlagsByName): number {
  return args.findIndex((_, index) => parseArguments(args.slice(0, index + 1), known).words.length > nth);
}

/**
 * An error whose hint is a value that was meant: with the whole line in its place, where there is one to paste.
 *
 * @param lineFor what was typed, with that value of a setting instead
 */
export async function withMeantLine(
  error: unknown,
  lineFor: (key: string, value: string) => Promise<string | undefined> | undefined,
): Promise<unknown> {
  const part = isTegataError(error)
    ? wordingOf(error)
        .hint?.flatMap(({ words }) => words)
        .find(isMeantSetting)
    : undefined;
  const line = typeof part?.value === "string" ? await lineFor(part.key, part.value) : undefined;
  return isTegataError(error) && line !== undefined ? reworded(error, { hint: line }) : error;
}

function isMeantSetting(part: Part): part is SettingPart {
  return typeof part !== "string" && part.kind === "setting" && part.isMeant === true;
}
