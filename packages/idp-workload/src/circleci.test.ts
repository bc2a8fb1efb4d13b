/// <reference types="node" />
import { startTokenServer, type TokenServer } from "@tegata/sandbox";
import { expectNoSecret, failure, type FakeMachine, fakeMachine, workloadContract } from "@tegata/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { carriedFaults } from "../test/carried-faults.ts";
import { placeUnderTest, startRun } from "../test/run.ts";
import { circleci } from "./circleci.ts";

workloadContract(circleci, () =>
  placeUnderTest({
    machine: (_tokenServer, job, token) => ({
      variables: { CIRCLECI: "true", CIRCLE_WORKFLOW_JOB_ID: job, CIRCLE_OIDC_TOKEN_V2: token },
    }),
    tokenIn: "variable",
  }),
);

carriedFaults(circleci, {
  machine: (token) => ({
    variables: { CIRCLECI: "true", CIRCLE_OIDC_TOKEN_V2: token },
    // Asked for the audience that the variable's token lacks, it gives the same again.
    run: () => ({ status: 0, stdout: `${token}\n`, stderr: "" }),
  }),
});

describe("CircleCI", () => {
  let tokenServer: TokenServer;
  beforeAll(async () => {
    tokenServer = await startTokenServer({ audience: "0d8b1a4e-org" });
  });
  afterAll(() => tokenServer.close());
  const settings = () => ({ issuer: tokenServer.issuer });
  const subjectOf = async (
    variables: Readonly<Record<string, string>>,
    more: Readonly<Record<string, string>> = {},
  ) => {
    const machine = fakeMachine({ variables: { CIRCLECI: "true", ...variables } });
    return (await startRun(circleci, { settings: { ...settings(), ...more }, machine }).signIn()).idToken.claims.sub;
  };

  it("takes the newer token, unless the older one is named", async () => {
    const CIRCLE_OIDC_TOKEN = await tokenServer.signToken({ sub: "v1" });
    const CIRCLE_OIDC_TOKEN_V2 = await tokenServer.signToken({ sub: "v2" });
    expect(await subjectOf({ CIRCLE_OIDC_TOKEN, CIRCLE_OIDC_TOKEN_V2 })).toBe("v2");
    expect(await subjectOf({ CIRCLE_OIDC_TOKEN })).toBe("v1");
    const named = { token_variable: "CIRCLE_OIDC_TOKEN" };
    expect(await subjectOf({ CIRCLE_OIDC_TOKEN, CIRCLE_OIDC_TOKEN_V2 }, named)).toBe("v1");
  });

  it("takes of two tokens the one whose audience is named", async () => {
    const CIRCLE_OIDC_TOKEN = await tokenServer.signToken({ sub: "v1", aud: "sts.amazonaws.com" });
    const CIRCLE_OIDC_TOKEN_V2 = await tokenServer.signToken({ sub: "v2" });
    const named = { audience: "sts.amazonaws.com" };
    expect(await subjectOf({ CIRCLE_OIDC_TOKEN, CIRCLE_OIDC_TOKEN_V2 }, named)).toBe("v1");
  });

  it("has no token for the build of a fork: the hint says why", async () => {
    const machine = fakeMachine({ variables: { CIRCLECI: "true" } });
    const error = await failure(startRun(circleci, { machine }).find(), "workload_token_missing");
    expect(error.message).toContain("CIRCLE_OIDC_TOKEN_V2 or CIRCLE_OIDC_TOKEN");
    expect(error.hint).toContain("Pass secrets to builds from forked pull requests");
  });

  it("runs its command for another audience, each time for a new token", async () => {
    const machine = fakeMachine({
      variables: { CIRCLECI: "true", CIRCLE_OIDC_TOKEN_V2: await tokenServer.signToken() },
      run: async () => ({
        status: 0,
        stdout: `${await tokenServer.signToken({ aud: "sts.amazonaws.com" })}\n`,
        stderr: "",
      }),
    });
    const { signIn } = startRun(circleci, { settings: { ...settings(), audience: "sts.amazonaws.com" }, machine });
    const first = await signIn();
    const second = await signIn();
    const command = ["circleci", "run", "oidc", "get", "--claims", `{"aud":"sts.amazonaws.com"}`];
    expect(machine.runs.map((run) => run.command)).toEqual([command, command]);
    expect(second.idToken.jwt).not.toBe(first.idToken.jwt);
  });

  it.each([
    [1, 2],
    [3, 4],
  ])("runs its command again when that prints nothing %i times", async (empty, runs) => {
    const machine: FakeMachine = fakeMachine({
      variables: { CIRCLECI: "true", CIRCLE_OIDC_TOKEN_V2: await tokenServer.signToken() },
      run: async () => {
        const stdout = machine.runs.length > empty ? await tokenServer.signToken({ aud: "sts.amazonaws.com" }) : "\n";
        return { status: 0, stdout, stderr: "" };
      },
    });
    const run = startRun(circleci, { settings: { ...settings(), audience: "sts.amazonaws.com" }, machine });
    await run.signIn();
    expect(machine.runs).toHaveLength(runs);
    expect(run.lines).toContainEqual(expect.stringMatching(/^circleci gave no token and is run again in \d+ ms$/));
  });

  it("gives up within twelve seconds when its command prints nothing", async () => {
    const machine = fakeMachine({
      variables: { CIRCLECI: "true", CIRCLE_OIDC_TOKEN_V2: await tokenServer.signToken() },
      run: () => ({ status: 0, stdout: "", stderr: "" }),
    });
    const run = startRun(circleci, { settings: { ...settings(), audience: "sts.amazonaws.com" }, machine });
    const error = await failure(run.signIn(), "workload_token_missing");
    expect(error.message).toBe("circleci run oidc get printed no token");
    expect(run.clock.monotonic()).toBeLessThan(12_000);
  });

  it("does not show a token that its command writes to stderr", async () => {
    const token = await tokenServer.signToken();
    const machine = fakeMachine({
      variables: { CIRCLECI: "true", CIRCLE_OIDC_TOKEN_V2: token },
      run: () => ({ status: 1, stdout: "", stderr: `Usage: …\nError: cannot use ${token} here\n` }),
    });
    const run = startRun(circleci, { settings: { ...settings(), audience: "other" }, machine });
    const error = await failure(run.signIn(), "process_failed");
    expect(error.message).toBe("circleci ended with status 1: Error: cannot use … here");
    expectNoSecret(error.message, tokenServer.tokens());
  });

  it.each([
    ["https://oidc.circleci.com/org/0d8b1a4e-org", true],
    ["https://oidc.circleci.com", true],
    ["https://oidc.circleci.com/org/0d8b/more", false],
    ["https://oidc.circleci.com.evil.example", false],
    ["https://circleci.example.com", false],
  ])("accepts the issuer %s: %s", async (iss, isTaken) => {
    const machine = fakeMachine({
      variables: { CIRCLECI: "true", CIRCLE_OIDC_TOKEN_V2: await tokenServer.signToken({ iss }) },
    });
    const routes = { [new URL(iss).origin]: "http://127.0.0.1:9" };
    const outcome: unknown = await startRun(circleci, { machine, routes })
      .signIn()
      .catch((thrown: unknown) => thrown);
    expect(outcome).toMatchObject(isTaken ? { idToken: { claims: { iss } } } : { code: "id_token_invalid" });
  });
});
