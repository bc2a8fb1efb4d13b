import { setTimeout as delay } from "node:timers/promises";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLIENT_ID_WITHOUT_DEVICE_GRANT, startSandbox, type Sandbox } from "../src/index.ts";
import { authorizeDevice, discover, like, poll, post, signIn } from "./world.ts";

let sandbox: Sandbox;
let hasty: Sandbox;
let shortLived: Sandbox;
beforeAll(async () => {
  [sandbox, hasty, shortLived] = await Promise.all([
    startSandbox(),
    startSandbox({ intervalSeconds: 0 }),
    startSandbox({ deviceCodeLifetimeSeconds: 1, intervalSeconds: 0 }),
  ]);
});
afterAll(() => Promise.all([sandbox.close(), hasty.close(), shortLived.close()]));

describe.each([
  { face: "oidc" as const, refused: 400, tooFast: 400 },
  { face: "auth0" as const, refused: 403, tooFast: 429 },
])("device grant at $face", ({ face, refused, tooFast }) => {
  it("answers pending until a person allows, then tokens, and takes the code no more", async () => {
    const device = await authorizeDevice(hasty, face, { audience: "https://api.example.com" });
    expect(device.user_code).toMatch(/^[B-Z]{4}-[B-Z]{4}$/);
    expect(await poll(hasty, face, device.device_code)).toMatchObject({
      status: refused,
      json: { error: "authorization_pending" },
    });
    await hasty.approve(device.verification_uri_complete, { as: "bob@example.com" });
    expect(await poll(hasty, face, device.device_code)).toMatchObject({
      status: 200,
      json: { token_type: "Bearer", refresh_token: like(/./) },
    });
    expect(await poll(hasty, face, device.device_code)).toMatchObject({
      status: refused,
      json: { error: "invalid_grant" },
    });
  });

  it("signs ID tokens that the published keys verify, for the exact issuer", async () => {
    const { id_token: idToken } = await signIn(sandbox, face);
    const { issuer, jwks_uri: jwksUri } = await discover(sandbox, face);
    expect(issuer).toBe(sandbox[face].issuer);
    const { payload, protectedHeader } = await jwtVerify(idToken, createRemoteJWKSet(new URL(jwksUri)), {
      issuer,
      audience: "tegata-cli",
    });
    expect(protectedHeader.alg).toBe("RS256");
    const lifetime = (payload.exp ?? 0) - (payload.iat ?? 0);
    expect(lifetime).toBe(face === "auth0" ? 36_000 : 3600);
    expect(payload.sub).toMatch(face === "auth0" ? /^auth0\|/ : /^[0-9a-f]{24}$/);
    expect(payload).toMatchObject({
      email: "ann@example.com",
      email_verified: true,
      name: "Ann Example",
      groups: ["developers", "on-call"],
    });
  });

  it("tells a client that polls too fast to slow down", async () => {
    const device = await authorizeDevice(sandbox, face);
    expect(device.interval).toBe(5);
    await poll(sandbox, face, device.device_code);
    expect(await poll(sandbox, face, device.device_code)).toMatchObject({
      status: tooFast,
      json: { error: "slow_down" },
    });
  });

  it("says access_denied after a person denied, once", async () => {
    const device = await authorizeDevice(sandbox, face);
    await sandbox.deny(device.verification_uri, { userCode: device.user_code });
    expect(await poll(sandbox, face, device.device_code)).toMatchObject({
      status: refused,
      json: { error: "access_denied" },
    });
  });

  it("does not let an expired code through, at either end", async () => {
    const device = await authorizeDevice(shortLived, face);
    await delay(1100);
    await expect(shortLived.approve(device.verification_uri_complete)).rejects.toThrow(/too old/);
    const first = await poll(shortLived, face, device.device_code);
    expect(first).toMatchObject({ status: refused, json: { error: "expired_token" } });
    const second = await poll(shortLived, face, device.device_code);
    expect(second.json).toMatchObject({ error: face === "auth0" ? "invalid_grant" : "expired_token" });
  });

  it("refuses a client without the device grant as unauthorized_client", async () => {
    const { device_authorization_endpoint: url } = await discover(sandbox, face);
    const answer = await post(url, { client_id: CLIENT_ID_WITHOUT_DEVICE_GRANT, scope: "openid" });
    expect(answer).toMatchObject({ status: refused, json: { error: "unauthorized_client" } });
  });

  it("refuses an unknown client", async () => {
    const { device_authorization_endpoint: url } = await discover(sandbox, face);
    expect(await post(url, { client_id: "nobody" })).toMatchObject({ status: 401, json: { error: "invalid_client" } });
  });

  it("does not take a code that it never gave, nor an e-mail address of nobody", async () => {
    const device = await authorizeDevice(sandbox, face);
    await expect(sandbox.approve(device.verification_uri, { userCode: "AAAA-AAAA" })).rejects.toThrow(/no such code/);
    await expect(sandbox.approve(device.verification_uri_complete, { as: "eve@example.com" })).rejects.toThrow(
      /Nobody/,
    );
  });
});

it("Auth0's refusals have Auth0's words", async () => {
  const { device_authorization_endpoint: url, token_endpoint: tokenUrl } = await discover(sandbox, "auth0");
  const noGrant = await post(url, { client_id: CLIENT_ID_WITHOUT_DEVICE_GRANT });
  expect(noGrant.json).toEqual({
    error: "unauthorized_client",
    error_description: "Grant type 'urn:ietf:params:oauth:grant-type:device_code' not allowed for the client.",
  });
  const device = await authorizeDevice(sandbox, "auth0");
  expect((await poll(sandbox, "auth0", device.device_code)).json).toEqual({
    error: "authorization_pending",
    error_description: "User has yet to authorize device code.",
  });
  expect((await poll(sandbox, "auth0", device.device_code)).json).toEqual({
    error: "slow_down",
    error_description: "You are polling faster than the specified interval of 5 seconds.",
  });
  expect(new URL(tokenUrl).pathname).toBe("/oauth/token");
  expect(device.verification_uri_complete).toBe(`${sandbox.auth0.domain}/activate?user_code=${device.user_code}`);
});
