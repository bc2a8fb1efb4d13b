import { toRenderedOutput } from "@tegata/core";
import { failure, fakeFormatContext, fakeMachine, formatContract, sampleCredentials } from "@tegata/testkit";
import { expect, test } from "vitest";
import { formatCircleciEnv } from "./format-circleci-env.ts";

const path = "/tmp/.bash_env-1";
const machineWith = (files: Readonly<Record<string, string>> = {}) =>
  fakeMachine({ variables: { CIRCLECI: "true", BASH_ENV: path }, files });

formatContract(formatCircleciEnv, { machine: machineWith, printsCredentials: false });

const render = async (machine: ReturnType<typeof fakeMachine>) =>
  toRenderedOutput(await formatCircleciEnv.render(sampleCredentials, {}, fakeFormatContext({ machine })));

test("the statements stand below what was there before", async () => {
  const machine = machineWith({ [path]: "export FOO=bar" });
  await (await render(machine)).afterwards?.();
  expect(machine.files.get(path)).toBe(`export FOO=bar
unset AWS_PROFILE;
unset AWS_DEFAULT_PROFILE;
unset AWS_SECURITY_TOKEN;
export AWS_ACCESS_KEY_ID='${sampleCredentials.accessKeyId}';
export AWS_SECRET_ACCESS_KEY='${sampleCredentials.secretAccessKey}';
export AWS_SESSION_TOKEN='${sampleCredentials.sessionToken}';
export AWS_REGION='eu-central-1';
export AWS_DEFAULT_REGION='eu-central-1';
export AWS_CREDENTIAL_EXPIRATION='2030-01-01T01:00:00Z';
export AWS_ACCOUNT_ID='123456789012';
`);
});

test("--unset brings back the region of the job's own", async () => {
  const job = { CIRCLECI: "true", BASH_ENV: path, AWS_REGION: "eu-west-1" };
  const machine = fakeMachine({ variables: job });
  await (await render(machine)).afterwards?.();
  expect(machine.files.get(path)).toContain("export TEGATA_BEFORE='AWS_REGION=eu-west-1';\n");
  const later = {
    ...job,
    AWS_REGION: "eu-central-1",
    AWS_CREDENTIAL_EXPIRATION: "2030-01-01T01:00:00Z",
    TEGATA_BEFORE: "AWS_REGION=eu-west-1",
  };
  for (const [variables, region] of [
    [job, undefined],
    [later, "export AWS_REGION='eu-west-1';"],
  ] as const) {
    const unsetting = fakeMachine({ variables });
    const output = await formatCircleciEnv.renderUnset?.({}, fakeFormatContext({ machine: unsetting }));
    await toRenderedOutput(output ?? "").afterwards?.();
    const statements = unsetting.files.get(path)?.split("\n") ?? [];
    expect(statements.filter((line) => line.includes("AWS_REGION"))).toEqual(region === undefined ? [] : [region]);
    expect(statements).toContain("unset AWS_DEFAULT_REGION;");
  }
});

test.each([
  ["CIRCLECI", { BASH_ENV: "/home/ann/.bashrc" }],
  ["BASH_ENV", { CIRCLECI: "true" }],
])("credentials are refused without %s, and no file is written", async (name, variables) => {
  const machine = fakeMachine({ variables });
  const { message } = await failure(render(machine), "settings_incomplete");
  expect(message).toBe(`${name} is not set, and this is for a step of CircleCI`);
  expect(machine.files.size).toBe(0);
});
