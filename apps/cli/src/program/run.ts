import { formatAwsCredentials } from "@tegata/format-aws-credentials";
import { formatAzureDevopsEnv } from "@tegata/format-azure-devops-env";
import { formatBuildkiteEnv } from "@tegata/format-buildkite-env";
import { formatCircleciEnv } from "@tegata/format-circleci-env";
import { formatConsoleUrl } from "@tegata/format-console-url";
import { formatCredentialProcess } from "@tegata/format-credential-process";
import { formatDockerEnv } from "@tegata/format-docker-env";
import { formatDotenv } from "@tegata/format-dotenv";
import { formatEnv } from "@tegata/format-env";
import { formatGithubEnv } from "@tegata/format-github-env";
import { formatGitlabEnv } from "@tegata/format-gitlab-env";
import { formatJson } from "@tegata/format-json";
import { idpAuth0 } from "@tegata/idp-auth0";
import { idpEntra } from "@tegata/idp-entra";
import { idpGoogle } from "@tegata/idp-google";
import { idpOidc } from "@tegata/idp-oidc";
import { idpOkta } from "@tegata/idp-okta";
import { idpWorkload, workloadPlatforms } from "@tegata/idp-workload";
import type { Plugins } from "@tegata/engine";
import packageJson from "../../package.json" with { type: "json" };
import { createTegata } from "./compose.ts";
import type { EntryAddress } from "../command.ts";
import type { CliSystem } from "../cli-system.ts";
import { thisProcess } from "../this-process.ts";

export { finishWriting } from "./finish-writing.ts";

/** The plugins that come with tegata. A new one is one import and one entry here. */
export const defaultPlugins: Plugins = {
  idps: [idpAuth0, idpOidc, idpOkta, idpEntra, idpGoogle, idpWorkload, ...workloadPlatforms],
  formats: [
    formatCredentialProcess,
    formatEnv,
    formatConsoleUrl,
    formatJson,
    formatDotenv,
    formatDockerEnv,
    formatAwsCredentials,
    formatGithubEnv,
    formatGitlabEnv,
    formatCircleciEnv,
    formatAzureDevopsEnv,
    formatBuildkiteEnv,
  ],
};

/**
 * tegata with the plugins that come with it.
 *
 * @param replaceProcess where the runtime can put another program in this process's place
 */
export function run(
  args: readonly string[],
  entry: EntryAddress,
  replaceProcess?: CliSystem["replaceProcess"],
): Promise<number> {
  const tegata = createTegata({ ...defaultPlugins, version: packageJson.version });
  return tegata.run(args, { ...thisProcess(), replaceProcess }, entry);
}
