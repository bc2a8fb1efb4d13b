import type { CommandLineGrammar } from "./command-line-grammar.ts";
import { type FlagsByName, parseArguments } from "./parse-arguments.ts";
import { posixWord, shells } from "@tegata/core";
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
 * What was typed with one word in the place of another. What stands behind `--` is another program's, and may hold its secrets: no
 * hint repeats that.
 */
export async function lineWith(
  args: readonly string[],
  place: number,
  word: string,
  grammar: CommandLineGrammar,
): Promise<string | undefined> {
  return place < 0 || args.includes("--") ? undefined : meantLine(args.with(place, word), grammar);
}

/** Where the nth word stands that is no flag and no flag's value; -1: nowhere. */
export function placeOf(nth: number, args: readonly string[], known: FlagsByName): number {
  return args.findIndex((_, index) => parseArguments(args.slice(0, index + 1), known).words.length > nth);
}
