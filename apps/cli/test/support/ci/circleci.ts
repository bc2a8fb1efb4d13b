import { join } from "node:path";
import * as v from "valibot";
import { bash, type CiPlatform, issuedBy, job, strings } from "./platform.ts";

export const circleci: CiPlatform = {
  page: "circleci",
  issuer: "https://oidc.circleci.com/org/2f8e6a1c-0b5d-4c3e-9a7f-1d2c3b4a5e6f",
  claims: {
    aud: "2f8e6a1c-0b5d-4c3e-9a7f-1d2c3b4a5e6f",
    sub: "org/2f8e6a1c-0b5d-4c3e-9a7f-1d2c3b4a5e6f/project/7b9d5e3f-1a2b-4c3d-8e4f-5a6b7c8d9e0f/user/1",
  },
  others: ["org/2f8e6a1c-0b5d-4c3e-9a7f-1d2c3b4a5e6f/project/00000000-1a2b-4c3d-8e4f-5a6b7c8d9e0f/user/1"],
  env: (where) => ({
    ...issuedBy(where),
    CIRCLECI: "true",
    CIRCLE_OIDC_TOKEN_V2: where.token,
    BASH_ENV: join(where.folder, "bash_env"),
  }),
  jobs: (page) =>
    page
      .yaml(
        v.looseObject({
          jobs: v.record(
            v.string(),
            v.looseObject({
              environment: strings,
              steps: v.array(
                v.union([
                  v.literal("checkout"),
                  v.strictObject({ run: v.union([v.string(), v.looseObject({ command: v.string() })]) }),
                ]),
              ),
            }),
          ),
        }),
      )
      .flatMap(({ jobs }) =>
        Object.entries(jobs).map(([name, { environment, steps }]) =>
          job(
            name,
            steps.flatMap((step) =>
              step === "checkout"
                ? []
                : [{ command: bash(typeof step.run === "string" ? step.run : step.run.command) }],
            ),
            environment,
          ),
        ),
      ),
};
