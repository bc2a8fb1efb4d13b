import { formatConsoleUrl } from "@tegata/format-console-url";
import { formatCredentialProcess } from "@tegata/format-credential-process";
import { formatEnv } from "@tegata/format-env";
import { idpAuth0 } from "@tegata/idp-auth0";
import { idpOidc } from "@tegata/idp-oidc";
import packageJson from "../package.json" with { type: "json" };
import { createTegata } from "./create-tegata.ts";
import type { KeptPlace } from "./command.ts";
import type { ExitStatus } from "./exit-status.ts";
import { reportError } from "./report-error.ts";
import { createTerminal } from "./terminal/terminal.ts";
import { outputFailed, thisProcess, writeBytes } from "./this-process.ts";

/** tegata with the plugins that come with it. A new plugin is one import and one entry here. */
export function run(args: readonly string[], kept: KeptPlace): Promise<ExitStatus> {
  const tegata = createTegata({
    idps: [idpAuth0, idpOidc],
    formats: [formatCredentialProcess, formatEnv, formatConsoleUrl],
    version: packageJson.version,
  });
  return tegata.run(args, thisProcess(), kept);
}

/** Writes what the first file could not write of a kept answer. */
export async function finishWriting(rest: Uint8Array): Promise<ExitStatus> {
  try {
    await writeBytes(rest);
    return 0;
  } catch (error) {
    return reportOutputFailure(error);
  }
}

/** Says why a kept answer could not be written. */
export function reportOutputFailure(error: unknown): ExitStatus {
  const outside = thisProcess();
  const terminal = createTerminal(outside, { quiet: false, verbose: false });
  const format = outside.env["TEGATA_ERROR_FORMAT"] === "json" ? "json" : "text";
  return reportError(outputFailed(error), terminal, (text) => outside.stderr.write(text), format);
}
