import * as v from "valibot";
import { fileFor } from "./kubernetes.ts";
import { tokenSettings } from "./settings.ts";
import { tokenInFile } from "./token-file.ts";
import { issuerRuleIfNamed } from "./token-rules.ts";
import { definePlatform } from "./token-source.ts";

/**
 * IAM roles for service accounts, in EKS and wherever its webhook runs: the file that `AWS_WEB_IDENTITY_TOKEN_FILE` names.
 * The role is in `AWS_ROLE_ARN`, which tegata reads as every AWS SDK does.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html
 */
export const irsa = definePlatform({
  name: "irsa",
  title: "IAM roles for service accounts",
  summary: "IAM roles for service accounts (EKS), by the pod's token file",
  settings: v.strictObject(tokenSettings),
  find: async (settings, machine) => {
    const named = machine.variable("AWS_WEB_IDENTITY_TOKEN_FILE");
    if (named === undefined) {
      return undefined;
    }
    const { audience } = settings;
    // A pod may have tokens for several: the one that a person asks for may lie in another of its files.
    const fitting = audience === undefined ? undefined : await fileFor(audience, machine, [named]);
    const file = fitting ?? named;
    const annotate =
      "AWS_WEB_IDENTITY_TOKEN_FILE must name a file with a token: annotate the service account with eks.amazonaws.com/role-arn and start the pod again";
    const hints = {
      notAToken: annotate,
      audience: "correct the annotation eks.amazonaws.com/audience of the service account",
      anyAudience: true,
      expired: "the kubelet did not replace the token: check the pod and the clock of its node",
    };
    return tokenInFile(file, machine, annotate, {
      issuer: issuerRuleIfNamed(settings),
      audience,
      hints,
    });
  },
});
