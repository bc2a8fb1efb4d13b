import * as v from "valibot";
import { assignments } from "../assignments.ts";
import { bash, type CiPlatform, issuedBy, job, scriptJobs } from "./platform.ts";

export const googleCloud: CiPlatform = {
  page: "google-cloud",
  issuer: "https://accounts.google.com",
  claims: {
    aud: "sts.amazonaws.com",
    azp: "108642097531864209753",
    sub: "108642097531864209753",
    email: "deploy@acme.iam.gserviceaccount.com",
  },
  others: ["900000000000000000009"],
  replacements: ({ tokenServer }) => [
    // IAM knows Google without a provider.
    [
      '"Federated": "accounts.google.com"',
      '"Federated": "arn:aws:iam::123456789012:oidc-provider/accounts.google.com"',
    ],
    ["metadata.google.internal", new URL(tokenServer.origin).host],
  ],
  env: (where) => ({ ...issuedBy(where), GCE_METADATA_HOST: new URL(where.tokenServer.origin).host }),
  answer: ({ token }) => ({ status: 200, headers: { "metadata-flavor": "Google" }, body: token }),
  jobs: (page) => [
    ...page
      .yaml(
        v.looseObject({
          steps: v.array(v.strictObject({ name: v.string(), env: v.array(v.string()), script: v.string() })),
        }),
      )
      .map(({ steps }) =>
        job(
          "build",
          steps.map(({ env, script }) => ({
            command: bash(script),
            env: assignments(env),
          })),
        ),
      ),
    ...scriptJobs(page),
  ],
};
