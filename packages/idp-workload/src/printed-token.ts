import {
  isTegataError,
  type Machine,
  type ProcessResult,
  hintIn,
  reasonIn,
  shownPath,
  TegataError,
  wordsOf,
  type WorkloadContext,
} from "@tegata/core";
import { withoutTokens } from "./token-request.ts";

const limits = { timeoutMilliseconds: 15_000, maxBytes: 65_536 };

/**
 * What a program wrote to stdout, if it ended well.
 *
 * @throws TegataError `process_failed`
 */
async function outputOf(
  command: readonly [string, ...string[]],
  machine: Machine,
  { explain = () => undefined, variables = {} }: TokenCommand,
): Promise<string> {
  const result = await machine.run(command, { ...limits, variables });
  if (result.status !== 0) {
    throw explain(result) ?? failed(command[0], result);
  }
  return result.stdout;
}

/** What is known of a program that prints a token. */
interface TokenCommand {
  /** What a run that did not end well means. */
  readonly explain?: (result: ProcessResult) => TegataError | undefined;
  /** The token in what it printed; undefined where there is none. Default: all of it, without the blanks around. */
  readonly tokenIn?: (output: string) => string | undefined;
  /** Set for it besides the others. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** After that no further run is begun. A job has that much patience, and an AWS client waits for a minute. */
const patienceMilliseconds = 12_000;
const firstDelayMilliseconds = 250;
const longestDelayMilliseconds = 2000;
const maxAttempts = 5;

/**
 * The token that a program prints. One that ends well and prints nothing is run again, until a deadline: some print nothing
 * once while the service behind them starts. So is one whose service is out of reach.
 *
 * @returns undefined when it printed no token to the end
 * @throws TegataError `process_failed`; what `explain` makes of it
 */
export async function tokenPrintedBy(
  command: readonly [string, ...string[]],
  { machine, clock, random, signal, log }: WorkloadContext,
  program: TokenCommand = {},
): Promise<string | undefined> {
  const { tokenIn = (output: string) => output.trim() || undefined } = program;
  const startedAt = clock.monotonic();
  for (let attempt = 1; ; attempt += 1) {
    const printed = await outputOf(command, machine, program).then(tokenIn, whileUnreachable);
    const longest = Math.min(firstDelayMilliseconds * 2 ** (attempt - 1), longestDelayMilliseconds);
    const wait = longest * (0.5 + random() / 2);
    if (typeof printed === "string") {
      return printed;
    }
    if (attempt >= maxAttempts || clock.monotonic() - startedAt + wait > patienceMilliseconds) {
      if (printed !== undefined) {
        throw printed;
      }
      return undefined;
    }
    log(`${shownPath(command[0])} gave no token and is run again in ${Math.round(wait)} ms`);
    await clock.sleep(wait, signal);
  }
}

/** What a program asks may be starting: `explain` says so by the code. */
function whileUnreachable(error: unknown): TegataError {
  if (isTegataError(error) && error.code === "idp_unreachable") {
    return error;
  }
  throw error;
}

/** What a program wrote to stderr last: that is where most say what went wrong. */
export function lastWords({ stderr }: ProcessResult): string {
  return wordsOf(withoutTokens(reasonIn(stderr.split("\n")) ?? ""), 200);
}

function failed(program: string, result: ProcessResult): TegataError {
  const shown = shownPath(program);
  const how = result.status === undefined ? "was ended by a signal" : `ended with status ${result.status}`;
  const words = lastWords(result);
  const advice = wordsOf(withoutTokens(hintIn(result.stderr.split("\n")) ?? ""), 300);
  return new TegataError("process_failed", `${shown} ${how}${words === "" ? "" : `: ${words}`}`, {
    hint: advice === "" ? `run ${shown} by hand to see what is wrong` : advice,
  });
}
