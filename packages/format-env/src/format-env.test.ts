import { isTegataError, type AwsCredentials, type FormatContext } from "@tegata/core";
import { formatContract } from "@tegata/testkit";
import * as v from "valibot";
import { expect, test } from "vitest";
import { formatEnv } from "./format-env.ts";

formatContract(formatEnv, { printsCredentials: true });
formatContract(formatEnv, { options: { shell: "fish" }, printsCredentials: true });

const credentials: AwsCredentials = {
  accessKeyId: "ASIAEXAMPLE",
  secretAccessKey: "secret+/",
  sessionToken: "token+/==",
  expiration: "2026-01-01T01:00:00Z",
  accountId: "123456789012",
  assumedRoleArn: undefined,
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

async function render(
  options: Record<string, unknown>,
  changes: Partial<AwsCredentials> = {},
  region = "eu-central-1",
) {
  const parsed = v.parse(formatEnv.options, options);
  return formatEnv.render({ ...credentials, ...changes }, parsed, { ...context, region });
}

test("a statement is missing, lacks its semicolon, or a rival variable wins", async () => {
  expect(await render({})).toBe(`unset AWS_PROFILE;
unset AWS_DEFAULT_PROFILE;
unset AWS_SECURITY_TOKEN;
export AWS_ACCESS_KEY_ID='ASIAEXAMPLE';
export AWS_SECRET_ACCESS_KEY='secret+/';
export AWS_SESSION_TOKEN='token+/==';
export AWS_REGION='eu-central-1';
export AWS_DEFAULT_REGION='eu-central-1';
export AWS_CREDENTIAL_EXPIRATION='2026-01-01T01:00:00Z';
export AWS_ACCOUNT_ID='123456789012';
`);
});

test("fish is given statements of another shell", async () => {
  const output = await render({ shell: "fish" });
  expect(output).toMatch(/^set -e AWS_PROFILE;\n/);
  expect(output).toContain("\nset -gx AWS_SESSION_TOKEN 'token+/==';\n");
});

test("the account of an earlier role stays when this one has none", async () => {
  expect(await render({}, { accountId: undefined })).toMatch(/\nunset AWS_ACCOUNT_ID;\n$/);
});

test("--unset leaves a variable behind", async () => {
  const set = [...(await render({})).matchAll(/^export (\w+)=/gm)].map(([, name]) => name);
  const unset = formatEnv.renderUnset?.(v.parse(formatEnv.options, { shell: "zsh" })) ?? "";
  expect([...unset.matchAll(/^unset (\w+);$/gm)].map(([, name]) => name)).toEqual(set);
});

test("a value is cut at a NUL", async () => {
  const error: unknown = await render({}, {}, "eu\0central").catch((thrown: unknown) => thrown);
  expect(isTegataError(error) && error.code).toBe("output_failed");
});

test("an unknown shell is refused without a word about the known ones", () => {
  const { issues } = v.safeParse(formatEnv.options, { shell: "powershell" });
  expect(issues?.[0].message).toBe('"powershell" is not a shell that is known here (sh, bash, zsh, ksh, fish)');
});
