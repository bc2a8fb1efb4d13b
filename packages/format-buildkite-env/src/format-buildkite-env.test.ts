import { toRenderedOutput, type ProcessResult } from "@tegata/core";
import { failure, fakeFormatContext, fakeMachine, formatContract, sampleCredentials } from "@tegata/testkit";
import { expect, test } from "vitest";
import { formatBuildkiteEnv } from "./format-buildkite-env.ts";

const done: ProcessResult = { status: 0, stdout: "", stderr: "" };
const withAgent = (result: ProcessResult = done) =>
  fakeMachine({ variables: { BUILDKITE: "true" }, run: () => result });

formatContract(formatBuildkiteEnv, { machine: () => withAgent(), printsCredentials: true });

const render = async (machine: ReturnType<typeof fakeMachine>) =>
  toRenderedOutput(await formatBuildkiteEnv.render(sampleCredentials, {}, fakeFormatContext({ machine }))).stdout;

test("the redactor gets every secret, on its stdin", async () => {
  const machine = withAgent();
  expect(await render(machine)).toMatch(/^unset AWS_PROFILE;\n[^]*\nexport AWS_ACCESS_KEY_ID='ASIA/);
  expect(machine.runs).toHaveLength(1);
  expect(machine.runs[0]?.command).toEqual(["buildkite-agent", "redactor", "add", "--format", "json"]);
  expect(JSON.parse(machine.runs[0]?.input ?? "")).toEqual({
    AWS_ACCESS_KEY_ID: sampleCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: sampleCredentials.secretAccessKey,
    AWS_SESSION_TOKEN: sampleCredentials.sessionToken,
  });
});

test("credentials are refused where nothing redacts them", async () => {
  await failure(render(fakeMachine({ variables: { BUILDKITE: "true" } })), "process_failed");
  const stderr = "2026-01-01 INFO starting\nfatal: failed to create Job API client: \u001b[31mno socket\n";
  const { message } = await failure(render(withAgent({ status: 1, stdout: "", stderr })), "process_failed");
  expect(message).toBe(
    "buildkite-agent redactor add ended with 1: fatal: failed to create Job API client: [31mno socket",
  );
  const killed = await failure(render(withAgent({ ...done, status: undefined })), "process_failed");
  expect(killed.message).toBe("buildkite-agent redactor add was killed");
});

test("an error holds no secret that the agent repeats on stderr", async () => {
  const stderr = `debug: read ${sampleCredentials.secretAccessKey}\nfatal: no\n`;
  const { message } = await failure(render(withAgent({ status: 1, stdout: "", stderr })), "process_failed");
  expect(message).toBe("buildkite-agent redactor add ended with 1");
});

test("credentials are refused outside of Buildkite, and no agent is run", async () => {
  const machine = fakeMachine({ run: () => done });
  await failure(render(machine), "settings_incomplete");
  expect(machine.runs).toEqual([]);
});
