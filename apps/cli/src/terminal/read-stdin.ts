import { read } from "node:fs";
import type { Clock } from "@tegata/core";
import { fileErrorCode } from "@tegata/engine/system";

const waitMilliseconds = 50;

/**
 * All of stdin, to its end. By the descriptor, not by the stream: of `/dev/null` some runtimes' streams never tell the end.
 *
 * @returns `too large` for more than `maxBytes`; what was not read is left
 * @throws the system's own error; what `signal` was aborted with
 */
export async function readStdin(
  maxBytes: number,
  clock: Pick<Clock, "sleep">,
  signal: AbortSignal,
): Promise<Uint8Array | "too large"> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    signal.throwIfAborted();
    const chunk = await readChunk();
    if (chunk === "not yet") {
      await clock.sleep(waitMilliseconds, signal);
    } else if (chunk.length === 0) {
      return new Uint8Array(Buffer.concat(chunks));
    } else {
      total += chunk.length;
      if (total > maxBytes) {
        return "too large";
      }
      chunks.push(chunk);
    }
  }
}

/** Empty at the end. */
function readChunk(): Promise<Uint8Array | "not yet"> {
  const buffer = new Uint8Array(65_536);
  return new Promise((resolve, reject) => {
    read(0, buffer, 0, buffer.length, null, (error, bytesRead) => {
      const code = error === null ? undefined : fileErrorCode(error);
      if (error === null || code === "EOF") {
        // Windows says the end of a pipe by an error.
        resolve(buffer.subarray(0, error === null ? bytesRead : 0));
      } else if (code === "EAGAIN") {
        resolve("not yet");
      } else {
        reject(error);
      }
    });
  });
}
