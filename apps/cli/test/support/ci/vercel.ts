import * as v from "valibot";
import { bash, type CiPlatform, issuedBy, job, roleOf, scriptJobs } from "./platform.ts";

export const vercel: CiPlatform = {
  page: "vercel",
  issuer: "https://oidc.vercel.com/acme",
  claims: { aud: "https://vercel.com/acme", sub: "owner:acme:project:site:environment:production" },
  others: ["owner:acme:project:site:environment:preview", "owner:acme:project:other:environment:production"],
  env: (where) => ({ ...issuedBy(where), TEGATA_ROLE_ARN: roleOf("vercel"), AWS_REGION: "eu-central-1" }),
  jobs: (page) => [
    ...page
      .blocks("json")
      .filter((block) => block.includes("buildCommand"))
      .map((block) => v.parse(v.strictObject({ buildCommand: v.string() }), JSON.parse(block)))
      .map(({ buildCommand }) =>
        job("build", [{ command: bash(buildCommand) }], { VERCEL: "1", VERCEL_OIDC_TOKEN_FILE: "token" }),
      ),
    ...scriptJobs(page),
  ],
};
