import { type Provider, providerArn } from "./provider.ts";
import { accountOf, type TrustContext } from "./request-context.ts";
import { audienceOf } from "./claim-texts.ts";
import { shownValue, type TokenClaims } from "@tegata/core";

/** What no trust policy tells, and what can refuse the request all the same. */
export interface OutsideOfPolicy {
  readonly id: "provider" | "client-id" | "resource-control-policy" | "just-changed" | "other-role";
  /** `the account may have no IAM provider …`: stands behind "it could still be that". */
  readonly message: string;
  /** A line of the AWS CLI that tells. */
  readonly command?: string;
}

/**
 * Why AWS may still refuse what its trust policy allows: to be told apart only in the account.
 *
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
 */
export function outsideOfPolicy(
  provider: Provider,
  claims: TokenClaims,
  context: TrustContext,
): readonly OutsideOfPolicy[] {
  const { account = "ACCOUNT", partition } = accountOf(context);
  const arn = providerArn(provider, account, partition);
  const show = isPlain(arn)
    ? { command: `aws iam get-open-id-connect-provider --open-id-connect-provider-arn ${arn}` }
    : {};
  const [audience = ""] = audienceOf(claims);
  return [
    ...(provider.builtIn === undefined
      ? [
          { id: "provider" as const, message: `the account has no IAM provider ${shownValue(arn, 200)}`, ...show },
          {
            id: "client-id" as const,
            message: `that provider does not list the client id ${shownValue(audience, 120)}`,
            ...show,
          },
        ]
      : []),
    {
      id: "resource-control-policy",
      message: "a resource control policy of the organization denies it",
      command: "aws organizations list-policies --filter RESOURCE_CONTROL_POLICY",
    },
    { id: "just-changed", message: "role, provider or policy changed less than a minute ago" },
    { id: "other-role", message: "the role in use is another one than this policy's, or it is gone" },
  ];
}

/** What can be pasted into a shell as it is. */
function isPlain(text: string): boolean {
  return /^[\w:/.@+=,-]+$/.test(text);
}
