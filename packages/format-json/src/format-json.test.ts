import { toRenderedOutput } from "@tegata/core";
import { fakeFormatContext, formatContract, sampleCredentials } from "@tegata/testkit";
import * as v from "valibot";
import { expect, test } from "vitest";
import { formatJson } from "./format-json.ts";

formatContract(formatJson, { printsCredentials: true });

const render = async (changes = {}) =>
  toRenderedOutput(await formatJson.render({ ...sampleCredentials, ...changes }, {}, fakeFormatContext())).stdout;

test("the members are called as STS calls them", async () => {
  const output = await render();
  expect(output).toMatch(/^[^\n]+\n$/);
  expect(JSON.parse(output)).toEqual({
    AccessKeyId: sampleCredentials.accessKeyId,
    SecretAccessKey: sampleCredentials.secretAccessKey,
    SessionToken: sampleCredentials.sessionToken,
    Expiration: "2030-01-01T01:00:00Z",
    Region: "eu-central-1",
    AccountId: "123456789012",
    AssumedRoleArn: "arn:aws:sts::123456789012:assumed-role/Developer/ann@example.com",
  });
});

test("a member without a value is left out", async () => {
  const output = await render({ accountId: undefined, assumedRoleArn: undefined });
  expect(Object.keys(v.parse(v.record(v.string(), v.string()), JSON.parse(output)))).toEqual([
    "AccessKeyId",
    "SecretAccessKey",
    "SessionToken",
    "Expiration",
    "Region",
  ]);
});

test("a control character and a bidi mark are escaped", async () => {
  const assumedRoleArn = "arn:aws:sts::1:assumed-role/\u001b[31m\u202e";
  const output = await render({ assumedRoleArn });
  expect(output).toContain(String.raw`\u001b[31m\u202e`);
  expect(JSON.parse(output)).toMatchObject({ AssumedRoleArn: assumedRoleArn });
});
