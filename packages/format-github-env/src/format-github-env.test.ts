import { toRenderedOutput, type AwsCredentials } from "@tegata/core";
import { failure, fakeFormatContext, fakeMachine, formatContract, sampleCredentials } from "@tegata/testkit";
import { expect, test } from "vitest";
import { formatGithubEnv } from "./format-github-env.ts";

const path = "/runner/_temp/set_env_1";
const machineWith = (text: string, variables: Readonly<Record<string, string>> = {}) =>
  fakeMachine({ variables: { GITHUB_ENV: path, ...variables }, files: { [path]: text } });

formatContract(formatGithubEnv, { machine: () => machineWith(""), printsCredentials: true });

async function render(machine: ReturnType<typeof fakeMachine>, changes: Partial<AwsCredentials> = {}) {
  const context = fakeFormatContext({ machine });
  return toRenderedOutput(await formatGithubEnv.render({ ...sampleCredentials, ...changes }, {}, context));
}

test("every secret is masked, and nothing but masks stands on stdout", async () => {
  const { stdout } = await render(machineWith(""), { secretAccessKey: "50%25" });
  expect(stdout).toBe(
    `::add-mask::${sampleCredentials.accessKeyId}\n::add-mask::50%2525\n::add-mask::${sampleCredentials.sessionToken}\n`,
  );
});

test("a value with a line break is refused", async () => {
  await failure(render(machineWith(""), { secretAccessKey: "a\n::stop-commands::x" }), "output_failed");
});

test("each delimiter is random, and used once", async () => {
  const machine = machineWith("");
  await (await render(machine)).afterwards?.();
  const delimiters = [...(machine.files.get(path) ?? "").matchAll(/<<(.+)$/gm)].map(([, delimiter]) => delimiter);
  expect(delimiters).toHaveLength(7);
  expect(new Set(delimiters).size).toBe(7);
  expect(delimiters.every((delimiter) => /^tegata_[0-9a-f-]{36}$/.test(delimiter ?? ""))).toBe(true);
});

test("the first variable begins on a line of its own", async () => {
  const machine = machineWith("FOO=bar");
  await (await render(machine)).afterwards?.();
  expect(machine.files.get(path)).toMatch(/^FOO=bar\nAWS_ACCESS_KEY_ID<<tegata_/);
});

test("credentials are refused outside of GitHub Actions", async () => {
  const { message } = await failure(render(fakeMachine()), "settings_incomplete");
  expect(message).toBe("GITHUB_ENV is not set, and this is for a step of GitHub Actions");
});

test("a file that no runner has made is refused, and not made", async () => {
  const machine = fakeMachine({ variables: { GITHUB_ENV: "/gone/set\u001b[31m_env" } });
  const { message } = await failure(render(machine), "file_unwritable");
  expect(message).toBe('GITHUB_ENV names "/gone/set\\u001b[31m_env", and there is no such file');
  expect(machine.files.size).toBe(0);
});

test("a profile of the workflow is refused, as it would win in a later step", async () => {
  const machine = machineWith("", { AWS_PROFILE: "other" });
  await failure(render(machine), "usage_invalid");
});

test("--unset empties every key, and leaves the region alone", async () => {
  const machine = machineWith("");
  const output = await formatGithubEnv.renderUnset?.({}, fakeFormatContext({ machine }));
  await toRenderedOutput(output ?? "").afterwards?.();
  const names = [...(machine.files.get(path) ?? "").matchAll(/^(\w+)<<(.+)\n\n\2$/gm)].map(([, name]) => name);
  expect(names).toEqual([
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_ACCOUNT_ID",
  ]);
});
