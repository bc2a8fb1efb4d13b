import { type Machine, type ProgramResult, printable, TegataError, wordsOf } from "@tegata/core";
import { withoutTokens } from "./token-request.ts";

const limits = { timeoutMilliseconds: 15_000, maxBytes: 65_536 };

/**
 * What a program wrote to stdout, if it ended well.
 *
 * @throws TegataError `program_failed`
 */
export async function outputOf(
  command: readonly [string, ...string[]],
  machine: Machine,
  explain: (result: ProgramResult) => TegataError | undefined = () => undefined,
): Promise<string> {
  const result = await machine.run(command, limits);
  if (result.status !== 0) {
    throw explain(result) ?? failed(command[0], result);
  }
  return result.stdout;
}

/** The last line that a program wrote to stderr: that is where most say what went wrong. */
export function lastWords({ stderr }: ProgramResult): string {
  return wordsOf(withoutTokens(stderr.trim().split("\n").at(-1) ?? ""), 200);
}

function failed(program: string, result: ProgramResult): TegataError {
  const shown = printable(program, 200);
  const how = result.status === undefined ? "was ended by a signal" : `ended with status ${result.status}`;
  const words = lastWords(result);
  return new TegataError("program_failed", `${shown} ${how}${words === "" ? "" : `: ${words}`}`, {
    hint: `run ${shown} by hand to see what is wrong`,
  });
}
