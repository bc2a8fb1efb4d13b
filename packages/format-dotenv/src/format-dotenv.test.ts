import { failure, fakeFormatContext, formatContract, sampleCredentials } from "@tegata/testkit";
import { expect, test } from "vitest";
import { formatDotenv } from "./format-dotenv.ts";

formatContract(formatDotenv, { printsCredentials: true });

const render = async (secretAccessKey: string) =>
  formatDotenv.render({ ...sampleCredentials, sessionToken: "t", secretAccessKey }, {}, fakeFormatContext());

test("every line is there, without quotes where none are needed", async () => {
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
  "%j stands in single quotes, so that no reader gives it a meaning of its own",
  async (value) => {
    expect(await render(value)).toContain(`\nAWS_SECRET_ACCESS_KEY='${value}'\n`);
  },
);

test.each(["a'b", "a\\b", "a\nPATH=/tmp"])("%j is refused", async (value) => {
  await failure(render(value), "output_failed");
});
