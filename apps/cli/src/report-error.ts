import { isTegataError, toSafeJson, type Vocabulary } from "@tegata/core";
import { shownError, stackFrames } from "@tegata/engine";
import { exitStatuses, type ExitStatus } from "./exit-status.ts";
import type { Terminal } from "./terminal/terminal.ts";

export type ErrorFormat = "text" | "json";

/** An error as `--error-format json` and `login --json` show it. */
export function errorObject(error: unknown, vocabulary: Vocabulary): Record<string, unknown> {
  const { code, message, hint, details } = shownError(error, vocabulary);
  return {
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(Object.keys(details).length === 0 ? {} : { details }),
  };
}

/**
 * Says what went wrong, and with which status the program ends. The only place that shows an error to a person.
 *
 * `cause` is never shown: libraries put raw tokens into theirs. Of an unexpected error not even the message is shown,
 * for the same reason; `--verbose` adds where in the code it came from.
 */
export function reportError(
  error: unknown,
  terminal: Terminal,
  writeStderr: (text: string) => void,
  format: ErrorFormat,
): ExitStatus {
  if (!isTegataError(error)) {
    for (const frame of stackFrames(error)) {
      terminal.log(frame);
    }
  }
  const shown = shownError(error, terminal.vocabulary);
  if (format === "json") {
    terminal.status(undefined);
    writeStderr(`${toSafeJson(errorObject(error, terminal.vocabulary))}\n`);
  } else {
    terminal.error(shown.message, shown.hint);
  }
  return exitStatuses[shown.code];
}
