import type { Sandbox } from "@tegata/sandbox";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expectRefusal, inWorldOfItsOwn, loginAtTerminal, type Refusal } from "./support/refusal.ts";
import { createWorld, type World } from "./support/world.ts";

// The harness gives a program 20 s, and says what it printed: more than a test has by default.

type Fault = Parameters<Sandbox["faults"]["set"]>[0];
type Row = readonly [what: string, fault: Fault, code: string, error: Refusal["error"], hint: Refusal["hint"]];

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
beforeEach(() => world.sandbox.faults.clear());
afterAll(() => world.close());

const json = { "content-type": "application/json" };
const html = { "content-type": "text/html" };
const discovery = (status: number, body: string, headers: Record<string, string> = html): Fault => ({
  kind: "status",
  area: "discovery",
  status,
  headers,
  body,
});
const metadata = (patch: Record<string, unknown>, remove: string[] = []): Fault => ({
  kind: "patchJson",
  area: "discovery",
  patch,
  remove,
});
const device = (patch: Record<string, unknown>, remove: string[] = []): Fault => ({
  kind: "patchJson",
  area: "device_authorization",
  patch,
  remove,
});

const nobody = () => Promise.resolve();
const token = (status: number, body: string, times?: number): Fault => ({
  kind: "status",
  area: "token",
  status,
  headers: json,
  body,
  ...(times === undefined ? {} : { times }),
});

/** A login that ends before anybody is asked. */
async function expectLoginRefused(args: readonly string[], refusal: Refusal): Promise<void> {
  expectRefusal(await world.run(["login", ...args, "--error-format=json"]), refusal, world);
  expect(await world.storedFiles()).toEqual([]);
}

const invalid = "idp_invalid_response";
const checkIssuer = "check the issuer or the domain: <issuer>/.well-known/openid-configuration must answer";
const administrator = "tell the administrator of the identity provider";
const checkNetwork = "check the network, the proxy variables (HTTPS_PROXY, NO_PROXY) and the host name";

describe.each(["plain", "dev"])("login %s", (profile) => {
  it.each<Row>([
    ["HTML instead of discovery", discovery(200, "<h1>hi</h1>"), invalid, "is not a JSON object", checkIssuer],
    ["discovery that is a list", discovery(200, "[]", json), invalid, "is not an OpenID provider", checkIssuer],
    ["empty discovery", discovery(200, "", json), invalid, "is not an OpenID provider", checkIssuer],
    ["discovery 404", discovery(404, "no"), invalid, /127\.0\.0\.1:\d+.* answers HTTP 404/, checkIssuer],
    ["discovery without issuer", metadata({}, ["issuer"]), invalid, "is not an OpenID provider", checkIssuer],
    ["another issuer", metadata({ issuer: "https://evil.example" }), invalid, "names another issuer", checkIssuer],
    ["discovery 503", discovery(503, ""), "idp_unavailable", "answers HTTP 503 (discovery document)", "try again"],
    ["discovery 429", discovery(429, ""), "idp_unavailable", "answers HTTP 429 (discovery document)", "try again"],
    ["a redirect", discovery(302, "", { location: "https://evil.example" }), "idp_unreachable", "redirects", /network/],
    ["an endless answer", discovery(200, "x".repeat(1_100_000)), "idp_unreachable", "larger than 1048576 bytes", /./],
    [
      "a cut connection",
      { kind: "reset", area: "discovery" },
      "idp_unreachable",
      /at 127\.0\.0\.1:\d+: /,
      checkNetwork,
    ],
    [
      "a token endpoint by http",
      metadata({ token_endpoint: "http://idp.example/token" }),
      "idp_untrusted_url",
      "names a token_endpoint that is not a plain https URL: http://idp.example/token",
      administrator,
    ],
    [
      "a key set by another scheme",
      metadata({ jwks_uri: "file:///etc/passwd" }),
      "idp_untrusted_url",
      "names a jwks_uri that is not a plain https URL: file:///etc/passwd",
      administrator,
    ],
    [
      "neither a device endpoint nor one for a browser",
      metadata({}, ["device_authorization_endpoint", "authorization_endpoint"]),
      "idp_grant_disabled",
      "no device_authorization_endpoint",
      "enable the device grant",
    ],
    [
      "device authorization 503",
      { kind: "status", area: "device_authorization", status: 503 },
      "idp_unavailable",
      "answers HTTP 503 (device authorization)",
      "try again in a moment",
    ],
    ["no user code", device({}, ["user_code"]), invalid, "device authorization endpoint at 127.0.0.1", administrator],
    [
      "a code that hides",
      device({ user_code: "A\u202eB" }),
      invalid,
      "its user_code is missing or makes no sense",
      administrator,
    ],
    ["an empty code", device({ user_code: "" }), invalid, "device authorization", administrator],
    ["no lifetime", device({ expires_in: 0 }), invalid, "makes no sense", administrator],
    [
      "a page elsewhere",
      device({ verification_uri: "https://evil.example/device" }),
      "idp_untrusted_url",
      /page that is not on 127\.0\.0\.1:\d+: https:\/\/evil\.example\/device/,
      "do not open it",
    ],
    [
      "a complete page elsewhere",
      device({ verification_uri_complete: "https://evil.example/?c=1" }),
      "idp_untrusted_url",
      "https://evil.example/?c=1",
      "do not open it",
    ],
    [
      "a page by http",
      device({ verification_uri: "http://idp.example/" }),
      "idp_untrusted_url",
      "http://idp.example/",
      /./,
    ],
    ["a script as page", device({ verification_uri: "javascript:alert(1)" }), "idp_untrusted_url", "javascript:", /./],
  ])("ends without asking on %s", async (_what, fault, code, error, hint) => {
    world.sandbox.faults.set(fault);
    const status = code === "idp_grant_disabled" ? 5 : 6;
    await expectLoginRefused([profile], { status, code, error, hint });
  });

  it.each([
    ["without the device grant", "no-device-grant", "idp_grant_disabled", /[Dd]evice/],
    ["that nobody knows", "nobody", "idp_client_rejected", "--client-id"],
  ])("names a client %s", async (_what, client, code, hint) => {
    await expectLoginRefused([profile, "--client-id", client], { status: 5, code, error: `"${client}"`, hint });
  });

  it("names the address that nobody answers at", async () => {
    const where = profile === "dev" ? ["--domain", "http://127.0.0.1:1"] : ["--issuer", "http://127.0.0.1:1"];
    const error = /the identity provider cannot be reached at 127\.0\.0\.1:1: .*(REFUSED|refused)/;
    await expectLoginRefused([profile, ...where], { status: 6, code: "idp_unreachable", error, hint: checkNetwork });
  });
});

