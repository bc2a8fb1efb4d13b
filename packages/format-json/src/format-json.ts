import { defineFormat, toSafeJson } from "@tegata/core";
import * as v from "valibot";

/**
 * The credentials as one JSON object on one line, for jq and scripts. Its members are called as STS calls them, and one
 * without a value is left out.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html
 */
export const formatJson = defineFormat({
  id: "json",
  summary: "print AWS credentials as one JSON object",
  examples: [
    { line: "json dev", what: "of the profile dev" },
    { line: "json dev --fresh", what: "new ones" },
  ],
  options: v.strictObject({}),
  asksPerson: "terminal",
  repeatable: true,
  render: (credentials, _options, { region }) =>
    `${toSafeJson({
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      SessionToken: credentials.sessionToken,
      Expiration: credentials.expiration,
      Region: region,
      AccountId: credentials.accountId,
      AssumedRoleArn: credentials.assumedRoleArn,
    })}\n`,
});
