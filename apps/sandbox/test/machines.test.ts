import { randomUUID } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, importPKCS8, SignJWT } from "jose";
import * as v from "valibot";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { AUTH0_API, OKTA_API, startSandbox, type MachineCredentials, type Sandbox } from "../src/index.ts";
import { assumeRole, like, post } from "./world.ts";

let sandbox: Sandbox;
let machine: MachineCredentials;
beforeAll(async () => {
  sandbox = await startSandbox({ faces: ["okta", "entra", "openiddict"] });
  machine = await sandbox.machine();
});
afterEach(() => sandbox.faults.clear());
afterAll(() => sandbox.close());

type Face = "oidc" | "auth0" | "okta" | "entra" | "openiddict";
const issuerOf = (face: Face) =>
  face === "oidc" || face === "auth0" ? sandbox[face].issuer : sandbox.face(face).issuer;

async function tokenEndpointOf(face: Face): Promise<string> {
  const url = `${issuerOf(face).replace(/\/$/, "")}/.well-known/openid-configuration`;
  return v.parse(v.object({ token_endpoint: v.string() }), await (await fetch(url)).json()).token_endpoint;
}

/** What each provider wants to be asked. */
const wanted: Readonly<Record<Face, Readonly<Record<string, string>>>> = {
  oidc: { scope: "openid" },
  openiddict: { scope: "openid" },
  auth0: { audience: AUTH0_API },
  okta: { scope: "aws" },
  entra: { scope: "api://tegata-machine/.default" },
};

async function ask(face: Face, parameters: Readonly<Record<string, string>>) {
  return post(await tokenEndpointOf(face), { grant_type: "client_credentials", ...parameters });
}

const bySecret = (face: Face, parameters: Readonly<Record<string, string>> = {}) =>
  ask(face, { client_id: machine.clientId, client_secret: machine.clientSecret, ...wanted[face], ...parameters });

interface Assertion {
  alg?: string;
  header?: Readonly<Record<string, unknown>>;
  claims?: Readonly<Record<string, unknown>>;
}

async function byAssertion(face: Face, { alg = "RS256", header = {}, claims = {} }: Assertion = {}) {
  const key = await importPKCS8(alg.startsWith("ES") ? machine.ecKeyPem : machine.keyPem, alg);
  const now = Math.floor(Date.now() / 1000);
  const given = { iss: machine.clientId, sub: machine.clientId, jti: randomUUID(), iat: now, exp: now + 60 };
  const assertion = await new SignJWT({ ...given, ...claims }).setProtectedHeader({ alg, ...header }).sign(key);
  return ask(face, {
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion,
    ...wanted[face],
  });
}

async function thumbprint(): Promise<string> {
  const base64 = machine.certificatePem.replaceAll(/-----[A-Z ]+-----|\s/g, "");
  return Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(base64, "base64"))).toString("base64url");
}

const tokens = v.looseObject({ access_token: v.string(), id_token: v.optional(v.string()) });

describe("a client with a secret", () => {
  it.each([
    ["auth0", { aud: AUTH0_API, azp: "tegata-machine", sub: "tegata-machine@clients" }],
    ["okta", { aud: OKTA_API, cid: "tegata-machine", sub: "tegata-machine" }],
    ["entra", { aud: "tegata-machine", azp: "tegata-machine", ver: "2.0" }],
  ] as const)("gets an access token of %s that STS takes", async (face, claims) => {
    const { status, json } = await bySecret(face);
    expect(status).toBe(200);
    const { access_token: token } = v.parse(tokens, json);
    expect(decodeJwt(token)).toMatchObject({ iss: issuerOf(face), ...claims });
    expect(decodeProtectedHeader(token).typ).toBe(face === "okta" ? undefined : "JWT");
    expect(await assumeRole(sandbox, token)).toMatchObject({ status: 200 });
  });

  it("gets an ID token of the plain provider for the scope openid, and none without it", async () => {
    const { json } = await bySecret("oidc");
    const { id_token: idToken = "", access_token: accessToken } = v.parse(tokens, json);
    expect(decodeJwt(idToken)).toMatchObject({ aud: "tegata-machine", azp: "tegata-machine" });
    expect(decodeJwt(accessToken)).toMatchObject({ aud: "account" });
    expect(await assumeRole(sandbox, idToken)).toMatchObject({ status: 200 });
    expect(v.parse(tokens, (await bySecret("oidc", { scope: "" })).json).id_token).toBeUndefined();
  });

  it.each(["oidc", "auth0", "okta", "entra"] as const)("is refused by %s with another one", async (face) => {
    const refused = await bySecret(face, { client_secret: "wrong" });
    expect(refused.status).toBe(401);
    expect(refused.json).toMatchObject({ error: face === "auth0" ? "access_denied" : "invalid_client" });
  });

  it.each([
    ["auth0", { audience: "https://other.example.com" }, "access_denied"],
    ["okta", { scope: "openid" }, "invalid_scope"],
    ["entra", { scope: "openid" }, "invalid_scope"],
  ] as const)("is refused by %s what it does not give to machines", async (face, parameters, error) => {
    expect((await bySecret(face, parameters)).json).toMatchObject({ error });
  });
});

