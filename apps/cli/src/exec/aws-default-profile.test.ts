import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isTegataError } from "@tegata/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { refuseDefaultProfile } from "./aws-default-profile.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "tegata-default-profile-"));
  await mkdir(join(home, ".aws"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

function refusal(env: Readonly<Record<string, string>> = {}): string | undefined {
  try {
    refuseDefaultProfile({ env, home, platform: "linux" });
    return undefined;
  } catch (error) {
    return isTegataError(error) ? `${error.code}: ${error.message}; ${error.hint}` : String(error);
  }
}

it.each([
  ["credentials", "[default]\naws_access_key_id = AKIA\naws_secret_access_key = x\n", "aws_access_key_id"],
  ["credentials", "# mine\r\n[ default ]\r\nAWS_ACCESS_KEY_ID=AKIA\r\n", "aws_access_key_id"],
  // Each of these is seen by one SDK at least.
  ["credentials", "[default]\n  aws_access_key_id = AKIA\n  aws_secret_access_key = x\n", "aws_access_key_id"],
  ["credentials", "  [default]\n\taws_access_key_id = AKIA\n", "aws_access_key_id"],
  ["credentials", "\ufeff[default]\naws_access_key_id = AKIA\n", "aws_access_key_id"],
  ["credentials", "[profile default]\naws_access_key_id = AKIA\n", "aws_access_key_id"],
  ["credentials", "[default]\nregion = x\n[other]\n[default]\naws_access_key_id = AKIA\n", "aws_access_key_id"],
  ["credentials", "[DEFAULT]\naws_access_key_id = AKIA\n[default]\n", "aws_access_key_id"],
  ["credentials", "# caf\u00e9\n[default]\raws_access_key_id : AKIA # mine\r", "aws_access_key_id"],
  ["config", '[profile "default"]\nsso_session = acme\n', "sso_session"],
  ["config", "[profile 'default']\n  role_arn = acme\n", "role_arn"],
  [
    "config",
    "[profile default]\nregion = x\n[default]\nregion = y\n  output = z\nlogin_session = acme\n",
    "login_session",
  ],
  ["config", "[default]\nregion = eu-west-1\ncredential_process = /bin/x\n", "credential_process"],
  ["config", "[profile other]\nregion = x\n[profile  default]\nsso_session = acme\n", "sso_session"],
])("keys in the default profile of %s, which outrank the endpoint, are refused: %j", async (name, text, key) => {
  const path = join(home, ".aws", name);
  await writeFile(path, text);
  expect(refusal()).toContain(`settings_invalid: the default profile in ${path} has ${key}, which`);
});

it.each([
  ["no file", "", ""],
  ["another profile", "[dev]\naws_access_key_id = AKIA\n", "[profile dev]\ncredential_process = x\n"],
  ["a section that only looks like it", "[defaults]\naws_access_key_id = A\n", "[default2]\nrole_arn = x\n"],
  ["a key without a value", "[default]\naws_access_key_id =\n", ""],
  ["what belongs to the line above", "", "[default]\nregion = x\n  role_arn = y\n"],
  ["a default profile without credentials", "", "[default]\nregion = eu-west-1\ns3 =\n  credential_process = x\n"],
  ["a comment", "[default]\n# aws_access_key_id = AKIA\n", "[default]\n;role_arn = x\n"],
])("%s does not stand in the way of --refresh", async (_what, credentials, config) => {
  await writeFile(join(home, ".aws/credentials"), credentials);
  await writeFile(join(home, ".aws/config"), config);
  expect(refusal()).toBeUndefined();
});

it("the file that a variable names is looked at, and the usual one where none does", async () => {
  await writeFile(join(home, "mine"), "[default]\naws_access_key_id = AKIA\n");
  expect(refusal({ AWS_SHARED_CREDENTIALS_FILE: "~/mine" })).toContain(join(home, "mine"));
  await writeFile(join(home, ".aws/credentials"), "[default]\naws_access_key_id = AKIA\n");
  expect(refusal({ AWS_SHARED_CREDENTIALS_FILE: "/dev/null" })).toBeUndefined();
  expect(refusal()).toContain("AWS_SHARED_CREDENTIALS_FILE=/dev/null");
});

describe("a variable that names no file", () => {
  it.each([
    ["credentials", "AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/file"],
    ["credentials", "AWS_SHARED_CREDENTIALS_FILE", "~/nonexistent"],
    ["credentials", "AWS_SHARED_CREDENTIALS_FILE", "~/empty"],
    ["config", "AWS_CONFIG_FILE", "/nonexistent/file"],
    ["config", "AWS_CONFIG_FILE", "~/empty"],
  ])("does not keep the SDK for .NET from the usual %s: %s=%s", async (name, variable, value) => {
    await writeFile(join(home, "empty"), "");
    await writeFile(join(home, ".aws", name), "[default]\naws_access_key_id = AKIA\n");
    expect(refusal({ [variable]: value })).toContain(`${join(home, ".aws", name)} has aws_access_key_id`);
    expect(refusal({ [variable]: "/dev/null" })).toBeUndefined();
    expect(refusal({ [variable]: join(home, "empty") })).toBeUndefined();
  });

  it.skipIf(process.platform === "win32")("is not waited for when it names a pipe", () => {
    const pipe = join(home, "pipe");
    spawnSync("mkfifo", [pipe]);
    expect(refusal({ AWS_CONFIG_FILE: pipe, AWS_SHARED_CREDENTIALS_FILE: pipe })).toBeUndefined();
  });
});
