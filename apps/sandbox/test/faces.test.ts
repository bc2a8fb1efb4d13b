import { decodeJwt } from "jose";
import * as v from "valibot";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  CLIENT_ID_WITHOUT_DEVICE_GRANT,
  CLIENT_ID_WITHOUT_REVOCATION,
  ENTRA_TENANT,
  startSandbox,
  type FaceOnDemand,
  type Sandbox,
} from "../src/index.ts";
import { assumeRole, DEVICE_GRANT, like, post, type JsonResponse } from "./world.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ faces: ["okta", "entra", "google", "openiddict"], intervalSeconds: 0 });
});
afterEach(() => sandbox.faults.clear());
afterAll(() => sandbox.close());

const members = v.record(v.string(), v.unknown());
const tokens = v.looseObject({ id_token: v.string(), refresh_token: v.string() });
const device = v.looseObject({ device_code: v.string(), user_code: v.string(), verification_uri: v.string() });

async function documentOf(face: FaceOnDemand): Promise<Record<string, unknown>> {
  const { issuer, reach } = sandbox.face(face);
  return v.parse(
    members,
    await (await fetch(reach(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`))).json(),
  );
}

async function ask(face: FaceOnDemand, endpoint: string, parameters: Record<string, string>): Promise<JsonResponse> {
  const { clientId, reach } = sandbox.face(face);
  const url = v.parse(v.string(), (await documentOf(face))[endpoint]);
  return post(reach(url), { client_id: clientId, ...parameters });
}

const askDevice = (face: FaceOnDemand, parameters: Record<string, string> = {}) =>
  ask(face, "device_authorization_endpoint", { scope: "openid email", ...parameters });

/** With the client's secret, where the provider wants one. */
const askToken = (face: FaceOnDemand, parameters: Record<string, string>) => {
  const { clientSecret } = sandbox.face(face);
  return ask(face, "token_endpoint", { ...parameters, ...(clientSecret && { client_secret: clientSecret }) });
};

const pollFor = (face: FaceOnDemand, deviceCode: string) =>
  askToken(face, { grant_type: DEVICE_GRANT, device_code: deviceCode });
const refreshWith = (face: FaceOnDemand, refreshToken: string) =>
  askToken(face, { grant_type: "refresh_token", refresh_token: refreshToken });

/** The code as a person has it, no matter what the provider calls the page. */
async function started(face: FaceOnDemand, scope = "openid email offline_access") {
  const { json } = await askDevice(face, { scope });
  const answer = v.parse(members, json);
  const page = answer["verification_uri"] ?? answer["verification_url"];
  const {
    device_code: deviceCode,
    user_code: userCode,
    verification_uri: uri,
  } = v.parse(device, {
    ...answer,
    verification_uri: page,
  });
  return { deviceCode, userCode, uri };
}

async function signedIn(face: FaceOnDemand, scope?: string): Promise<v.InferOutput<typeof tokens>> {
  const { deviceCode, userCode, uri } = await started(face, scope);
  await sandbox.approve(uri, { userCode });
  return v.parse(tokens, (await pollFor(face, deviceCode)).json);
}

describe("the Okta look-alike", () => {
  it("has a custom authorization server's paths, and its codes of eight letters", async () => {
    const { origin, issuer } = sandbox.face("okta");
    expect(issuer).toBe(`${origin}/oauth2/default`);
    expect(await documentOf("okta")).toMatchObject({ issuer, token_endpoint: `${issuer}/v1/token` });
    expect((await askDevice("okta")).json).toMatchObject({
      user_code: like(/^[A-Z]{8}$/),
      verification_uri: `${origin}/activate`,
      verification_uri_complete: like(/\/activate\?user_code=[A-Z]{8}$/),
      expires_in: 600,
    });
  });

  it("gives tokens that STS takes", async () => {
    const { id_token: idToken } = await signedIn("okta");
    expect(decodeJwt(idToken)).toMatchObject({ iss: sandbox.face("okta").issuer, sub: like(/^00u/) });
    expect((await assumeRole(sandbox, idToken)).status).toBe(200);
  });

  it("words its refusals as Okta does", async () => {
    const { deviceCode } = await started("okta");
    expect(await pollFor("okta", deviceCode)).toMatchObject({
      status: 400,
      json: { error: "authorization_pending", error_description: like(/^The device authorization is pending/) },
    });
    expect(await askDevice("okta", { client_id: CLIENT_ID_WITHOUT_DEVICE_GRANT })).toMatchObject({
      status: 400,
      json: { error: "unauthorized_client", error_description: like(/Configured grant types: \[refresh_token\]/) },
    });
    expect(await askDevice("okta", { client_id: "nobody" })).toMatchObject({ status: 401 });
  });
});

/** With OpenIddict's own number. */
const refusedBy = (number: string, error: string) => ({
  status: 400,
  json: { error, error_uri: like(new RegExp(`/${number}$`)) },
});

describe("the OpenIddict look-alike", () => {
  const scope = "openid offline_access";

  it("has an issuer with a slash, codes of twelve digits and no interval", async () => {
    const { origin, issuer } = sandbox.face("openiddict");
    expect(issuer).toBe(`${origin}/`);
    expect(await documentOf("openiddict")).toMatchObject({ issuer, scopes_supported: ["openid", "offline_access"] });
    const { json } = await askDevice("openiddict", { scope });
    expect(json).toMatchObject({
      user_code: like(/^\d{4}-\d{4}-\d{4}$/),
      verification_uri_complete: like(/\/connect\/verify\?user_code=[\d-]+$/),
    });
    expect(json).not.toHaveProperty("interval");
  });

  it("refuses every scope that nobody registered, with a number and its page", async () => {
    expect(await askDevice("openiddict", { scope: "openid email" })).toMatchObject({
      status: 400,
      json: {
        error: "invalid_scope",
        error_description: "The specified 'scope' is invalid.",
        error_uri: like(/ID2052$/),
      },
    });
  });

  it.each<[string, Record<string, string>, readonly string[], string]>([
    ["a bad scope", { scope: "openid email" }, [], "The specified &#39;scope&#39; is invalid."],
    ["missing PKCE", {}, ["code_challenge", "code_challenge_method"], "The &#39;code_challenge&#39; parameter"],
    ["an audience", { audience: "https://api.example.com" }, [], "The &#39;audience&#39; parameter is not supported."],
  ])("answers %s of a browser with a page, and sends nobody back", async (_what, parameters, missing, words) => {
    const { clientId, origin } = sandbox.face("openiddict");
    const asked = new URLSearchParams({
      client_id: clientId,
      scope,
      response_type: "code",
      redirect_uri: "http://127.0.0.1:9/callback",
      state: "s",
      code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      code_challenge_method: "S256",
      ...parameters,
    });
    missing.forEach((name) => asked.delete(name));
    const response = await fetch(`${origin}/connect/authorize?${asked.toString()}`, { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([400, null]);
    expect(await response.text()).toContain(words);
  });

  it("says nothing of public clients, and takes them all the same", async () => {
    expect((await documentOf("openiddict"))["token_endpoint_auth_methods_supported"]).toEqual([
      "client_secret_post",
      "private_key_jwt",
      "client_secret_basic",
    ]);
    expect(await signedIn("openiddict", scope)).toHaveProperty("id_token");
  });

  it("takes a rotated refresh token again within its leeway", async () => {
    const { refresh_token: first } = await signedIn("openiddict", scope);
    const second = v.parse(tokens, (await refreshWith("openiddict", first)).json);
    const third = v.parse(tokens, (await refreshWith("openiddict", first)).json);
    expect(new Set([first, second.refresh_token, third.refresh_token]).size).toBe(3);
    expect((await refreshWith("openiddict", second.refresh_token)).status).toBe(200);
    expect((await refreshWith("openiddict", third.refresh_token)).status).toBe(200);
  });

  it("ends the session of a device code that is redeemed twice", async () => {
    const { deviceCode, uri, userCode } = await started("openiddict", scope);
    await sandbox.approve(uri, { userCode });
    const { refresh_token: token } = v.parse(tokens, (await pollFor("openiddict", deviceCode)).json);
    expect(await pollFor("openiddict", deviceCode)).toMatchObject(refusedBy("ID2011", "invalid_grant"));
    expect(await refreshWith("openiddict", token)).toMatchObject(refusedBy("ID2018", "invalid_grant"));
  });

  it("lets nobody revoke without the permission", async () => {
    const token = { client_id: CLIENT_ID_WITHOUT_REVOCATION, token: "any" };
    expect(await ask("openiddict", "revocation_endpoint", token)).toMatchObject(
      refusedBy("ID2078", "unauthorized_client"),
    );
    expect((await ask("openiddict", "revocation_endpoint", { token: "any" })).status).toBe(200);
  });

  it("never says slow_down, and gives tokens that STS takes, for twenty minutes", async () => {
    const { deviceCode, uri, userCode } = await started("openiddict", scope);
    for (let poll = 0; poll < 3; poll += 1) {
      expect((await pollFor("openiddict", deviceCode)).json).toMatchObject({
        error: "authorization_pending",
        error_uri: like(/ID2014$/),
      });
    }
    await sandbox.approve(uri, { userCode });
    const { id_token: idToken } = v.parse(tokens, (await pollFor("openiddict", deviceCode)).json);
    const { iat = 0, exp } = decodeJwt(idToken);
    expect(exp).toBe(iat + 1200);
    expect((await assumeRole(sandbox, idToken)).status).toBe(200);
  });
});

describe("the OpenIddict look-alike beyond the leeway", () => {
  it("ends the whole family of a refresh token that is used again", async () => {
    const strict = await startSandbox({ faces: ["openiddict"], refreshTokenLeewaySeconds: 0 });
    try {
      const { clientId, origin } = strict.face("openiddict");
      const asToken = (parameters: Record<string, string>) =>
        post(`${origin}/connect/token`, { client_id: clientId, ...parameters });
      const renew = (token: string) => asToken({ grant_type: "refresh_token", refresh_token: token });
      const { json } = await post(`${origin}/connect/device`, { client_id: clientId, scope: "openid offline_access" });
      const { device_code: deviceCode, ...shown } = v.parse(device, json);
      await strict.approve(shown.verification_uri, { userCode: shown.user_code });
      const polled = await asToken({ grant_type: DEVICE_GRANT, device_code: deviceCode });
      const { refresh_token: first } = v.parse(tokens, polled.json);
      const { refresh_token: second } = v.parse(tokens, (await renew(first)).json);
      const uris = [await renew(first), await renew(second), await renew(first)].map((each) => each.json);
      expect(uris).toMatchObject(["ID2012", "ID2018", "ID2018"].map((id) => ({ error_uri: like(new RegExp(id)) })));
    } finally {
      await strict.close();
    }
  });
});

describe("the Entra look-alike", () => {
  it("has an issuer beside its endpoints, no revocation, and no page with the code filled in", async () => {
    const { origin, issuer } = sandbox.face("entra");
    const document = await documentOf("entra");
    expect(issuer).toBe(`${origin}/${ENTRA_TENANT}/v2.0`);
    expect(document).toMatchObject({ issuer, token_endpoint: `${origin}/${ENTRA_TENANT}/oauth2/v2.0/token` });
    expect(document).not.toHaveProperty("revocation_endpoint");
    const { json } = await askDevice("entra");
    expect(json).toMatchObject({ expires_in: 900, message: like(/^To sign in, use a web browser/) });
    expect(json).not.toHaveProperty("verification_uri_complete");
  });

  it("leaves an old refresh token good", async () => {
    const { refresh_token: first } = await signedIn("entra");
    const second = v.parse(tokens, (await refreshWith("entra", first)).json);
    expect(second.refresh_token).not.toBe(first);
    expect((await refreshWith("entra", first)).status).toBe(200);
  });

  it("gives tokens that STS takes", async () => {
    expect((await assumeRole(sandbox, (await signedIn("entra")).id_token)).status).toBe(200);
  });

  it("has error codes of its own", async () => {
    const { deviceCode, userCode, uri } = await started("entra");
    expect((await pollFor("entra", deviceCode)).json).toMatchObject({
      error: "authorization_pending",
      error_codes: [70_016],
      error_description: like(/^AADSTS70016: .* Trace ID: /),
    });
    await sandbox.deny(uri, { userCode });
    expect(await pollFor("entra", deviceCode)).toMatchObject({
      status: 400,
      json: { error: "authorization_declined" },
    });
    expect((await pollFor("entra", "unknown")).json).toMatchObject({ error: "bad_verification_code" });
    expect(await askDevice("entra", { client_id: "nobody" })).toMatchObject({
      status: 400,
      json: { error: "unauthorized_client", error_description: like(/^AADSTS700016: .*'nobody'/) },
    });
  });
});

describe("the Google look-alike", () => {
  it("goes by Google's own names, which are reached at its server", async () => {
    const { issuer, origin, reach } = sandbox.face("google");
    expect(issuer).toBe("https://accounts.google.com");
    expect(reach("https://oauth2.googleapis.com/token?a=b")).toBe(`${origin}/token?a=b`);
    expect(reach("https://example.com/")).toBe("https://example.com/");
    expect(await documentOf("google")).toMatchObject({
      issuer,
      token_endpoint: "https://oauth2.googleapis.com/token",
      jwks_uri: "https://www.googleapis.com/oauth2/v3/certs",
    });
  });

  it("names its page as the early drafts of RFC 8628 did", async () => {
    const { json } = await askDevice("google");
    expect(json).toMatchObject({ verification_url: "https://www.google.com/device", expires_in: 1800 });
    expect(json).not.toHaveProperty("verification_uri");
    expect(json).not.toHaveProperty("verification_uri_complete");
  });

  it("takes few scopes, and gives a refresh token all the same, which goes on as it is", async () => {
    expect(await askDevice("google", { scope: "openid offline_access" })).toMatchObject({
      status: 400,
      json: { error: "invalid_scope", error_description: "Invalid device flow scope: offline_access" },
    });
    const { refresh_token: refreshToken, id_token: idToken } = await signedIn("google", "openid email");
    expect(decodeJwt(idToken)).toMatchObject({ iss: "https://accounts.google.com", sub: like(/^\d{21}$/) });
    const renewed = await refreshWith("google", refreshToken);
    expect(renewed).toMatchObject({ status: 200, json: { id_token: like(/./) } });
    expect(renewed.json).not.toHaveProperty("refresh_token");
  });

  it("wants the secret at the token endpoint", async () => {
    const { deviceCode } = await started("google", "openid email");
    const grant = { grant_type: DEVICE_GRANT, device_code: deviceCode };
    expect(await ask("google", "token_endpoint", grant)).toMatchObject({
      status: 400,
      json: { error: "invalid_request", error_description: "client_secret is missing." },
    });
    expect(await ask("google", "token_endpoint", { ...grant, client_secret: "wrong" })).toMatchObject({
      status: 401,
      json: { error: "invalid_client" },
    });
    expect(await pollFor("google", deviceCode)).toMatchObject({
      status: 428,
      json: { error: "authorization_pending", error_description: "Precondition Required" },
    });
    expect(sandbox.secrets().map(({ kind }) => kind)).toContain("client_secret");
  });
});

describe("a provider on demand", () => {
  it("is not there when nobody asked for it, nor known to IAM", async () => {
    const { id_token: idToken } = await signedIn("okta");
    const plain = await startSandbox();
    try {
      expect(() => plain.face("okta")).toThrow("the provider okta was not started: name it in faces");
      expect((await assumeRole(plain, idToken)).code).toBe("InvalidIdentityToken");
    } finally {
      await plain.close();
    }
  });

  it("can go wrong by itself", async () => {
    sandbox.faults.set({ kind: "status", area: "device_authorization", face: "entra", status: 503 });
    const statuses = await Promise.all(
      (["okta", "google"] as const).map(async (face) => (await askDevice(face)).status),
    );
    expect(statuses).toEqual([200, 200]);
    const { reach, origin } = sandbox.face("entra");
    const url = v.parse(v.string(), (await documentOf("entra"))["device_authorization_endpoint"]);
    expect(url.startsWith(origin)).toBe(true);
    expect((await fetch(reach(url), { method: "POST" })).status).toBe(503);
  });
});
