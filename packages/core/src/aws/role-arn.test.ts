import * as v from "valibot";
import { expect, test } from "vitest";
import { needsExplicitStsEndpoint, roleArnSchema } from "./role-arn.ts";

function problemWith(value: unknown): string | undefined {
  return v.safeParse(roleArnSchema, value).issues?.[0].message;
}

test.each([
  ["arn:aws:iam::123456789012:role/Developer", "aws", "123456789012", "Developer"],
  ["arn:aws-cn:iam::123456789012:role/team/eu/Developer", "aws-cn", "123456789012", "Developer"],
  ["arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/A_b+=,.@-", "aws", "123456789012", "A_b+=,.@-"],
  ["arn:minio:iam:::role/dUMMYroLeArN", "minio", undefined, "dUMMYroLeArN"],
  ["arn:aws:iam:::role/ceph", "aws", undefined, "ceph"],
])("a role is read into its parts: %s", (arn, partition, accountId, roleName) => {
  const role = v.parse(roleArnSchema, arn);
  expect(role).toEqual({ arn, partition, accountId, roleName });
  expect(needsExplicitStsEndpoint(role)).toBe(accountId === undefined);
});

test.each([
  [7, /^is the number 7, not text/],
  ["", /is not an ARN/],
  ["Developer", /"Developer" is not an ARN: write the ARN of a role, like arn:aws:iam::123456789012:role\/Developer/],
  ["arn:aws:iam::123456789012:role/My Role", /has a space/],
  ["arn:aws:iam::123456789012:role/Developer\n", /has a space or a line break/],
  ["arn:aws:iam::<account>:role/Developer", /placeholder/],
  ["arn:aws:iam::${ACCOUNT}:role/Developer", /placeholder/],
  ["arn:aws:iam::ACCOUNT_ID:role/Developer", /has "ACCOUNT_ID" where the account's twelve digits belong/],
  ["arn:aws:iam::1234:role/Developer", /has "1234" where/],
  ["arn:aws-cn:iam:::role/Developer", /has "" where/],
  ["arn:aws:iam::123456789012:oidc-provider/t.auth0.com/", /is an identity provider: write the ARN of the role/],
  ["arn:aws:iam::123456789012:user/ann", /is a user/],
  ["arn:aws:iam::123456789012:instance-profile/web", /is an instance profile/],
  ["arn:aws:sts::123456789012:assumed-role/Developer/ann", /is a session of a role: write .*Developer/],
  ["arn:aws:s3:::bucket", /is not the ARN of a role/],
  ["arn:aws:iam::123456789012:root", /is not the ARN of a role/],
  ["arn:aws:iam::123456789012:role/", /no valid role name/],
  ["arn:aws:iam::123456789012:role//Developer", /no valid role name/],
  [`arn:aws:iam::123456789012:role/${"a".repeat(65)}`, /no valid role name/],
  ["arn:aws:iam::123456789012:role/Entwickler-ä", /no valid role name/],
  ["arn:aws:iam:eu-central-1:123456789012:role/Developer", /names a region/],
  ["arn:awz:iam::123456789012:role/Developer", /names the partition "awz"/],
])("%j is no role, and the error says why", (value, message) => {
  expect(problemWith(value)).toMatch(message);
});

test("an error about a role holds no control character", () => {
  expect(problemWith("arn\u001b[31m:x")).not.toContain("\u001b");
});
