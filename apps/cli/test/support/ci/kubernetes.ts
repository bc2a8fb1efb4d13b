import { join } from "node:path";
import * as v from "valibot";
import { type CiPlatform, type Env, job } from "./platform.ts";

export const kubernetes: CiPlatform = {
  page: "kubernetes",
  issuer: "https://oidc.eks.eu-central-1.amazonaws.com/id/D539D4633E53DE1B716D3041EXAMPLE0",
  claims: { aud: "sts.amazonaws.com", sub: "system:serviceaccount:jobs:backup" },
  others: ["system:serviceaccount:jobs:other", "system:serviceaccount:other:backup"],
  replacements: ({ folder }) => [["/var/run/secrets/tegata/token", join(folder, "token")]],
  env: () => ({ KUBERNETES_SERVICE_HOST: "10.0.0.1" }),
  jobs: (page) => {
    const account = v.looseObject({
      kind: v.literal("ServiceAccount"),
      metadata: v.looseObject({ annotations: v.strictObject({ "eks.amazonaws.com/role-arn": v.string() }) }),
    });
    const pair = v.strictObject({ name: v.string(), value: v.string() });
    const container = v.looseObject({
      command: v.tupleWithRest([v.string()], v.string()),
      env: v.array(pair),
    });
    const pod = v.looseObject({ kind: v.literal("Pod"), spec: v.looseObject({ containers: v.tuple([container]) }) });
    let webhook: Env = {};
    return page.yaml(v.variant("kind", [account, pod])).flatMap((document) => {
      if (document.kind === "ServiceAccount") {
        webhook = {
          AWS_ROLE_ARN: document.metadata.annotations["eks.amazonaws.com/role-arn"],
          AWS_WEB_IDENTITY_TOKEN_FILE: "token",
        };
        return [];
      }
      const [{ command, env }] = document.spec.containers;
      const own = Object.fromEntries(env.map(({ name, value }) => [name, value]));
      return [job("pod", [{ command }], { ...webhook, ...own })];
    });
  },
};
