/// <reference types="node" />
import { startTokenServer, type TokenServer } from "@tegata/sandbox";
import { expectNoSecret, failure, fakeMachine, workloadContract } from "@tegata/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requestFaults } from "../test/request-faults.ts";
import { placeUnderTest, startRun } from "../test/run.ts";
import { github } from "./github.ts";

const bearer = "request-token-of-the-job";
const json = { "content-type": "application/json; charset=utf-8" };
const answer = (value: string) => ({
  status: 200,
  headers: json,
  body: JSON.stringify({ count: value.length, value }),
});
const variables = (tokenServer: TokenServer, more: Readonly<Record<string, string>> = {}) => ({
  GITHUB_ACTIONS: "true",
  GITHUB_SERVER_URL: tokenServer.origin,
  GITHUB_REPOSITORY: "acme/app",
  GITHUB_RUN_ID: "4711",
  ACTIONS_ID_TOKEN_REQUEST_URL: `${tokenServer.origin}/_apis/idtoken/1/2?api-version=2.0`,
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer,
  ...more,
});
const enterpriseServer = { issuerPath: "/_services/token" };

workloadContract(github, () =>
  placeUnderTest({
    tokenServer: enterpriseServer,
    settings: () => ({}),
    machine: (tokenServer, job) => ({
      variables: variables(tokenServer, { ACTIONS_ID_TOKEN_REQUEST_TOKEN: `${bearer} ${job}` }),
    }),
    tokenIn: "nowhere",
    answer: (tokenServer) => async () => answer(await tokenServer.signToken()),
    secrets: [bearer],
  }),
);

requestFaults(github, {
  tokenServer: enterpriseServer,
  settings: () => ({}),
  machine: (tokenServer) => ({ variables: variables(tokenServer) }),
  answer,
  transient: [502, 503, 504],
  refusals: [
    { status: 401, body: `{"message":"The token is expired."}`, said: "The token is expired" },
    { status: 403, body: `{"message":"Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable"}`, said: "Unable" },
    { status: 404, body: `{"message":"Not Found"}`, said: "Not Found" },
  ],
  hint: /id-token: write|as the runner set it/,
  secrets: [bearer],
});

