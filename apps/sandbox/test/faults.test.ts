import { decodeJwt, decodeProtectedHeader } from "jose";
import * as v from "valibot";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type Area, type Sandbox } from "../src/index.ts";
import { askSts, assumeRole, authorizeDevice, discover, like, post, signIn, signInRaw } from "./world.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ intervalSeconds: 1, control: true });
});
afterEach(() => sandbox.faults.clear());
afterAll(() => sandbox.close());

type FaultArea = Exclude<Area, "pages" | "console">;

function urls(): Record<FaultArea, string> {
  const { issuer } = sandbox.oidc;
  return {
    discovery: `${issuer}/.well-known/openid-configuration`,
    authorization: `${issuer}/authorize`,
    device_authorization: `${issuer}/device/authorize`,
    token: `${issuer}/token`,
    jwks: `${issuer}/jwks`,
    revocation: `${issuer}/revoke`,
    sts: sandbox.sts.endpoint,
    federation: sandbox.federation.endpoint,
  };
}

async function kids(): Promise<unknown[]> {
  const response = await fetch(urls().jwks);
  return v.parse(v.object({ keys: v.array(v.unknown()) }), await response.json()).keys;
}

describe.each<FaultArea>(["discovery", "device_authorization", "token", "jwks", "revocation", "sts", "federation"])(
  "at %s",
  (area) => {
    const method = area === "discovery" || area === "jwks" ? "GET" : "POST";

    it("plays a foreign response, as often as asked", async () => {
      sandbox.faults.set({
        kind: "status",
        area,
        status: 429,
        headers: { "Retry-After": "7" },
        body: "busy",
        times: 1,
      });
      const response = await fetch(urls()[area], { method });
      expect(response.status).toBe(429);
      expect(response.headers.get("retry-after")).toBe("7");
      expect(await response.text()).toBe("busy");
      expect((await fetch(urls()[area], { method })).status).not.toBe(429);
    });

    it("cuts the connection", async () => {
      sandbox.faults.set({ kind: "reset", area, times: 1 });
      await expect(fetch(urls()[area], { method })).rejects.toThrow(/fetch failed/);
      await expect(fetch(urls()[area], { method })).resolves.toBeInstanceOf(Response);
    });

    it("loses a response, and gives the next one", async () => {
      sandbox.faults.set({ kind: "loseResponse", area, times: 1 });
      await expect(fetch(urls()[area], { method })).rejects.toThrow(/fetch failed/);
      await expect(fetch(urls()[area], { method })).resolves.toBeInstanceOf(Response);
    });

    it("lets the response wait", async () => {
      sandbox.faults.set({ kind: "slow", area, milliseconds: 120, times: 1 });
      const start = performance.now();
      await fetch(urls()[area], { method });
      expect(performance.now() - start).toBeGreaterThan(110);
    });

    it("shifts the Date header", async () => {
      sandbox.faults.set({ kind: "clockSkew", area, seconds: 7200, times: 1 });
      const response = await fetch(urls()[area], { method });
      expect(Date.parse(response.headers.get("date") ?? "") - Date.now()).toBeGreaterThan(7_100_000);
    });
  },
);

describe("patchJson", () => {
  it("lays hostile values over the real device response, at one face only", async () => {
    sandbox.faults.set({
      kind: "patchJson",
      area: "device_authorization",
      face: "oidc",
      patch: { user_code: "\u001B[31mEVIL", verification_uri: "javascript:alert(1)" },
      remove: ["interval"],
    });
    const { device_authorization_endpoint: url } = await discover(sandbox, "oidc");
    const { json } = await post(url, { client_id: "tegata-cli", scope: "openid" });
    expect(json).toMatchObject({
      user_code: "\u001B[31mEVIL",
      verification_uri: "javascript:alert(1)",
      expires_in: 600,
    });
    expect(json).not.toHaveProperty("interval");
    expect((await authorizeDevice(sandbox, "auth0")).user_code).toMatch(/^[B-Z-]+$/);
  });

  it.each(["discovery" as const, "jwks" as const, "token" as const])(
    "lays values over the response of %s",
    async (area) => {
      sandbox.faults.set({ kind: "patchJson", area, patch: { extra: 1 } });
      const method = area === "token" ? "POST" : "GET";
      expect(await (await fetch(urls()[area], { method })).json()).toMatchObject({ extra: 1 });
    },
  );
});

