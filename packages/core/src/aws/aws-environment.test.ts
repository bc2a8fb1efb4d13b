import { failure, fakeMachine, sampleCredentials } from "@tegata/testkit";
import { expect, test } from "vitest";
import { awsEnvironment, awsVariables } from "./aws-environment.ts";
import { stepEnvironment, stepEnvironmentUnset } from "../plugin/step-environment.ts";

test("each variable gets its own value, and the account is undefined where it is unknown", () => {
  expect(awsEnvironment({ ...sampleCredentials, accountId: undefined }, "eu-central-1")).toEqual({
    AWS_ACCESS_KEY_ID: sampleCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: sampleCredentials.secretAccessKey,
    AWS_SESSION_TOKEN: sampleCredentials.sessionToken,
    AWS_REGION: "eu-central-1",
    AWS_DEFAULT_REGION: "eu-central-1",
    AWS_CREDENTIAL_EXPIRATION: "2030-01-01T01:00:00Z",
    AWS_ACCOUNT_ID: undefined,
  });
  expect(Object.keys(awsEnvironment(sampleCredentials, "eu-central-1"))).toEqual(awsVariables);
});

test.each(["eu\0central", "eu\ncentral", "eu\rcentral", "\u001b[31m", "\u0085"])(
  "a value with a control character is refused: %j",
  async (region) => {
    const { message } = await failure(
      Promise.resolve().then(() => awsEnvironment(sampleCredentials, region)),
      "output_failed",
    );
    expect(message).toBe("the value of AWS_REGION holds a control character");
  },
);

test("a step's environment empties the session token and the account that another tool has set", () => {
  const stale = fakeMachine({ variables: { AWS_SECURITY_TOKEN: "old", AWS_ACCOUNT_ID: "210987654321" } });
  const credentials = { ...sampleCredentials, accountId: undefined };
  const variables = stepEnvironment(credentials, "eu-central-1", stale);
  expect(variables.get("AWS_SECURITY_TOKEN")).toBe("");
  expect(variables.get("AWS_ACCOUNT_ID")).toBe("");
});

test("a step's environment has no account where none is known and none was set", () => {
  const variables = stepEnvironment({ ...sampleCredentials, accountId: undefined }, "eu-central-1", fakeMachine());
  expect([...variables.keys()]).toEqual(awsVariables.slice(0, -1));
});

test.each(["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])("a step's environment is refused while %s is set", async (name) => {
  const machine = fakeMachine({ variables: { [name]: "other" } });
  const { message, hint } = await failure(
    Promise.resolve().then(() => stepEnvironment(sampleCredentials, "eu-central-1", machine)),
    "usage_invalid",
  );
  expect(message).toContain(`${name} is set`);
  expect(hint).toContain(`remove ${name}`);
});

test("the environment that unsets empties the keys and leaves the region alone", () => {
  expect(Object.fromEntries(stepEnvironmentUnset)).toEqual({
    AWS_ACCESS_KEY_ID: "",
    AWS_SECRET_ACCESS_KEY: "",
    AWS_SESSION_TOKEN: "",
    AWS_CREDENTIAL_EXPIRATION: "",
    AWS_ACCOUNT_ID: "",
  });
});
