import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isTegataError } from "@tegata/core";
import { afterEach, beforeEach, expect, it } from "vitest";
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
  ["config", "[default]\nregion = eu-west-1\ncredential_process = /bin/x\n", "credential_process"],
  ["config", "[profile other]\nregion = x\n[profile  default]\nsso_session = acme\n", "sso_session"],
])("keys in the default profile of %s outrank the endpoint, and nobody says so: %j", async (name, text, key) => {
  const path = join(home, ".aws", name);
  await writeFile(path, text);
  expect(refusal()).toContain(`settings_invalid: the default profile in ${path} has ${key}, which`);
});

it.each([
  ["no file", "", ""],
  ["another profile", "[dev]\naws_access_key_id = AKIA\n", "[profile dev]\ncredential_process = x\n"],
  ["a section that only looks like it", "[profile default]\naws_access_key_id = A\n", "[default2]\nrole_arn = x\n"],
  ["a default profile without credentials", "", "[default]\nregion = eu-west-1\ns3 =\n  credential_process = x\n"],
  ["a comment", "[default]\n# aws_access_key_id = AKIA\n", "[default]\n;role_arn = x\n"],
])("%s stands in the way of --refresh", async (_what, credentials, config) => {
  await writeFile(join(home, ".aws/credentials"), credentials);
  await writeFile(join(home, ".aws/config"), config);
  expect(refusal()).toBeUndefined();
});

it("a file that a variable names is not looked at, or the usual one although a variable names another", async () => {
  await writeFile(join(home, "mine"), "[default]\naws_access_key_id = AKIA\n");
  expect(refusal({ AWS_SHARED_CREDENTIALS_FILE: "~/mine" })).toContain(join(home, "mine"));
  await writeFile(join(home, ".aws/credentials"), "[default]\naws_access_key_id = AKIA\n");
  expect(refusal({ AWS_SHARED_CREDENTIALS_FILE: "/dev/null" })).toBeUndefined();
  expect(refusal()).toContain("AWS_SHARED_CREDENTIALS_FILE=/dev/null");
});
