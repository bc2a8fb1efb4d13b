import { hint, type Machine, setting, shownValue, words } from "@tegata/core";
import * as v from "valibot";
import { awsAudience, tokenFileSchema, tokenSettings } from "./settings.ts";
import { claimsOf, isFor } from "./carried-tokens.ts";
import { maxFileBytes, tokenInFile } from "./token-file.ts";
import { issuerRuleIfNamed } from "./token-rules.ts";
import { definePlatform, tokenMissing } from "./token-source.ts";

/** Where the webhook of EKS mounts a token for AWS; it can be installed in any cluster. */
const webhookFile = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token";
/** Every pod has one, but as a rule for the API server, and AWS has no use for that. */
const defaultFile = "/var/run/secrets/kubernetes.io/serviceaccount/token";

const project = words`add a projected volume with a serviceAccountToken source, audience: sts.amazonaws.com, and name its file: ${setting("token_file", "/var/run/secrets/tegata/token")}`;

/**
 * A pod, by a service account's token that is projected into it. The file is replaced when four fifths of its life are over,
 * and read again each time.
 *
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
 */
export const kubernetes = definePlatform({
  name: "kubernetes",
  title: "Kubernetes",
  summary: "Kubernetes, by a projected service account token",
  settings: v.strictObject({ ...tokenSettings, token_file: v.optional(tokenFileSchema) }),
  find: async (settings, machine) => {
    if (settings.token_file === undefined && machine.variable("KUBERNETES_SERVICE_HOST") === undefined) {
      return undefined;
    }
    const audience = settings.audience ?? awsAudience;
    const file = settings.token_file ?? (await fileFor(audience, machine));
    if (file === undefined) {
      throw tokenMissing(`this pod has no service account token for ${shownValue(audience)}`, hint`${project}`);
    }
    const hints = {
      notAToken: hint`check what ${file} holds: ${project}`,
      audience: `correct audience: of the projected volume, one alone`,
      anyAudience: true,
      expired: "the kubelet did not replace the token: check the pod and the clock of its node",
    };
    return tokenInFile(file, machine, hint`${project}`, {
      issuer: issuerRuleIfNamed(settings),
      audience: settings.audience,
      hints,
    });
  },
});

/**
 * The first file with a token for this audience.
 *
 * @param preferred files that are looked at before the documented ones
 */
export async function fileFor(
  audience: string,
  machine: Machine,
  preferred: readonly string[] = [],
): Promise<string | undefined> {
  const files = [...new Set([...preferred, webhookFile, defaultFile])];
  const tokens = await Promise.all(
    files.map(async (file) => {
      const token = (await machine.readFile(file, maxFileBytes).catch(() => undefined))?.trim();
      return { file, claims: token === undefined ? undefined : claimsOf(token) };
    }),
  );
  const alone = tokens.find(({ claims }) => claims !== undefined && isFor(audience, claims));
  // One that is for others as well is refused with a reason of its own.
  return (alone ?? tokens.find(({ claims }) => claims?.aud.includes(audience)))?.file;
}