describe("a client with a key", () => {
  it("is taken by each provider in its own way, once for each assertion", async () => {
    const kid = { kid: machine.keyId };
    const x5t = { "x5t#S256": await thumbprint() };
    const jti = randomUUID();
    const good: readonly (readonly [Face, Assertion])[] = [
      ["oidc", { header: kid, claims: { aud: issuerOf("oidc"), jti } }],
      ["oidc", { alg: "ES256", claims: { aud: await tokenEndpointOf("oidc") } }],
      ["auth0", { claims: { aud: issuerOf("auth0") } }],
      ["openiddict", { header: { typ: "client-authentication+jwt" }, claims: { aud: issuerOf("openiddict") } }],
      [
        "openiddict",
        { header: { typ: "client-authentication+jwt" }, claims: { aud: [sandbox.face("openiddict").origin] } },
      ],
      ["okta", { header: kid, claims: { aud: await tokenEndpointOf("okta") } }],
      ["entra", { alg: "PS256", header: x5t, claims: { aud: await tokenEndpointOf("entra") } }],
    ];
    for (const [face, assertion] of good) {
      expect(await byAssertion(face, assertion)).toMatchObject({ status: 200 });
    }
    expect((await byAssertion("oidc", { claims: { aud: issuerOf("oidc"), jti } })).json).toMatchObject({
      error: "invalid_client",
    });
  });

  it("may send OpenIddict the same assertion again, and one of a day without iat and jti", async () => {
    const header = { typ: "client-authentication+jwt" };
    const aud = issuerOf("openiddict");
    const long = { iat: undefined, jti: undefined, exp: Math.floor(Date.now() / 1000) + 86_400 };
    const jti = randomUUID();
    for (const claims of [{ jti }, { jti }, long]) {
      expect(await byAssertion("openiddict", { header, claims: { aud, ...claims } })).toMatchObject({ status: 200 });
    }
  });

  it("learns from OpenIddict's number that its assertion is for another", async () => {
    const header = { typ: "client-authentication+jwt" };
    const forAnother = await byAssertion("openiddict", {
      header,
      claims: { aud: await tokenEndpointOf("openiddict") },
    });
    const withoutType = await byAssertion("openiddict", { claims: { aud: issuerOf("openiddict") } });
    expect([forAnother.json, withoutType.json]).toMatchObject([
      { error: "invalid_client", error_uri: like(/ID2094$/) },
      { error: "invalid_client", error_uri: like(/ID2055$/) },
    ]);
  });

  it.each<[Face, string, () => Promise<Assertion>]>([
    ["oidc", "two audiences", async () => ({ claims: { aud: [issuerOf("oidc"), await tokenEndpointOf("oidc")] } })],
    ["oidc", "another kid", async () => ({ header: { kid: "other" }, claims: { aud: issuerOf("oidc") } })],
    ["oidc", "no jti", async () => ({ claims: { aud: issuerOf("oidc"), jti: undefined } })],
    ["oidc", "an iat ahead", async () => ({ claims: { aud: issuerOf("oidc"), iat: Date.now() / 1000 + 60 } })],
    ["auth0", "the token endpoint as audience", async () => ({ claims: { aud: await tokenEndpointOf("auth0") } })],
    ["auth0", "an hour of life", async () => ({ claims: { aud: issuerOf("auth0"), exp: Date.now() / 1000 + 3600 } })],
    ["openiddict", "no typ", async () => ({ claims: { aud: issuerOf("openiddict") } })],
    [
      "openiddict",
      "the token endpoint as audience",
      async () => ({
        header: { typ: "client-authentication+jwt" },
        claims: { aud: await tokenEndpointOf("openiddict") },
      }),
    ],
    ["okta", "the issuer as audience", async () => ({ claims: { aud: issuerOf("okta") } })],
    ["entra", "no certificate", async () => ({ alg: "PS256", claims: { aud: await tokenEndpointOf("entra") } })],
    [
      "entra",
      "RS256",
      async () => ({ header: { "x5t#S256": await thumbprint() }, claims: { aud: await tokenEndpointOf("entra") } }),
    ],
  ])("is refused by %s with %s", async (face, _what, assertion) => {
    expect((await byAssertion(face, await assertion())).status).toBe(401);
  });
});

describe("what goes wrong on purpose", () => {
  it("is the same for machines as for persons", async () => {
    sandbox.faults.set({ kind: "status", area: "token", status: 503 });
    expect((await bySecret("auth0")).status).toBe(503);
    sandbox.faults.clear();
    sandbox.faults.set({ kind: "idToken", fault: { how: "claims", claims: { azp: "other" } } });
    expect(decodeJwt(v.parse(tokens, (await bySecret("auth0")).json).access_token)).toMatchObject({ azp: "other" });
  });

  it("leaves no secret unknown", async () => {
    const { json } = await bySecret("auth0");
    const known = sandbox.secrets().map(({ value }) => value);
    expect(known).toEqual(
      expect.arrayContaining([machine.clientSecret, machine.keyPem, v.parse(tokens, json).access_token]),
    );
  });
});
