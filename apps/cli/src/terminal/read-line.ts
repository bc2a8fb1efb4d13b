import { createInterface } from "node:readline";

/** The next line of stdin, without its end; empty at the end of stdin. */
export function readLine(signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const lines = createInterface({ input: process.stdin });
    const settle = (conclude: () => void) => {
      // Closing says "close" as well: what is concluded first counts.
      conclude();
      signal.removeEventListener("abort", stop);
      lines.close();
      // Else the process would wait for what nobody reads.
      process.stdin.unref();
    };
    // The reason of a signal is what the caller gave to abort().
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors
    const stop = () => settle(() => reject(signal.reason));
    signal.addEventListener("abort", stop, { once: true });
    lines.once("line", (line) => settle(() => resolve(line)));
    lines.once("close", () => settle(() => resolve("")));
  });
}
