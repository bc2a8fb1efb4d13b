import { formatConsoleUrl } from "@tegata/format-console-url";
import { formatCredentialProcess } from "@tegata/format-credential-process";
import { formatEnv } from "@tegata/format-env";
import { idpAuth0 } from "@tegata/idp-auth0";
import { idpOidc } from "@tegata/idp-oidc";
import packageJson from "../package.json" with { type: "json" };
import { createTegata } from "./create-tegata.ts";
import type { ExitStatus } from "./exit-status.ts";
import { thisProcess } from "./this-process.ts";

/** tegata with the plugins that come with it. A new plugin is one import and one entry here. */
export function run(args: readonly string[]): Promise<ExitStatus> {
  const tegata = createTegata({
    idps: [idpAuth0, idpOidc],
    formats: [formatCredentialProcess, formatEnv, formatConsoleUrl],
    version: packageJson.version,
  });
  return tegata.run(args, thisProcess());
}
