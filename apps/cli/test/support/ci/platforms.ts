import { azureDevops } from "./azure-devops.ts";
import { bitbucket } from "./bitbucket.ts";
import { buildkite } from "./buildkite.ts";
import { circleci } from "./circleci.ts";
import { githubActions } from "./github-actions.ts";
import { gitlab } from "./gitlab.ts";
import { googleCloud } from "./google-cloud.ts";
import { hcpTerraform } from "./hcp-terraform.ts";
import { kubernetes } from "./kubernetes.ts";
import { others } from "./others.ts";
import { vercel } from "./vercel.ts";
import type { CiPlatform } from "./platform.ts";

/** Every page below docs/ci that has something to run. */
export const ciPlatforms: readonly CiPlatform[] = [
  githubActions,
  gitlab,
  circleci,
  buildkite,
  bitbucket,
  azureDevops,
  googleCloud,
  kubernetes,
  vercel,
  hcpTerraform,
  others,
];
