import { join } from "node:path";
import * as v from "valibot";
import { bash, type CiPlatform, job, scriptJobs, strings } from "./platform.ts";

export const others: CiPlatform = {
  page: "others",
  issuer: "https://jenkins.example.com/oidc",
  claims: { aud: "sts.amazonaws.com", sub: "https://jenkins.example.com/job/site/job/main/" },
  others: ["https://jenkins.example.com/job/other/job/main/", "https://jenkins.example.com/job/site/job/branch/"],
  replacements: ({ folder }) => [["/run/spiffe/aws.jwt", join(folder, "token")]],
  env: ({ token }) => ({ SEMAPHORE_OIDC_TOKEN: token }),
  jobs: (page) => [
    ...page.blocks("groovy").map((pipeline) => {
      const [, file = ""] = /file\(credentialsId: '[\w-]+', variable: '(\w+)'\)/.exec(pipeline) ?? [];
      const variables = [...pipeline.matchAll(/^ {4}(\w+) = '(.+)'$/gm)].map(([, name, value]) => [name, value]);
      const scripts = [...pipeline.matchAll(/\bsh '(.+)'$/gm)];
      return job(
        "pipeline",
        scripts.map(([, script = ""]) => ({ command: bash(script) })),
        { ...v.parse(strings, Object.fromEntries(variables)), [file]: "token" },
      );
    }),
    ...scriptJobs(page),
  ],
};
