import * as v from "valibot";
import { bash, type CiPlatform, job, strings } from "./platform.ts";

export const gitlab: CiPlatform = {
  page: "gitlab",
  issuer: "https://gitlab.com",
  claims: { aud: "sts.amazonaws.com", sub: "project_path:acme/site:ref_type:branch:ref:main" },
  others: ["project_path:acme/other:ref_type:branch:ref:main", "project_path:acme/site:ref_type:branch:ref:branch"],
  env: ({ tokenServer, token }) => ({ GITLAB_CI: "true", CI_SERVER_URL: tokenServer.issuer, GITLAB_OIDC_TOKEN: token }),
  jobs: (page) =>
    page
      .yaml(
        v.objectWithRest(
          {
            default: v.strictObject({
              id_tokens: v.strictObject({ GITLAB_OIDC_TOKEN: v.strictObject({ aud: v.literal("sts.amazonaws.com") }) }),
            }),
            variables: strings,
          },
          v.strictObject({ script: v.array(v.string()) }),
        ),
      )
      .flatMap(({ default: _default, variables, ...jobs }) =>
        Object.entries(jobs).map(([name, { script }]) => job(name, [{ command: bash(script.join("\n")) }], variables)),
      ),
};
