/// <reference types="node" />
import { startTokenServer } from "@tegata/sandbox";
import { failure, fakeMachine, workloadContract } from "@tegata/testkit";
import { describe, expect, it } from "vitest";
import { carriedFaults } from "../test/carried-faults.ts";
import { placeUnderTest, startRun } from "../test/run.ts";
import { bitbucket } from "./bitbucket.ts";

workloadContract(bitbucket, () =>
  placeUnderTest({
    machine: (_tokenServer, job, token) => ({
      variables: { BITBUCKET_BUILD_NUMBER: "7", BITBUCKET_STEP_UUID: `{${job}}`, BITBUCKET_STEP_OIDC_TOKEN: token },
    }),
    tokenIn: "variable",
  }),
);

carriedFaults(bitbucket, {
  machine: (token) => ({ variables: { BITBUCKET_BUILD_NUMBER: "7", BITBUCKET_STEP_OIDC_TOKEN: token } }),
});

describe("Bitbucket Pipelines", () => {
  it("has no token: the hint says how the step gets one", async () => {
    const machine = fakeMachine({ variables: { BITBUCKET_BUILD_NUMBER: "7" } });
    const error = await failure(startRun(bitbucket, { machine }).find(), "workload_token_missing");
    expect(error.hint).toBe("add oidc: true to the step");
  });

  it.each([
    ["https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc", true],
    ["https://api.bitbucket.org/2.0/workspaces/acme/other", false],
    ["https://evil.example.com/2.0/workspaces/acme/pipelines-config/identity/oidc", false],
  ])("accepts the issuer %s: %s", async (iss, isTaken) => {
    const tokenServer = await startTokenServer();
    try {
      const machine = fakeMachine({
        variables: { BITBUCKET_BUILD_NUMBER: "7", BITBUCKET_STEP_OIDC_TOKEN: await tokenServer.signToken({ iss }) },
      });
      const routes = { [new URL(iss).origin]: "http://127.0.0.1:9" };
      const outcome: unknown = await startRun(bitbucket, { machine, routes })
        .signIn()
        .catch((thrown: unknown) => thrown);
      expect(outcome).toMatchObject(isTaken ? { idToken: { claims: { iss } } } : { code: "id_token_invalid" });
    } finally {
      await tokenServer.close();
    }
  });
});