describe("the ID token", () => {
  it("is left out on demand", async () => {
    sandbox.faults.set({ kind: "idToken", fault: { how: "missing" } });
    expect((await signInRaw(sandbox, "oidc")).json).not.toHaveProperty("id_token");
  });

  it("is unsigned on demand, or names no key", async () => {
    sandbox.faults.set({ kind: "idToken", fault: { how: "algNone" }, times: 1 });
    const unsigned = await signIn(sandbox);
    expect(decodeProtectedHeader(unsigned.id_token).alg).toBe("none");
    expect(unsigned.id_token.endsWith(".")).toBe(true);
    sandbox.faults.set({ kind: "idToken", fault: { how: "noKeyId" }, times: 1 });
    expect(decodeProtectedHeader((await signIn(sandbox)).id_token).kid).toBeUndefined();
  });

  it("carries changed claims under the provider's real signature", async () => {
    sandbox.faults.set({ kind: "idToken", fault: { how: "claims", claims: { sub: "someone" }, remove: ["email"] } });
    const { id_token: idToken } = await signIn(sandbox);
    expect(decodeJwt(idToken)).toMatchObject({ sub: "someone", name: "Ann Example" });
    expect(decodeJwt(idToken)).not.toHaveProperty("email");
    expect(await assumeRole(sandbox, idToken)).toMatchObject({ status: 200 });
  });

  it("follows a skewed clock", async () => {
    sandbox.faults.set({ kind: "clockSkew", seconds: -7200 });
    const { id_token: idToken } = await signIn(sandbox);
    const { iat = 0, exp = 0 } = decodeJwt(idToken);
    expect(exp - iat).toBe(3600);
    expect(Date.now() / 1000 - iat).toBeGreaterThan(7190);
    sandbox.faults.clear();
    expect(await assumeRole(sandbox, idToken)).toMatchObject({ code: "ExpiredTokenException" });
  });
});

it.each([
  ["IDPRejectedClaim", 403],
  ["IDPCommunicationError", 400],
  ["RegionDisabledException", 403],
  ["PackedPolicyTooLarge", 400],
  ["Throttling", 400],
  ["ServiceUnavailable", 503],
  ["SomethingNew", 400],
])("STS answers %s on demand", async (code, status) => {
  sandbox.faults.set({ kind: "stsError", code, times: 1 });
  expect(await askSts(sandbox, { Action: "GetCallerIdentity" })).toMatchObject({
    status,
    code,
    message: like(/./),
  });
});

it("STS repeats status and words of an injected error", async () => {
  sandbox.faults.set({ kind: "stsError", code: "AccessDenied", httpStatus: 418, message: "<no> & \u001B" });
  expect(await askSts(sandbox, {})).toMatchObject({ status: 418, code: "AccessDenied", message: "<no> & \u001B" });
});

describe("the control port", () => {
  const json = { "Content-Type": "application/json" };

  async function control(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = json,
  ): Promise<Response> {
    return fetch(`${sandbox.control?.endpoint}${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  it("sets and clears faults", async () => {
    expect((await control("POST", "/faults", { kind: "status", area: "jwks", status: 500 })).status).toBe(204);
    expect((await fetch(urls().jwks)).status).toBe(500);
    expect((await control("DELETE", "/faults")).status).toBe(204);
    expect((await fetch(urls().jwks)).status).toBe(200);
  });

  it("rotates keys and tells the requests", async () => {
    const before = await kids();
    expect((await control("POST", "/rotate-keys", {})).status).toBe(204);
    expect(await kids()).toHaveLength(before.length + 1);
    expect(JSON.stringify(await kids())).not.toMatch(/"d":/);
    expect(await (await control("GET", "/requests")).json()).toContainEqual(expect.objectContaining({ area: "jwks" }));
  });

  it("names what is wrong with a fault, and takes nothing from a web page's form", async () => {
    const wrong = await control("POST", "/faults", { kind: "status", area: "nowhere", status: 500 });
    expect(wrong.status).toBe(400);
    expect(await wrong.text()).toContain("area");
    expect((await control("POST", "/faults", {}, { "Content-Type": "text/plain" })).status).toBe(415);
    expect((await control("GET", "/nothing")).status).toBe(404);
  });
});
