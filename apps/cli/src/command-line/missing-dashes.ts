import { command as commandPart, hint, or, shownValue, TegataError, words as said } from "@tegata/core";
import type { Command } from "../command.ts";
import type { CommandLineGrammar } from "./command-line-grammar.ts";
import { meantLine, indexOfWord } from "./meant-line.ts";
import type { FlagsByName } from "./parse-arguments.ts";

/** Who somebody is to AWS: what a first command with credentials asks. */
export const whoAmI: readonly string[] = ["aws", "sts", "get-caller-identity"];

/**
 * What to say of a command line that needs a command behind `--` and has none: the same line with the dashes where they belong,
 * in the words of the shell that it was typed in. A word that is no profile begins the command.
 *
 * @param head what was typed, up to the dashes if there are any
 */
export async function missingDashes(
  head: readonly string[],
  hasDashes: boolean,
  known: FlagsByName,
  grammar: CommandLineGrammar,
): Promise<TegataError> {
  const problem = hasDashes ? "there is no command after --" : "the command to run must come after --";
  const profiles = (await grammar.whereTyped?.profiles()) ?? [];
  const first = indexOfWord(1, head, known);
  const isProfile = first >= 0 && profiles.includes(head[first] ?? "");
  const start = isProfile ? indexOfWord(2, head, known) : first;
  const words = start >= 0 ? [...head.slice(0, start), "--", ...head.slice(start)] : [...head, "--", ...whoAmI];
  const line = await meantLine(words, grammar);
  return new TegataError("usage_invalid", problem, { hint: line ?? "write -- before the command to run" });
}

/** What to say of a second word before the dashes: the same line without it. */
export async function extraBeforeDashes(
  command: Command,
  args: readonly string[],
  known: FlagsByName,
  grammar: CommandLineGrammar,
): Promise<TegataError> {
  const index = indexOfWord(2, args.slice(0, args.indexOf("--")), known);
  const problem = said`${commandPart(command.name)} takes no argument ${shownValue(args[index] ?? "", 80)}`;
  const line = await meantLine(args.toSpliced(index, 1), grammar);
  return new TegataError("usage_invalid", problem, { hint: line ?? [hint`leave it out`, or`write -- before it`] });
}
