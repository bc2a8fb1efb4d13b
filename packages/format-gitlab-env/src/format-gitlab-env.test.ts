import { toRenderedOutput, type AwsCredentials } from "@tegata/core";
import { failure, fakeFormatContext, fakeMachine, formatContract, sampleCredentials } from "@tegata/testkit";
import * as v from "valibot";
import { expect, test } from "vitest";
import { formatGitlabEnv } from "./format-gitlab-env.ts";

const accepted = { expose_credentials_in_artifact: true };
formatContract(formatGitlabEnv, { options: accepted, printsCredentials: false });

async function write(
  machine: ReturnType<typeof fakeMachine>,
  options: Readonly<Record<string, unknown>> = accepted,
  changes: Partial<AwsCredentials> = {},
) {
  const parsed = v.parse(formatGitlabEnv.options, options);
  const context = fakeFormatContext({ machine });
  const output = await formatGitlabEnv.render({ ...sampleCredentials, ...changes }, parsed, context);
  await toRenderedOutput(output).afterwards?.();
}

async function takeBack(machine: ReturnType<typeof fakeMachine>) {
  const options = v.parse(formatGitlabEnv.options, {});
  const output = await formatGitlabEnv.renderUnset?.(options, fakeFormatContext({ machine }));
  await toRenderedOutput(output ?? "").afterwards?.();
}

const report = `AWS_ACCESS_KEY_ID=${sampleCredentials.accessKeyId}
AWS_SECRET_ACCESS_KEY=${sampleCredentials.secretAccessKey}
AWS_SESSION_TOKEN=${sampleCredentials.sessionToken}
AWS_REGION=eu-central-1
AWS_DEFAULT_REGION=eu-central-1
AWS_CREDENTIAL_EXPIRATION=2030-01-01T01:00:00Z
AWS_ACCOUNT_ID=123456789012
`;

test("credentials go into an artifact with consent only", async () => {
  const machine = fakeMachine();
  const { hint } = await failure(write(machine, {}), "usage_invalid");
  expect(hint).toContain("--expose-credentials-in-artifact");
  expect(machine.files.size).toBe(0);
});

test("a report holds what GitLab reads, and nothing else", async () => {
  const machine = fakeMachine();
  await write(machine);
  expect(machine.files.get("tegata.env")).toBe(report);
});

test("a variable of the job's own stays, on a line of its own, and an old one of tegata's is replaced", async () => {
  const machine = fakeMachine({ files: { "build.env": "VERSION=1.2\nAWS_REGION=old\nURL=https://x/?a=b" } });
  await write(machine, { ...accepted, report_file: "build.env" });
  expect(machine.files.get("build.env")).toBe(`VERSION=1.2\nURL=https://x/?a=b\n${report}`);
});

test("a region of the job's own stays where nobody has chosen another, and after --unset", async () => {
  const own = "AWS_REGION=eu-west-1\nVERSION=1.2\n";
  const machine = fakeMachine({ files: { "tegata.env": own } });
  const context = fakeFormatContext({ machine, region: undefined });
  const options = v.parse(formatGitlabEnv.options, accepted);
  await toRenderedOutput(await formatGitlabEnv.render(sampleCredentials, options, context)).afterwards?.();
  expect(machine.files.get("tegata.env")).toMatch(/^AWS_REGION=eu-west-1\nVERSION=1\.2\nAWS_ACCESS_KEY_ID=/);
  await takeBack(machine);
  expect(machine.files.get("tegata.env")).toBe(own);
});

test("a second run replaces the variables of the first", async () => {
  const machine = fakeMachine();
  await write(machine);
  await write(machine);
  expect(machine.files.get("tegata.env")).toBe(report);
});

test("--unset removes every key from the report, and makes none", async () => {
  const machine = fakeMachine({ files: { "tegata.env": "VERSION=1.2\n" } });
  await write(machine);
  await takeBack(machine);
  expect(machine.files.get("tegata.env")).toBe("VERSION=1.2\n");
  const empty = fakeMachine();
  await takeBack(empty);
  expect(empty.files.size).toBe(0);
});

test.each(["a b", "a$b", 'a"b', "a'b", "a\\b", "ä"])(
  "a value that GitLab would change is refused: %j",
  async (secretAccessKey) => {
    const machine = fakeMachine();
    await failure(write(machine, accepted, { secretAccessKey }), "output_failed");
    expect(machine.files.size).toBe(0);
  },
);

test("a report that is too large for GitLab is refused", async () => {
  const machine = fakeMachine();
  const { message } = await failure(write(machine, accepted, { sessionToken: "x".repeat(5000) }), "output_failed");
  expect(message).toMatch(/^tegata\.env would have 5\d\d\d bytes, and GitLab takes dotenv reports below 5120$/);
  expect(machine.files.size).toBe(0);
});