describe("GitHub Actions", () => {
  let tokenServer: TokenServer;
  beforeAll(async () => {
    tokenServer = await startTokenServer(enterpriseServer);
    tokenServer.respond = async () => answer(await tokenServer.signToken());
  });
  afterAll(() => tokenServer.close());
  const fingerprintOf = async (more: Readonly<Record<string, string>>) =>
    (await startRun(github, { machine: fakeMachine({ variables: variables(tokenServer, more) }) }).find())?.fingerprint;

  it.each(["zq7-line\nbreak", "zq7-ellipsis…"])(
    "has a secret that no header can carry: %j is not shown, and nothing is tried again",
    async (secret) => {
      const machine = fakeMachine({ variables: variables(tokenServer, { ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret }) });
      const run = startRun(github, { machine });
      const error = await failure(run.signIn(), "workload_token_missing");
      const said = [error.message, error.hint, String(error.cause), ...run.lines].join("\n");
      expectNoSecret(said, [secret, secret.replace("\n", " ")]);
      expect(run.clock.sleeps).toEqual([]);
    },
  );

  it("is asked as GitHub's own toolkit asks", async () => {
    await startRun(github, { machine: fakeMachine({ variables: variables(tokenServer) }) }).signIn();
    const [request] = tokenServer.requests();
    expect([request?.method, request?.target]).toEqual([
      "GET",
      "/_apis/idtoken/1/2?api-version=2.0&audience=sts.amazonaws.com",
    ]);
    expect(request?.headers).toMatchObject({ authorization: `Bearer ${bearer}`, accept: "application/json" });
    expect(request?.body).toBe("");
  });

  it("is asked for the setting's audience", async () => {
    tokenServer.clear();
    tokenServer.respond = async () => answer(await tokenServer.signToken({ aud: "https://example.com/?a&b" }));
    const { idToken } = await startRun(github, {
      settings: { audience: "https://example.com/?a&b" },
      machine: fakeMachine({ variables: variables(tokenServer) }),
    }).signIn();
    expect(tokenServer.requests()[0]?.target).toMatch(/&audience=https%3A%2F%2Fexample\.com%2F%3Fa%26b$/);
    expect(idToken.claims.aud).toEqual(["https://example.com/?a&b"]);
  });

  it.each(["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"])(
    "lacks %s: the hint names the permission that the job lacks",
    async (name) => {
      const machine = fakeMachine({ variables: variables(tokenServer, { [name]: "" }) });
      const error = await failure(startRun(github, { machine }).find(), "workload_token_missing");
      expect(error.message).toContain(name);
      expect(error.hint).toContain("permissions: id-token: write");
    },
  );

  it.each([
    ["not a url ?secret", "workload_token_missing"],
    ["http://example.com/token?secret", "idp_untrusted_url"],
    ["https://ann:secret@example.com/token", "idp_untrusted_url"],
  ] as const)("has the endpoint %j: it is refused, and the error shows no secret of it", async (url, code) => {
    const machine = fakeMachine({ variables: variables(tokenServer, { ACTIONS_ID_TOKEN_REQUEST_URL: url }) });
    const error = await failure(startRun(github, { machine }).find(), code);
    expect(error.message).toContain("ACTIONS_ID_TOKEN_REQUEST_URL");
    expect(error.message).not.toContain("secret");
  });

  it.each([
    ["https://github.com", "https://token.actions.githubusercontent.com", true],
    ["https://github.com", "https://token.actions.githubusercontent.com/acme-corp", true],
    ["https://github.com", "https://token.actions.githubusercontent.com/acme-corp/more", false],
    ["https://github.com", "https://token.actions.githubusercontent.com.evil.example", false],
    ["https://github.com", "https://ghes.example.com/_services/token", false],
    ["https://acme.ghe.com", "https://token.actions.acme.ghe.com", true],
    ["https://acme.ghe.com", "https://token.actions.other.ghe.com", false],
    ["https://acme.ghe.com", "https://token.actions.githubusercontent.com", false],
    ["https://ghes.example.com", "https://ghes.example.com/_services/token", true],
    ["https://ghes.example.com", "https://ghes.example.com/_services/token/acme", false],
    ["https://ghes.example.com", "https://token.actions.githubusercontent.com", false],
  ])("at %s, the issuer %s is accepted: %s", async (server, iss, isTaken) => {
    tokenServer.respond = async () => answer(await tokenServer.signToken({ iss }));
    const machine = fakeMachine({ variables: variables(tokenServer, { GITHUB_SERVER_URL: server }) });
    // Nobody answers at the issuer: what is taken goes to AWS unverified.
    const routes = { [new URL(iss).origin]: "http://127.0.0.1:9" };
    const outcome: unknown = await startRun(github, { machine, routes })
      .signIn()
      .catch((thrown: unknown) => thrown);
    expect(outcome).toMatchObject(isTaken ? { idToken: { claims: { iss } } } : { code: "id_token_invalid" });
  });

  it("accepts the issuer that a person names, and no other", async () => {
    const settings = { issuer: `${tokenServer.issuer}/` };
    const machine = fakeMachine({ variables: variables(tokenServer, { GITHUB_SERVER_URL: "https://github.com" }) });
    tokenServer.respond = async () => answer(await tokenServer.signToken());
    await startRun(github, { machine, settings }).signIn();
    tokenServer.respond = async () =>
      answer(await tokenServer.signToken({ iss: "https://token.actions.githubusercontent.com" }));
    const error = await failure(startRun(github, { machine, settings }).signIn(), "id_token_invalid");
    expect(error.hint).toContain("pass issuer ");
  });

  it("tells the jobs of a matrix apart", async () => {
    const first = await fingerprintOf({});
    expect(await fingerprintOf({})).toBe(first);
    for (const change of [
      { ACTIONS_ID_TOKEN_REQUEST_TOKEN: "another" },
      { GITHUB_RUN_ID: "4712" },
      { GITHUB_RUN_ATTEMPT: "2" },
      { GITHUB_JOB: "deploy" },
      { RUNNER_TRACKING_ID: "github_2" },
    ]) {
      expect(await fingerprintOf(change)).not.toBe(first);
    }
  });
});
