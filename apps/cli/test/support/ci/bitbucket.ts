import * as v from "valibot";
import { bash, type CiPlatform, issuedBy, job } from "./platform.ts";

export const bitbucket: CiPlatform = {
  page: "bitbucket",
  issuer: "https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc",
  claims: {
    aud: "ari:cloud:bitbucket::workspace/3c5e7a9b-2d4f-4e6a-8b0c-1d3e5f7a9b2c",
    sub: "{5e7a9b1c-3d5f-4a6b-9c8d-7e6f5a4b3c2d}:{8b0c2d4e-6f7a-4b5c-8d9e-0f1a2b3c4d5e}:{77777777-0000-4000-8000-000000000001}",
  },
  others: [
    "{00000000-3d5f-4a6b-9c8d-7e6f5a4b3c2d}:{8b0c2d4e-6f7a-4b5c-8d9e-0f1a2b3c4d5e}:{77777777-0000-4000-8000-000000000001}",
    "{5e7a9b1c-3d5f-4a6b-9c8d-7e6f5a4b3c2d}:{77777777-0000-4000-8000-000000000001}",
  ],
  env: (where) => ({
    ...issuedBy(where),
    BITBUCKET_BUILD_NUMBER: "7",
    BITBUCKET_STEP_OIDC_TOKEN: where.token,
  }),
  jobs: (page) => {
    const step = v.strictObject({
      name: v.string(),
      oidc: v.literal(true),
      deployment: v.string(),
      script: v.array(v.string()),
    });
    const branches = v.record(v.string(), v.array(v.strictObject({ step })));
    return page
      .yaml(v.strictObject({ pipelines: v.strictObject({ branches }) }))
      .flatMap(({ pipelines }) => Object.values(pipelines.branches).flat())
      .map(({ step: { name, script } }) => job(name, [{ command: bash(script.join("\n")) }]));
  },
};
