import type { AwsSection } from "./parse-aws-file.ts";

/** Each of them makes a profile a source of credentials. */
const sources: ReadonlySet<string> = new Set([
  "aws_access_key_id",
  "credential_process",
  "role_arn",
  "sso_session",
  "sso_start_url",
  "web_identity_token_file",
  "login_session",
]);

/** The first key of some sections that gives credentials. */
export function credentialSourceIn(sections: readonly AwsSection[]): string | undefined {
  return sections.flatMap(({ keys }) => keys).find(({ key, value }) => sources.has(key) && value !== "")?.key;
}
