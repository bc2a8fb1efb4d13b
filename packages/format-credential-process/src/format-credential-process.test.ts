import { type AwsCredentials, isTegataError, toRenderedOutput } from "@tegata/core";
import { fakeFormatContext, formatContract } from "@tegata/testkit";
import { expect, test } from "vitest";
import { formatCredentialProcess } from "./format-credential-process.ts";

formatContract(formatCredentialProcess, { printsCredentials: true });

const credentials = {
  accessKeyId: "ASIAEXAMPLE",
  secretAccessKey: "secret+/",
  sessionToken: "token+/==",
  expiration: "2026-01-01T01:00:00Z",
  accountId: "123456789012",
  assumedRoleArn: "arn:aws:sts::123456789012:assumed-role/Developer/ann",
};

async function render(changes: Partial<AwsCredentials> = {}) {
  const output = await formatCredentialProcess.render({ ...credentials, ...changes }, {}, fakeFormatContext());
  return toRenderedOutput(output).stdout;
}

test("the output has every member that SDKs read, in order", async () => {
  expect(await render()).toBe(
    '{"Version":1,"AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"secret+/","SessionToken":"token+/==","Expiration":"2026-01-01T01:00:00Z","AccountId":"123456789012"}\n',
  );
});

test("an unknown account is left out", async () => {
  const output = await render({ accountId: undefined });
  expect(output).not.toContain("AccountId");
});

test("the output is one line of printable ASCII", async () => {
  const sessionToken = "a\nb\u001b[2J\u202e\u2028\u{e0041}";
  const output = await render({ sessionToken });
  expect(output).toMatch(/^[\x20-\x7e]+\n$/);
  expect(JSON.parse(output)).toMatchObject({ SessionToken: sessionToken });
});

const withToken = (length: number) => render({ sessionToken: "x".repeat(length) });

test("an output longer than the Java SDK reads is refused, without a secret in the error", async () => {
  const overhead = (await withToken(0)).length;
  expect(await withToken(63_999 - overhead)).toHaveLength(63_999);
  const error: unknown = await withToken(64_000 - overhead).catch((thrown: unknown) => thrown);
  expect(isTegataError(error) && error.code).toBe("output_failed");
  expect(String(error)).not.toContain("xxx");
});
