import { writeSync } from "node:fs";
import { isTegataError, TegataError } from "@tegata/core";
import { fileErrorCode } from "../files/file-errors.ts";
import { isStdoutClosed } from "./closed-stdout.ts";
import { clock } from "./system-clock.ts";

/**
 * Writes all of it to descriptor 1.
 *
 * @throws TegataError `output_failed`
 */
export async function writeBytes(bytes: Uint8Array): Promise<void> {
  if (bytes.length > 0 && isStdoutClosed()) {
    throw outputFailed(Object.assign(new Error("closed"), { code: "EBADF" }));
  }
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(1, bytes, written);
    } catch (error) {
      // A pipe that someone else made non-blocking is full: wait for its reader.
      if (!["EAGAIN", "EINTR"].includes(fileErrorCode(error) ?? "")) {
        throw outputFailed(error);
      }
      await clock.sleep(5);
    }
  }
}

/** What the system says of a failed write, as an error of ours. */
export function outputFailed(error: unknown): TegataError {
  if (isTegataError(error)) {
    return error;
  }
  const code = fileErrorCode(error) ?? "unknown error";
  const reason = writeFailures[code] ?? code;
  return new TegataError("output_failed", `stdout cannot be written: ${reason}`, {
    hint: "nothing is lost: run the same command again",
    cause: error,
  });
}

const writeFailures: Readonly<Record<string, string>> = {
  EPIPE: "its reader is gone",
  ENOSPC: "the disk is full",
  EBADF: "it is closed",
};
