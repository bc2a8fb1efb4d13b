import { failure, fakeFormatContext, formatContract, sampleCredentials } from "@tegata/testkit";
import { expect, test } from "vitest";
import { formatDotenv } from "./format-dotenv.ts";

formatContract(formatDotenv, { printsCredentials: true });

const render = async (secretAccessKey: string) =>
  formatDotenv.render({ ...sampleCredentials, sessionToken: "t", secretAccessKey }, {}, fakeFormatContext());

test("a line is missing, or quoted where a reader keeps the quotes", async () => {
  expect(await render("s+/=")).toBe(`AWS_ACCESS_KEY_ID=${sampleCredentials.accessKeyId}
AWS_SECRET_ACCESS_KEY=s+/=
AWS_SESSION_TOKEN=t
AWS_REGION=eu-central-1
AWS_DEFAULT_REGION=eu-central-1
AWS_CREDENTIAL_EXPIRATION=2030-01-01T01:00:00Z
AWS_ACCOUNT_ID=123456789012
`);
});

test.each(["a#b", "a b", "$HOME", "${HOME}", "$(id)", "`id`", 'a"b', " a "])(
  "a reader gives %j a meaning of its own",
  async (value) => {
    expect(await render(value)).toContain(`\nAWS_SECRET_ACCESS_KEY='${value}'\n`);
  },
);

test.each(["a'b", "a\\b", "a\nPATH=/tmp"])("%j ends the line and sets another variable", async (value) => {
  await failure(render(value), "output_failed");
});
