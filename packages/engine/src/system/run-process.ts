import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { type ProcessResult, type RunProcessOptions, TegataError, shownPath } from "@tegata/core";
import { codeLoadingVariables } from "./code-loading-variables.ts";
import { fileErrorReason } from "../files/file-errors.ts";

interface ProcessContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/**
 * Runs a program to its end, without a shell in between, and takes what it says. Its stderr is taken as well: anyone who runs
 * behind an AWS client may not write there.
 *
 * @throws TegataError `process_failed` when it cannot be started, runs too long or says too much; the signal's own reason
 */
export function runProcess(
  [program, ...args]: readonly [string, ...string[]],
  { input = "", variables, timeoutMilliseconds, maxBytes }: RunProcessOptions,
  { env, signal }: ProcessContext,
): Promise<ProcessResult> {
  const shown = shownPath(program);
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    let child: ChildProcessWithoutNullStreams;
    try {
      child = spawn(program, args, {
        env: { ...withoutForeignCode(env, input), ...variables },
        stdio: "pipe",
        windowsHide: true,
      });
    } catch (error) {
      // Some errors come this way, others as an event.
      throw notStarted(shown, error);
    }
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let settled = false;
    const settle = (conclude: () => void) => {
      if (!settled) {
        settled = true;
        clearTimeout(timer);
        signal.removeEventListener("abort", stop);
        conclude();
      }
    };
    const giveUp = (error: unknown) => {
      child.kill("SIGKILL");
      // What the program started may hold its pipes open for longer than it lives.
      child.stdout.destroy();
      child.stderr.destroy();
      // The reason of a signal is what the caller gave to abort().
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors
      settle(() => reject(error));
    };
    const stop = () => giveUp(signal.reason);
    const timer = setTimeout(
      () => giveUp(failed(`${shown} did not end within ${timeoutMilliseconds / 1000} s`, shown)),
      timeoutMilliseconds,
    );
    signal.addEventListener("abort", stop, { once: true });
    for (const name of ["stdout", "stderr"] as const) {
      let size = 0;
      child[name].on("data", (chunk: Buffer) => {
        size += chunk.length;
        output[name].push(chunk);
        if (size > maxBytes) {
          giveUp(failed(`${shown} wrote more than ${maxBytes} bytes to ${name}`, shown));
        }
      });
    }
    child.once("error", (error) => giveUp(notStarted(shown, error)));
    child.once("close", (status) => {
      const [stdout, stderr] = [output.stdout, output.stderr].map((chunks) => Buffer.concat(chunks).toString("utf8"));
      settle(() => resolve({ status: status ?? undefined, stdout: stdout ?? "", stderr: stderr ?? "" }));
    });
    // Anyone who does not read its stdin has no use for it.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

/** What reads secrets from its stdin is the program that it is named after. */
function withoutForeignCode(env: ProcessContext["env"], input: string): ProcessContext["env"] {
  const { ofBun, ofLoader } = codeLoadingVariables(env);
  const removed = new Set([...ofBun, ...(input === "" ? [] : ofLoader)]);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !removed.has(name)));
}

function notStarted(shown: string, error: unknown): TegataError {
  return failed(`${shown} cannot be started: ${fileErrorReason(error)}`, shown, error);
}

function failed(message: string, shown: string, cause?: unknown): TegataError {
  return new TegataError("process_failed", message, { hint: `run ${shown} by hand to see what is wrong`, cause });
}
