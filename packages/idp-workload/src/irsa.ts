import * as v from "valibot";
import { tokenSettings } from "./settings.ts";
import { tokenInFile } from "./token-file.ts";
import { issuerRuleIfNamed } from "./token-rules.ts";
import { definePlace } from "./token-source.ts";

/**
 * IAM roles for service accounts, in EKS and wherever its webhook runs: the file that `AWS_WEB_IDENTITY_TOKEN_FILE` names.
 * The role is in `AWS_ROLE_ARN`, which tegata reads as every AWS SDK does.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html
 */
export const irsa = definePlace({
  name: "irsa",
  place: "IAM roles for service accounts",
  summary: "IAM roles for service accounts (EKS), by the pod's token file",
  settings: v.strictObject(tokenSettings),
  find: async (settings, machine) => {
    const file = machine.variable("AWS_WEB_IDENTITY_TOKEN_FILE");
    if (file === undefined) {
      return undefined;
    }
    const annotate =
      "AWS_WEB_IDENTITY_TOKEN_FILE must name a file with a token: annotate the service account with eks.amazonaws.com/role-arn and start the pod again";
    const hints = {
      notAToken: annotate,
      audience: "correct the annotation eks.amazonaws.com/audience of the service account, or --audience",
      expired: "the kubelet did not replace the token: check the pod and the clock of its node",
    };
    return tokenInFile(file, machine, annotate, {
      issuer: issuerRuleIfNamed(settings),
      audience: settings.audience,
      hints,
    });
  },
});
