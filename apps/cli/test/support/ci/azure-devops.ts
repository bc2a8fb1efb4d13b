import * as v from "valibot";
import { readLoggingCommands } from "../azure-agent.ts";
import { bash, type CiPlatform, issuedBy, job, json, strings } from "./platform.ts";

export const azureDevops: CiPlatform = {
  page: "azure-devops",
  issuer: "https://vstoken.dev.azure.com/4f6a8c0e-1b3d-4e5f-9a7b-2c4d6e8f0a1b",
  claims: { aud: "api://AzureADTokenExchange", sub: "p://acme/site/publish" },
  others: ["p://acme/site/other", "p://other/site/publish"],
  env: (where) => ({
    ...issuedBy(where),
    TF_BUILD: "True",
    SYSTEM_OIDCREQUESTURI: `${where.tokenServer.origin}/hubs/build/plans/1/jobs/2/oidctoken`,
  }),
  answer: ({ token }) => json({ oidcToken: token }),
  jobs: (page) =>
    page
      .yaml(
        v.looseObject({
          variables: strings,
          steps: v.array(v.strictObject({ script: v.string(), env: v.optional(strings) })),
        }),
      )
      .map(({ variables, steps }) =>
        job(
          "pipeline",
          steps.map(({ script, env = {} }) => ({ command: bash(script), env })),
          variables,
        ),
      ),
  // Secret ones are there for the macros of `env:` alone; the runner of these tests resolves them.
  after: (_where, stdout) =>
    Promise.resolve(
      Object.fromEntries(
        Object.entries(readLoggingCommands(stdout)).map(([name, { value, isSecret }]) => [
          isSecret ? `$(${name})` : name,
          value,
        ]),
      ),
    ),
};
