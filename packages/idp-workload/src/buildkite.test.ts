/// <reference types="node" />
import { startTokenServer, type TokenServer } from "@tegata/sandbox";
import { failure, fakeMachine, workloadContract } from "@tegata/testkit";
import { describe, expect, it } from "vitest";
import { requestFaults } from "../test/request-faults.ts";
import { placeUnderTest, startRun } from "../test/run.ts";
import { buildkite } from "./buildkite.ts";

const accessToken = "access-token-of-the-job";
const jobId = "b078e2d2-86e9-4c12-bf3b-612a8058d0a4";
const variables = (tokenServer: TokenServer, more: Readonly<Record<string, string>> = {}) => ({
  BUILDKITE: "true",
  BUILDKITE_AGENT_ENDPOINT: `${tokenServer.origin}/v3`,
  BUILDKITE_AGENT_ACCESS_TOKEN: accessToken,
  BUILDKITE_JOB_ID: jobId,
  ...more,
});
const answer = (token: string) => ({
  status: 201,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ token }),
});

workloadContract(buildkite, () =>
  placeUnderTest({
    machine: (tokenServer, job) => ({ variables: variables(tokenServer, { BUILDKITE_JOB_ID: job }) }),
    tokenIn: "nowhere",
    answer: (tokenServer) => async () => answer(await tokenServer.signToken()),
    secrets: [accessToken],
  }),
);

requestFaults(buildkite, {
  settings: (tokenServer) => ({ issuer: tokenServer.issuer }),
  machine: (tokenServer) => ({ variables: variables(tokenServer) }),
  answer,
  transient: [429, 500, 502, 503, 504],
  refusals: [
    { status: 401, body: `{"message":"Invalid access token"}`, said: "Invalid access token" },
    { status: 404, body: `{"message":"Not Found"}`, said: "Not Found" },
    { status: 422, body: `{"message":"Audience is invalid"}`, said: "Audience is invalid" },
  ],
  hint: /BUILDKITE_AGENT_ACCESS_TOKEN/,
  secrets: [accessToken],
});

describe("Buildkite", () => {
  it("is asked as its own agent asks", async () => {
    const tokenServer = await startTokenServer();
    try {
      tokenServer.respond = async () => answer(await tokenServer.signToken());
      const machine = fakeMachine({
        variables: variables(tokenServer, { BUILDKITE_AGENT_ENDPOINT: `${tokenServer.origin}/v3/` }),
      });
      await startRun(buildkite, { settings: { issuer: tokenServer.issuer }, machine }).signIn();
      const [request] = tokenServer.requests();
      expect([request?.method, request?.target, request?.body]).toEqual([
        "POST",
        `/v3/jobs/${jobId}/oidc/tokens`,
        `{"audience":"sts.amazonaws.com"}`,
      ]);
      expect(request?.headers).toMatchObject({
        authorization: `Token ${accessToken}`,
        "content-type": "application/json",
      });
    } finally {
      await tokenServer.close();
    }
  });

  it.each(["BUILDKITE_AGENT_ACCESS_TOKEN", "BUILDKITE_JOB_ID"])(
    "lacks %s in a container: the hint says what to pass on",
    async (name) => {
      const all = { BUILDKITE: "true", BUILDKITE_AGENT_ACCESS_TOKEN: accessToken, BUILDKITE_JOB_ID: jobId, [name]: "" };
      const error = await failure(
        startRun(buildkite, { machine: fakeMachine({ variables: all }) }).find(),
        "workload_token_missing",
      );
      expect(error.message).toContain(name);
      expect(error.hint).toContain("propagate-environment: true");
    },
  );
});
