import { toRenderedOutput, type AwsCredentials } from "@tegata/core";
import { failure, fakeFormatContext, fakeMachine, formatContract, sampleCredentials } from "@tegata/testkit";
import { expect, test } from "vitest";
import { formatAzureDevopsEnv } from "./format-azure-devops-env.ts";

const onAgent = (variables: Readonly<Record<string, string>> = {}) =>
  fakeMachine({ variables: { TF_BUILD: "True", ...variables } });

formatContract(formatAzureDevopsEnv, { machine: () => onAgent(), printsCredentials: true });

async function render(machine: ReturnType<typeof fakeMachine>, changes: Partial<AwsCredentials> = {}) {
  const credentials = { ...sampleCredentials, ...changes };
  return toRenderedOutput(await formatAzureDevopsEnv.render(credentials, {}, fakeFormatContext({ machine }))).stdout;
}

test("every secret is marked as one, and nothing else is", async () => {
  expect(await render(onAgent(), { secretAccessKey: "a%b;c]d", sessionToken: "t+/==" })).toBe(
    `##vso[task.setvariable variable=AWS_ACCESS_KEY_ID;issecret=true]${sampleCredentials.accessKeyId}
##vso[task.setvariable variable=AWS_SECRET_ACCESS_KEY;issecret=true]a%AZP25b;c]d
##vso[task.setvariable variable=AWS_SESSION_TOKEN;issecret=true]t+/==
##vso[task.setvariable variable=AWS_REGION]eu-central-1
##vso[task.setvariable variable=AWS_DEFAULT_REGION]eu-central-1
##vso[task.setvariable variable=AWS_CREDENTIAL_EXPIRATION]2030-01-01T01:00:00Z
##vso[task.setvariable variable=AWS_ACCOUNT_ID]123456789012
`,
  );
});

test("credentials are refused outside of Azure Pipelines", async () => {
  const { message } = await failure(render(fakeMachine()), "settings_incomplete");
  expect(message).toBe("TF_BUILD is not set, and this is for a step of Azure Pipelines");
});

test("a profile of the pipeline is refused, as it would win in a later step", async () => {
  await failure(render(onAgent({ AWS_DEFAULT_PROFILE: "other" })), "usage_invalid");
});

test("--unset empties every key, and leaves the region alone", async () => {
  const output = await formatAzureDevopsEnv.renderUnset?.({}, fakeFormatContext({ machine: onAgent() }));
  const { stdout } = toRenderedOutput(output ?? "");
  expect(stdout.match(/(?<=variable=)\w+(?=(;issecret=true)?\]$)/gm)).toEqual([
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_ACCOUNT_ID",
  ]);
});
