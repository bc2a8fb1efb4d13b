import { isTegataError, type FormatContext } from "@tegata/core";
import { formatContract } from "@tegata/testkit";
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

const context: FormatContext = {
  region: "eu-central-1",
  federationEndpoint: undefined,
  ports: {
    fetch: () => Promise.reject(new Error("no network")),
    clock: { now: () => 0, monotonic: () => 0, sleep: async () => undefined },
    random: () => 0,
    signal: new AbortController().signal,
    log: () => undefined,
  },
};

test("an SDK finds a member missing, misspelt or out of order", async () => {
  expect(await formatCredentialProcess.render(credentials, {}, context)).toBe(
    '{"Version":1,"AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"secret+/","SessionToken":"token+/==","Expiration":"2026-01-01T01:00:00Z","AccountId":"123456789012"}\n',
  );
});

test("an unknown account is printed as null or as nothing", async () => {
  const answer = await formatCredentialProcess.render({ ...credentials, accountId: undefined }, {}, context);
  expect(answer).not.toContain("AccountId");
});

test("the answer is more than one line, or shows characters that change the terminal", async () => {
  const sessionToken = "a\nb\u001b[2J\u202e\u2028\u{e0041}";
  const answer = await formatCredentialProcess.render({ ...credentials, sessionToken }, {}, context);
  expect(answer).toMatch(/^[\x20-\x7e]+\n$/);
  expect(JSON.parse(answer)).toMatchObject({ SessionToken: sessionToken });
});

async function render(length: number) {
  return formatCredentialProcess.render({ ...credentials, sessionToken: "x".repeat(length) }, {}, context);
}

test("the answer is longer than the Java SDK reads", async () => {
  const overhead = (await render(0)).length;
  expect(await render(63_999 - overhead)).toHaveLength(63_999);
  const error: unknown = await render(64_000 - overhead).catch((thrown: unknown) => thrown);
  expect(isTegataError(error) && error.code).toBe("output_failed");
  expect(String(error)).not.toContain("xxx");
});
