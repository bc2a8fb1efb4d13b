import { expect, it } from "vitest";
import { withoutSecrets } from "./secret-values.ts";

it("values of keys that hold secrets are not shown, over all their lines, and everything else is", () => {
  const text = `[default]
aws_access_key_id = AKIA
AWS_Secret_Access_Key=abc=def
aws_session_token : abc
  # a comment
  more=of it
region = x
[profile "a"]
web_identity_token_file = /token\r
x_password =`;
  expect(withoutSecrets(text)).toBe(`[default]
aws_access_key_id = AKIA
AWS_Secret_Access_Key=…
aws_session_token : …
  # a comment
  …
region = x
[profile "a"]
web_identity_token_file = /token\r
x_password =…`);
});
