import { createHash } from "node:crypto";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  CLIENT_ID_WITHOUT_CODE_GRANT,
  GOOGLE_DESKTOP_CLIENT_ID,
  startSandbox,
  startTokenServer,
  type Sandbox,
  type TokenServer,
} from "../src/index.ts";

let sandbox: Sandbox;
let program: TokenServer;
let port = 0;
beforeAll(async () => {
  // What the browser comes back to.
  program = await startTokenServer({ issuerPath: "" });
  port = Number(new URL(program.issuer).port);
  program.respond = () => ({ status: 200, body: "back" });
  sandbox = await startSandbox({ faces: ["okta", "entra", "google", "cognito", "gitlab"], redirectPorts: [port] });
});
afterAll(() => Promise.all([sandbox.close(), program.close()]));

const discoverySchema = v.object({
  authorization_endpoint: v.string(),
  token_endpoint: v.string(),
  code_challenge_methods_supported: v.optional(v.array(v.string())),
  authorization_response_iss_parameter_supported: v.optional(v.boolean()),
});

const verifier = "v".repeat(43);
const challenge = createHash("sha256").update(verifier).digest("base64url");

async function discover(name: "oidc" | "auth0" | "okta" | "entra" | "google" | "cognito" | "gitlab") {
  const issuer = name === "oidc" || name === "auth0" ? sandbox[name].issuer : sandbox.face(name).issuer;
  const at = name === "google" ? sandbox.face(name).origin : issuer.replace(/\/$/, "");
  return v.parse(discoverySchema, await (await fetch(`${at}/.well-known/openid-configuration`)).json());
}

async function browse(
  name: Parameters<typeof discover>[0],
  redirectUri: string,
  change: Readonly<Record<string, string>> = {},
  outcome: "allow" | "deny" = "allow",
) {
  const { authorization_endpoint: endpoint } = await discover(name);
  const query = new URLSearchParams({
    response_type: "code",
    client_id: name === "google" ? GOOGLE_DESKTOP_CLIENT_ID : "tegata-cli",
    redirect_uri: redirectUri,
    scope: "openid email",
    state: "the-state",
    nonce: "the-nonce",
    code_challenge: challenge,
    code_challenge_method: "S256",
    ...change,
  });
  const page = await sandbox.browse(`${endpoint}?${query.toString()}`, { outcome });
  return { ...page, parameters: new URL(page.url).searchParams, isBack: page.url.startsWith(redirectUri) };
}

describe("the redirect URI", () => {
  it.each([
    ["oidc", "http://127.0.0.1:PORT/callback", true],
    ["oidc", "http://localhost:PORT/callback", false],
    ["oidc", "http://127.0.0.1:PORT/callback/", false],
    ["oidc", "http://127.0.0.1:PORT/callback?a=b", false],
    ["auth0", "http://127.0.0.1:PORT/callback", true],
    ["auth0", "http://127.0.0.1:1/callback", false],
    ["okta", "http://127.0.0.1:PORT/callback", true],
    ["okta", "http://127.0.0.1/callback", false],
    ["entra", "http://localhost:PORT", true],
    ["entra", "http://127.0.0.1:PORT", false],
    ["entra", "http://localhost:PORT/callback", false],
    ["cognito", "http://localhost:PORT/callback", true],
    ["cognito", "http://localhost:1/callback", false],
    ["cognito", "http://127.0.0.1:PORT/callback", false],
    ["gitlab", "http://127.0.0.1:PORT/callback", true],
    ["gitlab", "http://localhost:PORT/callback", false],
    ["google", "http://127.0.0.1:PORT/any/path", true],
    ["google", "http://localhost:PORT", true],
    ["google", "http://192.0.2.1/callback", false],
  ] as const)("at %s may be %s: %s", async (name, uri, isAllowed) => {
    const page = await browse(name, uri.replace("PORT", String(port)));
    expect(page.isBack).toBe(isAllowed);
    expect(page.status).toBe(isAllowed ? 200 : 400);
    expect(page.html).toContain(isAllowed ? "back" : 'data-page="error"');
  });
});

describe("the answer", () => {
  it("has a code, the state, and at the plain provider the issuer", async () => {
    const plain = await browse("oidc", `http://127.0.0.1:${port}/callback`);
    expect(plain.parameters.get("state")).toBe("the-state");
    expect(plain.parameters.get("iss")).toBe(sandbox.oidc.issuer);
    expect((await discover("oidc")).authorization_response_iss_parameter_supported).toBe(true);
    const entra = await browse("entra", `http://localhost:${port}`);
    expect(entra.parameters.has("iss")).toBe(false);
    expect((await discover("entra")).authorization_response_iss_parameter_supported).toBeUndefined();
    expect(sandbox.secrets().map(({ value }) => value)).toContain(entra.parameters.get("code"));
  });

  it("says that the person denied it, or that the client lacks the grant", async () => {
    const redirect = `http://127.0.0.1:${port}/callback`;
    expect((await browse("oidc", redirect, {}, "deny")).parameters.get("error")).toBe("access_denied");
    const refused = await browse("oidc", redirect, { client_id: CLIENT_ID_WITHOUT_CODE_GRANT });
    expect(Object.fromEntries(refused.parameters)).toMatchObject({ error: "unauthorized_client" });
  });

  it("is as a fault has it", async () => {
    sandbox.faults.set({ kind: "redirect", set: { iss: "https://evil.example" }, remove: ["state"] });
    const { parameters } = await browse("oidc", `http://127.0.0.1:${port}/callback`);
    sandbox.faults.clear();
    expect(parameters.get("iss")).toBe("https://evil.example");
    expect(parameters.has("state")).toBe(false);
  });
});

describe("the code", () => {
  it.each([
    ["the right verifier and redirect URI", {}, 200],
    ["another verifier", { code_verifier: "w".repeat(43) }, 400],
    ["another redirect URI", { redirect_uri: "http://127.0.0.1:1/callback" }, 400],
  ] as const)("with %s is answered as it should be, and once", async (_what, change, status) => {
    const redirect = `http://127.0.0.1:${port}/callback`;
    const { parameters } = await browse("oidc", redirect);
    const { token_endpoint: endpoint } = await discover("oidc");
    const send = () =>
      fetch(endpoint, {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "authorization_code",
          client_id: "tegata-cli",
          code: parameters.get("code") ?? "",
          redirect_uri: redirect,
          code_verifier: verifier,
          ...change,
        }),
      });
    expect((await send()).status).toBe(status);
    expect((await send()).status).toBe(400);
  });

  it("is not given without PKCE", async () => {
    const page = await browse("oidc", `http://127.0.0.1:${port}/callback`, { code_challenge: "" });
    expect(page.parameters.get("error")).toBe("invalid_request");
  });
});
