import { defineConfig } from "vitest/config";

const conditions = ["@tegata/source"];

/** The one test configuration: each package and app is a project; `--project core` runs one of them. */
export default defineConfig({
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    reporters: ["default", "./scripts/closing-line-reporter.ts"],
    retry: 0,
    // Most of an end-to-end test is waiting for a protocol's interval: more workers than cores, within reason.
    maxWorkers: 3,
    // For a machine that is busy with other tests; no test waits for time to pass.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // One second, its default, is less than a program may need to start beside twenty others.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      "core",
      "engine",
      "idp-oidc",
      "idp-auth0",
      "idp-okta",
      "idp-entra",
      "idp-google",
      "idp-workload",
      "format-credential-process",
      "format-env",
      "format-console-url",
      "format-dotenv",
      "format-docker-env",
      "format-json",
      "aws-config-files",
      "setup",
      "trust-policy",
      "format-aws-credentials",
      "format-github-env",
      "format-gitlab-env",
      "format-circleci-env",
      "format-azure-devops-env",
      "format-buildkite-env",
      "credential-provider",
      "testkit",
      "create-tegata",
    ]
      .map((name) => ({ name, root: `packages/${name}` }))
      .concat([
        { name: "cli", root: "apps/cli" },
        { name: "sandbox", root: "apps/sandbox" },
        { name: "github-action", root: "apps/github-action" },
        { name: "compile", root: "tools/compile" },
      ])
      .map(({ name, root }) => ({
        extends: true as const,
        test: { name, root, include: ["src/**/*.test.ts", "test/**/*.test.ts"] },
      })),
  },
});
