import type { CredentialsOfRun } from "@tegata/engine";

/** Called as those of aws-actions/configure-aws-credentials, where it has the same. */
export const outputNames = [
  "role-arn",
  "authenticated-arn",
  "aws-account-id",
  "aws-region",
  "aws-expiration",
  "aws-access-key-id",
  "aws-secret-access-key",
  "aws-session-token",
] as const;

/** The outputs of the step; the last three only where somebody asked for them. An S3-compatible store names no account. */
export function outputsOf(
  { credentials, role, region }: CredentialsOfRun,
  withKeys: boolean,
): Readonly<Record<string, string>> {
  const values: Readonly<Record<(typeof outputNames)[number], string | undefined>> = {
    "role-arn": role.arn,
    "authenticated-arn": credentials.assumedRoleArn,
    "aws-account-id": credentials.accountId,
    "aws-region": region,
    "aws-expiration": credentials.expiration,
    "aws-access-key-id": withKeys ? credentials.accessKeyId : undefined,
    "aws-secret-access-key": withKeys ? credentials.secretAccessKey : undefined,
    "aws-session-token": withKeys ? credentials.sessionToken : undefined,
  };
  const set = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(set);
}
