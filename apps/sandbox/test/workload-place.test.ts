import { createRemoteJWKSet, jwtVerify } from "jose";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, startTokenServer, workloadRole, type Sandbox, type TokenServer } from "../src/index.ts";

const ROLE = "arn:aws:iam::123456789012:role/Deployer";
let place: TokenServer;
let sandbox: Sandbox;

beforeAll(async () => {
  place = await startTokenServer({ issuerPath: "/id", subject: "job" });
  sandbox = await startSandbox({
    providers: [{ url: place.issuer, clientIds: ["sts.amazonaws.com"] }],
    roles: [workloadRole(ROLE, { issuer: place.issuer, audience: "sts.amazonaws.com", subject: "job" })],
  });
});
afterAll(() => Promise.all([sandbox.close(), place.close()]));

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

describe("a platform with tokens for its workloads", () => {
  it("signs with keys that its discovery document names", async () => {
    const document: unknown = await (await fetch(`${place.issuer}/.well-known/openid-configuration`)).json();
    const { issuer, jwks_uri: keys } = v.parse(v.object({ issuer: v.string(), jwks_uri: v.string() }), document);
    expect(issuer).toBe(place.issuer);
    const { payload } = await jwtVerify(await place.signToken(), createRemoteJWKSet(new URL(keys)));
    expect(payload).toMatchObject({ iss: place.issuer, sub: "job", aud: "sts.amazonaws.com" });
  });

  it("is trusted by STS for the subject and the audience of its role alone", async () => {
    expect(await assume(await place.signToken())).toBe(200);
    expect(await assume(await place.signToken({ sub: "another job" }))).toBe(403);
    expect(await assume(await place.signToken({ aud: "other" }))).toBe(400);
  });

  it("shows the requests that it got", async () => {
    place.respond = ({ method, body }) => ({ status: 201, headers: { "x-method": method }, body });
    const response = await fetch(`${place.origin}/a?b=c`, { method: "POST", body: "hello", headers: { "x-y": "z" } });
    expect([response.status, response.headers.get("x-method"), await response.text()]).toEqual([201, "POST", "hello"]);
    expect(place.requests()).toMatchObject([
      { method: "POST", target: "/a?b=c", body: "hello", headers: { "x-y": "z" } },
    ]);
    place.clear();
    expect(place.requests()).toEqual([]);
  });

  it("cuts the connection when it is told to", async () => {
    place.respond = () => "cut";
    await expect(fetch(place.origin)).rejects.toThrow("fetch failed");
  });
});
