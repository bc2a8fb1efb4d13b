import type { Machine } from "@tegata/core";
import * as v from "valibot";
import { awsAudience, tokenFileSchema, tokenSettings } from "./settings.ts";
import { maxFileBytes, tokenInFile } from "./token-file.ts";
import { issuerRuleIfNamed, readToken } from "./token-rules.ts";
import { definePlace, tokenMissing } from "./token-source.ts";

/** Where the webhook of EKS mounts a token for AWS; it can be installed in any cluster. */
const webhookFile = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token";
/** Every pod has one, but as a rule for the API server, and AWS has no use for that. */
const defaultFile = "/var/run/secrets/kubernetes.io/serviceaccount/token";

const project =
  "add a projected volume with a serviceAccountToken source, audience: sts.amazonaws.com, and name its file with --token-file";

/**
 * A pod, by a service account's token that is projected into it. The file is replaced when four fifths of its life are over,
 * and read anew each time.
 *
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
 */
export const kubernetes = definePlace({
  name: "kubernetes",
  place: "Kubernetes",
  summary: "Kubernetes, by a projected service account token",
  settings: v.strictObject({ ...tokenSettings, token_file: v.optional(tokenFileSchema) }),
  find: async (settings, machine) => {
    if (settings.token_file === undefined && machine.variable("KUBERNETES_SERVICE_HOST") === undefined) {
      return undefined;
    }
    const audience = settings.audience ?? awsAudience;
    const file = settings.token_file ?? (await fileFor(audience, machine));
    if (file === undefined) {
      throw tokenMissing(`this pod has no service account token for "${audience}"`, project);
    }
    const hints = {
      notAToken: `check what ${file} holds: ${project}`,
      audience: `correct audience: of the projected volume, one alone, or --audience`,
      expired: "the kubelet did not replace the token: check the pod and the clock of its node",
    };
    return tokenInFile(file, machine, project, {
      issuer: issuerRuleIfNamed(settings),
      audience: settings.audience,
      hints,
    });
  },
});

/** The first of the documented places with a token for this audience. */
async function fileFor(audience: string, machine: Machine): Promise<string | undefined> {
  for (const file of [webhookFile, defaultFile]) {
    const token = (await machine.readFile(file, maxFileBytes).catch(() => undefined))?.trim();
    if (token !== undefined && isFor(audience, token)) {
      return file;
    }
  }
  return undefined;
}

function isFor(audience: string, token: string): boolean {
  try {
    return readToken(token, { notAToken: "" }).aud.includes(audience);
  } catch {
    return false;
  }
}
