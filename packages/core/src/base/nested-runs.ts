import { TegataError } from "./errors.ts";
import { hint, or, thisProgram, words, type Words } from "./wording.ts";

/**
 * The variable that tells a program which runs of programs it is inside: a list of digests, the outermost first. tegata sets it
 * for a `token_command`, and for no other program: the environment of plugin programs is part of their protocol.
 */
export const nestedRunsVariable = "TEGATA_INSIDE";

/** Deeper than any set-up needs that comes to an end. */
const maxDepth = 8;

/**
 * Refuses to start a program that is running around this process already: it has started tegata, which would start it again,
 * and so on until something runs out.
 *
 * @param inside the value of `nestedRunsVariable` here
 * @param facts what makes one run the same as another: the program, its arguments, its settings
 * @param what the program, for the message: `token_command (get-token)`
 * @returns the variables that the program is to be started with besides its others
 * @throws TegataError `settings_invalid`
 */
export function enterNestedRun(
  inside: string | undefined,
  facts: readonly unknown[],
  what: string | Words,
): Readonly<Record<string, string>> {
  const around = (inside ?? "").split(",").filter((digest) => digest !== "");
  const own = digestOf(JSON.stringify(facts));
  if (around.includes(own) || around.length >= maxDepth) {
    throw new TegataError("settings_invalid", words`a loop: ${what} runs ${thisProgram}, which would run it again`, {
      hint: [
        hint`let it do its work without ${thisProgram}`,
        or`name a profile in it that needs another identity provider`,
      ],
    });
  }
  return { [nestedRunsVariable]: [...around, own].join(",") };
}

/**
 * The line by which a program that failed says why: the last one. Where tegata ran inside of it, that is a hint for the program,
 * and the line before has the error.
 */
export function reasonIn(lines: readonly string[]): string | undefined {
  const said = lines.filter((line) => line.trim() !== "");
  const last = said.findLast((line) => !/^[\w-]+: hint: /.test(line)) ?? said.at(-1);
  return last?.replace(/^[\w-]+: error: /, "");
}

/** What a program that failed advises, where tegata ran inside of it and had the last word. */
export function hintIn(lines: readonly string[]): string | undefined {
  const last = lines.findLast((line) => line.trim() !== "") ?? "";
  return /^[\w-]+: hint: (.+)$/.exec(last)?.[1];
}

/** FNV-1a, 64 bits: only to compare, and short in a variable. */
function digestOf(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
}