describe("a login while a person decides", () => {
  it.concurrent("ends with the refusal (5), and says how to try again", async () => {
    await inWorldOfItsOwn(async (own) => {
      const ended = await loginAtTerminal(own, ["dev"], (uri) => own.sandbox.deny(uri));
      const error = "the sign-in was denied: User cancelled the confirmation prompt";
      expectRefusal(ended, { status: 5, error, hint: "run the command again" }, own);
      expect(await own.storedFiles()).toEqual([]);
    });
  });

  it.concurrent.each<[what: string, faults: Fault[], refusal: Refusal]>([
    [
      "a code that ran out (4)",
      [device({ expires_in: 1 })],
      { status: 4, error: "the code ran out before the sign-in was confirmed", hint: "confirm the new code" },
    ],
    [
      "5xx to the end of the code's life (6)",
      [device({ expires_in: 2 }), token(503, "")],
      { status: 6, error: /identity provider 127\.0\.0\.1:\d+ answers HTTP 503/, hint: "try again in a moment" },
    ],
    [
      "HTML with status 400 (6)",
      [token(400, "<h1>no</h1>")],
      { status: 6, error: "makes no sense: HTTP 400 without an OAuth error code", hint: "check the issuer" },
    ],
    [
      "a redirect of the token endpoint (6)",
      [{ kind: "status", area: "token", status: 307, headers: { location: "https://evil.example/" } }],
      { status: 6, error: "the answer redirects elsewhere (HTTP 307)", hint: "check the host name" },
    ],
    [
      "invalid_grant while the code is good: the person may not sign in (5)",
      [token(400, '{"error":"invalid_grant","error_description":"The user is no longer allowed to sign in."}')],
      {
        status: 5,
        error: "does not finish the sign-in: invalid_grant: The user is no longer allowed to sign in",
        hint: "run the command again; if it stays, ask the administrator",
      },
    ],
    [
      "an OAuth error that nobody knows (5)",
      [token(400, '{"error":"teapot","error_description":"short and stout"}')],
      { status: 5, error: "the identity provider refused: teapot: short and stout", hint: "check client_id, scope" },
    ],
  ])("ends on %s", async (_what, faults, refusal) => {
    await inWorldOfItsOwn(async (own) => {
      faults.forEach((fault) => own.sandbox.faults.set(fault));
      expectRefusal(await loginAtTerminal(own, ["plain"], nobody), refusal, own);
      expect(await own.storedFiles()).toEqual([]);
    });
  });

  it.concurrent.each<[what: string, fault: Fault]>([
    ["a plain 503", token(503, "down", 1)],
    ["a plain 429", token(429, "", 1)],
    ["a cut connection", { kind: "reset", area: "token", times: 1 }],
    ["an answer with a lifetime and an interval beyond all bounds", device({ expires_in: 1e300, interval: 0 })],
  ])("goes on after %s", async (_what, fault) => {
    await inWorldOfItsOwn(async (own) => {
      own.sandbox.faults.set(fault);
      expect(await own.login("dev")).toMatchObject({ status: 0 });
    });
  });
});
