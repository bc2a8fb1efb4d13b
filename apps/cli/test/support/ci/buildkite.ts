import * as v from "valibot";
import { bash, type CiPlatform, issuedBy, job, json, roleOf, scriptJobs, strings } from "./platform.ts";

export const buildkite: CiPlatform = {
  page: "buildkite",
  issuer: "https://agent.buildkite.com",
  claims: {
    aud: "sts.amazonaws.com",
    sub: "organization:acme:pipeline:site:ref:refs/heads/main:commit:9f3182061f1e2cca4702c368cbc039b7dc9d4485:step:publish",
  },
  others: [
    "organization:acme:pipeline:other:ref:refs/heads/main:commit:9f31:step:publish",
    "organization:acme:pipeline:site:ref:refs/heads/branch:commit:9f31:step:publish",
  ],
  env: (where) => ({
    ...issuedBy(where),
    BUILDKITE: "true",
    BUILDKITE_JOB_ID: "0184990a-477b-4fa8-9968-496074483cee",
    BUILDKITE_AGENT_ENDPOINT: `${where.tokenServer.origin}/v3`,
    BUILDKITE_AGENT_ACCESS_TOKEN: "agent-access-token",
  }),
  answer: ({ token }) => json({ token }),
  jobs: (page) => [
    ...page
      .yaml(
        v.strictObject({
          env: strings,
          steps: v.array(
            v.union([
              v.strictObject({ label: v.string(), command: v.string() }),
              v.strictObject({ label: v.string(), commands: v.array(v.string()) }),
            ]),
          ),
        }),
      )
      .flatMap(({ env, steps }) =>
        steps.map((step) => {
          const commands = "commands" in step ? step.commands : [step.command];
          return job(step.label, [{ command: bash(commands.join("\n")) }], env);
        }),
      ),
    // The hook, and then the command that it is for.
    ...scriptJobs(page).map(({ steps, ...hook }) => ({
      ...hook,
      env: { TEGATA_ROLE_ARN: roleOf("buildkite"), AWS_REGION: "eu-central-1" },
      steps: steps.map(({ command }) => ({ command: bash(`${command.at(-1)}\naws s3 ls`) })),
    })),
  ],
};
