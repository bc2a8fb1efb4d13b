import type { AwsCredentials } from "./credentials.ts";
import { TegataError } from "../base/errors.ts";

/** The variables that hold credentials for the AWS CLI and SDKs, in the order in which they are set. */
export const awsVariables = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  // botocore reads the second one only, most others the first one only.
  "AWS_REGION",
  "AWS_DEFAULT_REGION",
  "AWS_CREDENTIAL_EXPIRATION",
  "AWS_ACCOUNT_ID",
] as const;

/** The name of a variable that an AWS client takes credentials or a region from. */
export type AwsVariable = (typeof awsVariables)[number];

/**
 * Those whose values a log must not show. The key id is no secret by itself; it goes with the other two because SDKs call
 * a key id without its key an error.
 */
export const secretAwsVariables: readonly AwsVariable[] = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
];

/** They choose a profile: the JavaScript SDK and .NET 3 prefer it to keys in the environment. */
export const awsProfileVariables = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] as const;

/**
 * What wins over `awsVariables` in one SDK or another, and has to be unset beside them: the profile, and the old name of
 * the session token, which botocore reads first.
 *
 * `AWS_WEB_IDENTITY_TOKEN_FILE` is not among them. Of the SDKs only .NET 3 prefers it, and tegata itself needs it when
 * it runs again in the same shell.
 */
export const awsRivalVariables = [...awsProfileVariables, "AWS_SECURITY_TOKEN"] as const;

/**
 * Where the SDKs find other credentials when there are no keys in the environment. Anyone who gives a child process a source
 * of its own (an endpoint, say) unsets them all.
 */
export const awsOtherSourceVariables = [
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
] as const;

/** Variables to be set; `undefined`: to be unset. One that is not there at all is to be left as it is. */
export type AwsEnvironment = Readonly<Partial<Record<AwsVariable, string | undefined>>>;

/** The two that say a region. */
export const regionVariables = ["AWS_REGION", "AWS_DEFAULT_REGION"] as const satisfies readonly AwsVariable[];

/**
 * Credentials as the environment of a process. The account is unset where there is none, as one that another role left behind
 * would be believed. The region is left alone where nobody has chosen one: programs have one of their own, in `~/.aws/config`
 * for example.
 *
 * @param region for `AWS_REGION` and `AWS_DEFAULT_REGION`; `undefined` where nobody has chosen one
 * @throws TegataError `output_failed` for a value with a control character: hardly a format could carry it
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
 */
export function awsEnvironment(credentials: AwsCredentials, region: string | undefined): AwsEnvironment {
  const values: AwsEnvironment = {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    ...(region === undefined ? {} : { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
    AWS_CREDENTIAL_EXPIRATION: credentials.expiration,
    AWS_ACCOUNT_ID: credentials.accountId,
  };
  for (const name of awsVariables) {
    if (/\p{Cc}/u.test(values[name] ?? "")) {
      throw new TegataError("output_failed", `the value of ${name} holds a control character`, {
        hint: "check the settings of the profile",
      });
    }
  }
  return values;
}
