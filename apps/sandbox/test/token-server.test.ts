import { createRemoteJWKSet, jwtVerify } from "jose";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, startTokenServer, workloadRole, type Sandbox, type TokenServer } from "../src/index.ts";

const ROLE = "arn:aws:iam::123456789012:role/Deployer";
let tokenServer: TokenServer;
let sandbox: Sandbox;

beforeAll(async () => {
  tokenServer = await startTokenServer({ issuerPath: "/id", subject: "job" });
  sandbox = await startSandbox({
    providers: [{ url: tokenServer.issuer, clientIds: ["sts.amazonaws.com"] }],
    roles: [workloadRole(ROLE, { issuer: tokenServer.issuer, audience: "sts.amazonaws.com", subject: "job" })],
  });
});
afterAll(() => Promise.all([sandbox.close(), tokenServer.close()]));

async function assume(token: string): Promise<number> {
  const body = new URLSearchParams({
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: ROLE,
    RoleSessionName: "test",
    WebIdentityToken: token,
  });
  return (await fetch(sandbox.sts.endpoint, { method: "POST", body })).status;
}

describe("a token server", () => {
  it("signs with keys that its discovery document names", async () => {
    const document: unknown = await (await fetch(`${tokenServer.issuer}/.well-known/openid-configuration`)).json();
    const { issuer, jwks_uri: keys } = v.parse(v.object({ issuer: v.string(), jwks_uri: v.string() }), document);
    expect(issuer).toBe(tokenServer.issuer);
    const { payload } = await jwtVerify(await tokenServer.signToken(), createRemoteJWKSet(new URL(keys)));
    expect(payload).toMatchObject({ iss: tokenServer.issuer, sub: "job", aud: "sts.amazonaws.com" });
  });

  it("is trusted by STS for the subject and the audience of its role alone", async () => {
    expect(await assume(await tokenServer.signToken())).toBe(200);
    expect(await assume(await tokenServer.signToken({ sub: "another job" }))).toBe(403);
    expect(await assume(await tokenServer.signToken({ aud: "other" }))).toBe(400);
  });

  it("shows the requests that it got", async () => {
    tokenServer.respond = ({ method, body }) => ({ status: 201, headers: { "x-method": method }, body });
    const response = await fetch(`${tokenServer.origin}/a?b=c`, {
      method: "POST",
      body: "hello",
      headers: { "x-y": "z" },
    });
    expect([response.status, response.headers.get("x-method"), await response.text()]).toEqual([201, "POST", "hello"]);
    expect(tokenServer.requests()).toMatchObject([
      { method: "POST", target: "/a?b=c", body: "hello", headers: { "x-y": "z" } },
    ]);
    tokenServer.clear();
    expect(tokenServer.requests()).toEqual([]);
  });

  it("cuts the connection when it is told to", async () => {
    tokenServer.respond = () => "cut";
    await expect(fetch(tokenServer.origin)).rejects.toThrow("fetch failed");
  });
});
