import { isTegataError, toSafeJson, type TegataError } from "@tegata/core";
import { shownError, stackFrames } from "@tegata/engine";
import { exitStatuses, type ExitStatus } from "./exit-status.ts";
import { inOwnName } from "./command-line/program-name.ts";
import type { Terminal } from "./terminal/terminal.ts";

export type ErrorFormat = "text" | "json";

/** An error as `--error-format json` and `login --json` show it. */
export function errorObject(error: TegataError, programName: string): Record<string, unknown> {
  return {
    code: error.code,
    message: inOwnName(error.message, programName),
    ...(error.hint === undefined ? {} : { hint: inOwnName(error.hint, programName) }),
    ...(Object.keys(error.details).length === 0 ? {} : { details: error.details }),
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
  const known = isTegataError(error) ? error : undefined;
  if (known === undefined) {
    for (const frame of stackFrames(error)) {
      terminal.log(frame);
    }
  }
  const shown = shownError(error);
  if (format === "json") {
    terminal.status(undefined);
    writeStderr(`${toSafeJson(known === undefined ? shown : errorObject(known, terminal.programName))}\n`);
  } else {
    terminal.error(shown.message, shown.hint);
  }
  return exitStatuses[shown.code];
}
