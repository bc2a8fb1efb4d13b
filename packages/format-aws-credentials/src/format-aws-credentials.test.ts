import { type FormatContext, inWords, plainVocabulary, toRenderedOutput } from "@tegata/core";
import { failure, fakeFormatContext, fakeMachine, formatContract, sampleCredentials } from "@tegata/testkit";
import * as v from "valibot";
import { expect, test } from "vitest";
import { formatAwsCredentials } from "./format-aws-credentials.ts";

const path = "/home/ann/.aws/credentials";
const machineOf = (variables: Readonly<Record<string, string>> = { HOME: "/home/ann" }, platform = "linux") =>
  fakeMachine({ variables, platform });

formatContract(formatAwsCredentials, { machine: () => machineOf(), printsCredentials: false });

async function write(
  machine: ReturnType<typeof fakeMachine>,
  options: Readonly<Record<string, unknown>> = {},
  changes: Partial<FormatContext> = {},
) {
  const told: string[] = [];
  const parsed = v.parse(formatAwsCredentials.options, options);
  const context = fakeFormatContext({ machine, tell: (line) => told.push(inWords(line, plainVocabulary)), ...changes });
  const { stdout, afterwards } = toRenderedOutput(
    await formatAwsCredentials.render(sampleCredentials, parsed, context),
  );
  await afterwards?.();
  return { stdout, told };
}

test("the person is told where the keys are and how long they last, and nothing of them", async () => {
  const machine = machineOf();
  const { stdout, told } = await write(machine);
  expect(stdout).toBe("");
  expect(told).toEqual([`profile dev in ${path} is good until 2030-01-01T01:00:00Z`]);
  expect(machine.files.get(path)).toContain(`[dev]\naws_access_key_id = ${sampleCredentials.accessKeyId}\n`);
});

test("the profile is called as was said, else as tegata's own, else default", async () => {
  const machine = machineOf();
  await write(machine, { aws_profile: "team/dev@eu" });
  await write(machine);
  const none = machineOf();
  await write(none, {}, { profile: undefined });
  expect(machine.files.get(path)?.match(/^\[.*$/gm)).toEqual(["[team/dev@eu]", "[dev]"]);
  expect(none.files.get(path)?.match(/^\[.*$/gm)).toEqual(["[default]"]);
});

test.each(["a b", "a]", "[x", "dév", "", "DEFAULT", "a\n[b"])(
  "a profile that SDKs do not find is refused: %j",
  async (name) => {
    expect(v.is(formatAwsCredentials.options, { aws_profile: name })).toBe(false);
    const machine = machineOf();
    const { hint } = await failure(write(machine, {}, { profile: name }), "usage_invalid");
    expect(hint).toBe("--aws-profile NAME");
    expect(machine.files.size).toBe(0);
  },
);

test("the file is the one that the SDKs read", async () => {
  const named = machineOf({ HOME: "/home/ann", AWS_SHARED_CREDENTIALS_FILE: "/srv/keys" });
  await write(named);
  const windows = machineOf({ USERPROFILE: "C:\\Users\\ann", HOME: "/home/ann" }, "win32");
  await write(windows);
  expect([...named.files.keys()]).toEqual(["/srv/keys"]);
  expect([...windows.files.keys()]).toEqual(["C:\\Users\\ann/.aws/credentials"]);
});

test.each(["~/keys", "$HOME/keys"])("a file that only some SDKs find is refused: %s", async (named) => {
  await failure(write(machineOf({ HOME: "/h", AWS_SHARED_CREDENTIALS_FILE: named })), "usage_invalid");
});

test("a machine without a home folder is refused", async () => {
  await failure(write(machineOf({})), "settings_incomplete");
});

test("--unset removes its own profile alone, and makes no file", async () => {
  const machine = machineOf();
  await write(machine, {}, { profile: "other" });
  const before = machine.files.get(path);
  await write(machine);
  const told: string[] = [];
  const takeBack = async () => {
    const options = v.parse(formatAwsCredentials.options, {});
    const context = fakeFormatContext({ machine, tell: (line) => told.push(inWords(line, plainVocabulary)) });
    const output = await formatAwsCredentials.renderUnset?.(options, context);
    await toRenderedOutput(output ?? "").afterwards?.();
  };
  await takeBack();
  expect(machine.files.get(path)).toBe(before);
  expect(told).toEqual([]);
  await takeBack();
  expect(told).toEqual([`nothing is removed: tegata wrote no profile dev into ${path}`]);
  machine.files.clear();
  await takeBack();
  expect(machine.files.size).toBe(0);
});
