import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { readGithubEnvFile } from "../github-env-file.ts";
import { bash, type CiPlatform, type CiStep, job, json, strings } from "./platform.ts";

const action = fileURLToPath(new URL("../../../../github-action/bundle/main.mjs", import.meta.url));
const githubSteps = v.array(
  v.union([
    v.strictObject({ run: v.string(), env: v.optional(strings) }),
    v.strictObject({ uses: v.string(), with: v.optional(strings) }),
  ]),
);

export const githubActions: CiPlatform = {
  page: "github-actions",
  issuer: "https://token.actions.githubusercontent.com",
  issuerPath: "/_services/token",
  claims: { aud: "sts.amazonaws.com", sub: "repo:octo-org/octo-repo:ref:refs/heads/main" },
  others: [
    "repo:octo-org/other:ref:refs/heads/main",
    "repo:octo-org/octo-repo:ref:refs/heads/branch",
    "repo:octo-org/octo-repo:pull_request",
  ],
  env: ({ tokenServer, folder }) => ({
    GITHUB_ACTIONS: "true",
    GITHUB_REPOSITORY: "octo-org/octo-repo",
    GITHUB_SERVER_URL: tokenServer.origin,
    GITHUB_ENV: join(folder, "env"),
    GITHUB_OUTPUT: join(folder, "output"),
    GITHUB_STATE: join(folder, "state"),
    ACTIONS_ID_TOKEN_REQUEST_URL: `${tokenServer.origin}/idtoken?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "request-token",
  }),
  answer: ({ token }) => json({ count: 1, value: token }),
  jobs: (page) =>
    page
      .yaml(
        v.looseObject({
          permissions: v.looseObject({ "id-token": v.literal("write") }),
          env: v.optional(strings),
          jobs: v.record(v.string(), v.looseObject({ steps: githubSteps })),
        }),
      )
      .flatMap(({ env = {}, jobs }) =>
        Object.entries(jobs).map(([name, { steps }]) => job(name, steps.flatMap(githubStep), env)),
      ),
  after: async ({ folder }) => readGithubEnvFile(await readFile(join(folder, "env"), "utf8")),
};

function githubStep(step: v.InferOutput<typeof githubSteps>[number]): readonly CiStep[] {
  if ("run" in step) {
    return [{ command: bash(step.run), env: step.env ?? {} }];
  }
  if (step.uses === "OWNER/tegata@v1") {
    const inputs = Object.entries(step.with ?? {}).map(
      ([name, value]) => [`INPUT_${name.toUpperCase()}`, value] as const,
    );
    return [{ command: [process.execPath, action], env: Object.fromEntries(inputs) }];
  }
  return [];
}
