/// <reference types="node" />
import { startTokenServer, type TokenServer } from "@tegata/sandbox";
import { failure, fakeMachine, workloadContract } from "@tegata/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requestFaults } from "../test/request-faults.ts";
import { placeUnderTest, startRun } from "../test/run.ts";
import { azureDevops } from "./azure-devops.ts";

const accessToken = "system-access-token";
const azureAudience = "api://AzureADTokenExchange";
const connection = "11111111-2222-4333-8444-555555555555";
const path = "/acme/app/_apis/distributedtask/hubs/build/plans/plan-1/jobs";
const variables = (tokenServer: TokenServer, more: Readonly<Record<string, string>> = {}) => ({
  TF_BUILD: "True",
  SYSTEM_OIDCREQUESTURI: `${tokenServer.origin}${path}/job-1/oidctoken`,
  SYSTEM_ACCESSTOKEN: accessToken,
  ...more,
});
const answer = (oidcToken: string) => ({
  status: 200,
  headers: { "content-type": "application/json; charset=utf-8; api-version=7.1" },
  body: JSON.stringify({ oidcToken }),
});

workloadContract(azureDevops, () =>
  placeUnderTest({
    tokenServer: { audience: azureAudience },
    machine: (tokenServer, job) => ({
      variables: variables(tokenServer, { SYSTEM_OIDCREQUESTURI: `${tokenServer.origin}${path}/${job}/oidctoken` }),
    }),
    tokenIn: "nowhere",
    answer: (tokenServer) => async () => answer(await tokenServer.signToken()),
    secrets: [accessToken],
  }),
);

requestFaults(azureDevops, {
  settings: (tokenServer) => ({ issuer: tokenServer.issuer, audience: "sts.amazonaws.com" }),
  machine: (tokenServer) => ({ variables: variables(tokenServer) }),
  answer,
  transient: [408, 500, 502, 503, 504],
  refusals: [
    { status: 401, body: "", said: "HTTP 401" },
    { status: 403, body: `{"$id":"1","message":"TF400813: not authorized"}`, said: "TF400813: not authorized" },
    { status: 400, body: `{"message":"No api-version was supplied"}`, said: "No api-version was supplied" },
  ],
  hint: /SYSTEM_ACCESSTOKEN: \$\(System\.AccessToken\)/,
  secrets: [accessToken],
});

describe("Azure Pipelines", () => {
  let tokenServer: TokenServer;
  beforeAll(async () => {
    tokenServer = await startTokenServer({ audience: azureAudience });
    tokenServer.respond = async () => answer(await tokenServer.signToken());
  });
  afterAll(() => tokenServer.close());
  const start = (more: Readonly<Record<string, string>> = {}, settings: Readonly<Record<string, unknown>> = {}) => {
    tokenServer.clear();
    return startRun(azureDevops, {
      settings: { issuer: tokenServer.issuer, ...settings },
      machine: fakeMachine({ variables: variables(tokenServer, more) }),
    });
  };

  it("is asked as it documents", async () => {
    const { idToken } = await start().signIn();
    expect(idToken.claims.aud).toEqual([azureAudience]);
    const [request] = tokenServer.requests();
    expect([request?.method, request?.target, request?.body]).toEqual([
      "POST",
      `${path}/job-1/oidctoken?api-version=7.1`,
      "{}",
    ]);
    expect(request?.headers).toMatchObject({
      authorization: `Bearer ${accessToken}`,
      "content-type": "application/json",
      "x-tfs-fedauthredirect": "Suppress",
    });
  });

  it("is asked for the setting's service connection", async () => {
    await start({}, { service_connection_id: connection }).signIn();
    expect(tokenServer.requests()[0]?.target).toMatch(
      /\?api-version=7\.1&serviceConnectionId=11111111-2222-4333-8444-555555555555$/,
    );
  });

  it("knows no such service connection: the hint names the setting", async () => {
    tokenServer.respond = () => ({ status: 404, body: `{"message":"Service connection not found"}` });
    const error = await failure(start({}, { service_connection_id: connection }).signIn(), "idp_rejected");
    expect(error.hint).toContain(`service_connection_id ${connection}`);
    tokenServer.respond = async () => answer(await tokenServer.signToken());
  });

  it("lacks the access token: the hint says how to map it", async () => {
    const error = await failure(start({ SYSTEM_ACCESSTOKEN: "" }).find(), "workload_token_missing");
    expect(error.hint).toBe("map it into the step: env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)");
  });

  it("is an agent that knows no tokens: the hint says to update it", async () => {
    const error = await failure(start({ SYSTEM_OIDCREQUESTURI: "" }).find(), "workload_token_missing");
    expect(error.hint).toContain("update the agent");
  });

  it("gives a token for another audience than the setting's: the hint says to leave the setting out", async () => {
    const error = await failure(start({}, { audience: "sts.amazonaws.com" }).signIn(), "id_token_invalid");
    expect(error.hint).toContain("leave audience out");
  });

  it.each([
    ["https://vstoken.dev.azure.com/6f1b7f0c-org", true],
    ["https://login.microsoftonline.com/6f1b7f0c-tenant/v2.0", true],
    ["https://vstoken.dev.azure.com.evil.example/x", false],
    ["https://login.microsoftonline.com/6f1b7f0c-tenant", false],
  ])("accepts the issuer %s: %s", async (iss, isTaken) => {
    tokenServer.respond = async () => answer(await tokenServer.signToken({ iss }));
    const routes = { [new URL(iss).origin]: "http://127.0.0.1:9" };
    const outcome: unknown = await startRun(azureDevops, {
      machine: fakeMachine({ variables: variables(tokenServer) }),
      routes,
    })
      .signIn()
      .catch((thrown: unknown) => thrown);
    expect(outcome).toMatchObject(isTaken ? { idToken: { claims: { iss } } } : { code: "id_token_invalid" });
    tokenServer.respond = async () => answer(await tokenServer.signToken());
  });
});
