/// <reference types="node" />
import { startTokenServer, type TokenServer } from "@tegata/sandbox";
import { failure, fakeMachine, workloadContract } from "@tegata/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { carriedFaults } from "../test/carried-faults.ts";
import { requestFaults } from "../test/request-faults.ts";
import { placeUnderTest, startRun } from "../test/run.ts";
import { vercel } from "./vercel.ts";

const file = "/vercel/oidc-token";
const team = "https://vercel.com/acme";
const answer = (token: string) => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ token, expiry: Math.floor(Date.now() / 1000) + 300 }),
});

workloadContract(vercel, () =>
  placeUnderTest({
    tokenServer: { audience: team },
    machine: (_tokenServer, job, token) => ({
      variables: { VERCEL: "1", VERCEL_DEPLOYMENT_ID: job, VERCEL_OIDC_TOKEN_FILE: file },
      files: { [file]: token },
    }),
    tokenIn: { file },
  }),
);

carriedFaults(vercel, {
  machine: (token) => ({ variables: { VERCEL: "1", VERCEL_OIDC_TOKEN: token } }),
  exchanges: true,
});

describe("Vercel", () => {
  let tokenServer: TokenServer;
  beforeAll(async () => {
    tokenServer = await startTokenServer({ audience: team });
  });
  afterAll(() => tokenServer.close());

  it("takes the token of the file, not the one of the variable", async () => {
    const machine = fakeMachine({
      variables: {
        VERCEL: "1",
        VERCEL_OIDC_TOKEN_FILE: file,
        VERCEL_OIDC_TOKEN: await tokenServer.signToken({ sub: "variable" }),
      },
      files: { [file]: `${await tokenServer.signToken({ sub: "file" })}\n` },
    });
    const { idToken } = await startRun(vercel, { settings: { issuer: tokenServer.issuer }, machine }).signIn();
    expect(idToken.claims.sub).toBe("file");
  });

  it.each([
    [{ VERCEL: "1" }, "neither VERCEL_OIDC_TOKEN_FILE nor VERCEL_OIDC_TOKEN"],
    [{ VERCEL_OIDC_TOKEN_FILE: "/nowhere" }, "/nowhere is not there"],
  ])("has no token with %j: the hint says where to turn it on", async (variables, said) => {
    const machine = fakeMachine({ variables });
    const error = await failure(startRun(vercel, { machine }).find(), "workload_token_missing");
    expect(error.message).toContain(said);
    expect(error.hint).toContain("Secure Backend Access with OIDC Federation");
  });

  it("is asked to exchange its token as its own package asks", async () => {
    tokenServer.respond = async () => answer(await tokenServer.signToken({ aud: "sts.amazonaws.com" }));
    const token = await tokenServer.signToken();
    const machine = fakeMachine({ variables: { VERCEL: "1", VERCEL_OIDC_TOKEN: token } });
    const settings = { issuer: tokenServer.issuer, audience: "sts.amazonaws.com" };
    const { idToken } = await startRun(vercel, { settings, machine }).signIn();
    expect(idToken.claims.aud).toEqual(["sts.amazonaws.com"]);
    const [request] = tokenServer.requests();
    expect([request?.method, request?.target, request?.body]).toEqual([
      "POST",
      "/~token",
      JSON.stringify({ token, aud: "sts.amazonaws.com" }),
    ]);
  });

  it("sends no token to an issuer that is not Vercel's", async () => {
    tokenServer.clear();
    const token = await tokenServer.signToken({ iss: "https://evil.example.com" });
    const machine = fakeMachine({ variables: { VERCEL: "1", VERCEL_OIDC_TOKEN: token } });
    const run = startRun(vercel, {
      settings: { audience: "sts.amazonaws.com" },
      machine,
      routes: { "https://evil.example.com": tokenServer.origin },
    });
    await failure(run.signIn(), "id_token_invalid");
    expect(tokenServer.requests()).toEqual([]);
  });
});

// The exchange itself: the team's token is sent to its own issuer, and what comes back is verified with the same.
requestFaults(vercel, {
  settings: (tokenServer) => ({ issuer: tokenServer.issuer, audience: "sts.amazonaws.com" }),
  machine: (_tokenServer, ownToken) => ({ variables: { VERCEL: "1", VERCEL_OIDC_TOKEN: ownToken } }),
  answer,
  transient: [500, 502, 503, 504],
  refusals: [
    { status: 400, body: `{"error":"invalid audience"}`, said: "invalid audience" },
    { status: 401, body: `{"error":{"code":"unauthorized","message":"The token is expired"}}`, said: "expired" },
  ],
  hint: /audience/,
  secrets: [],
});
