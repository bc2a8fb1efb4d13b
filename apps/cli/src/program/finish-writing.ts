import { outputFailed, writeBytes } from "@tegata/engine/system";
import type { ExitStatus } from "../exit-status.ts";
import { reportError } from "../report-error.ts";
import { createTerminal } from "../terminal/terminal.ts";
import { thisProcess } from "../this-process.ts";

/** Writes what the first file could not write of cached output. */
export async function finishWriting(rest: Uint8Array, programName?: string): Promise<ExitStatus> {
  try {
    await writeBytes(rest);
    return 0;
  } catch (error) {
    return reportAlone(outputFailed(error), programName);
  }
}

/** Reports an error where no command line has been read yet. */
export function reportAlone(error: unknown, programName?: string): ExitStatus {
  const system = thisProcess();
  const terminal = createTerminal(system, { quiet: false, verbose: false, programName });
  const format = system.env["TEGATA_ERROR_FORMAT"] === "json" ? "json" : "text";
  return reportError(error, terminal, (text) => system.stderr.write(text), format);
}
