import * as v from "valibot";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../src/index.ts";
import { assumeRole, type Keys, keysOf, like, signIn } from "./world.ts";

const DESTINATION = "https://eu-central-1.console.aws.amazon.com/console/home?region=eu-central-1";

let sandbox: Sandbox;
let keys: Keys;
let clock = 0;
beforeAll(async () => {
  sandbox = await startSandbox({ now: () => Date.now() + clock });
  const { id_token: idToken } = await signIn(sandbox);
  keys = keysOf(await assumeRole(sandbox, idToken));
});
afterEach(() => {
  clock = 0;
  sandbox.faults.clear();
});
afterAll(() => sandbox.close());

function session({ accessKeyId, secretAccessKey, sessionToken }: Keys): string {
  return JSON.stringify({ sessionId: accessKeyId, sessionKey: secretAccessKey, sessionToken });
}

function federate(parameters: Record<string, string>, method: "GET" | "POST" = "POST"): Promise<Response> {
  const form = new URLSearchParams(parameters);
  const { endpoint } = sandbox.federation;
  return method === "POST"
    ? fetch(endpoint, { method: "POST", body: form, redirect: "manual" })
    : fetch(`${endpoint}?${form}`, { redirect: "manual" });
}

async function signinToken(parameters: Record<string, string> = {}): Promise<string> {
  const response = await federate({ Action: "getSigninToken", Session: session(keys), ...parameters });
  return v.parse(v.object({ SigninToken: v.string() }), await response.json()).SigninToken;
}

async function open(parameters: Record<string, string>, method: "GET" | "POST" = "GET"): Promise<Response> {
  return federate({ Action: "login", Issuer: "https://example.com/", Destination: DESTINATION, ...parameters }, method);
}

describe("getSigninToken", () => {
  it.each(["GET" as const, "POST" as const])("answers JSON to %s", async (method) => {
    const response = await federate(
      { Action: "getSigninToken", Session: session(keys), SessionDuration: "43200" },
      method,
    );
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({ SigninToken: like(/^[\w-]{600}$/) });
  });

  it.each([
    ["a session of unknown keys", () => ({ Session: session({ ...keys, accessKeyId: "ASIAAAAAAAAAAAAAAAAA" }) })],
    ["a wrong secret key", () => ({ Session: session({ ...keys, secretAccessKey: "x" }) })],
    ["a wrong session token", () => ({ Session: session({ ...keys, sessionToken: "x" }) })],
    ["a session that is no JSON", () => ({ Session: "{" })],
    ["a duration of 899 s", () => ({ SessionDuration: "899" })],
    ["a duration of 43201 s", () => ({ SessionDuration: "43201" })],
    ["an unknown action", () => ({ Action: "getToken" })],
  ])("refuses %s with HTML", async (_, parameters) => {
    const response = await federate({ Action: "getSigninToken", Session: session(keys), ...parameters() });
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(await response.text()).toContain("syntactically incorrect");
  });

  it("refuses credentials after their end", async () => {
    clock = 3_601_000;
    expect((await federate({ Action: "getSigninToken", Session: session(keys) })).status).toBe(400);
  });

  it("refuses SessionDuration as for chained roles when told so, and takes the request without it", async () => {
    sandbox.faults.set({ kind: "rejectSessionDuration" });
    const parameters = { Action: "getSigninToken", Session: session(keys) };
    expect((await federate({ ...parameters, SessionDuration: "3600" })).status).toBe(400);
    expect((await federate(parameters)).status).toBe(200);
  });
});

describe("login", () => {
  it.each(["GET" as const, "POST" as const])("leads to the console by %s", async (method) => {
    const response = await open({ SigninToken: await signinToken() }, method);
    expect(response.status).toBe(302);
    expect(response.headers.get("location")).toBe(sandbox.consoleUrl);
    const cookie = (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    const page = await fetch(sandbox.consoleUrl, { headers: { cookie } });
    const html = await page.text();
    expect(page.status).toBe(200);
    for (const attribute of [
      'data-account="123456789012"',
      'data-role="Developer"',
      'data-session-name="ann@example.com"',
      `data-destination="${DESTINATION}"`,
    ]) {
      expect(html).toContain(attribute);
    }
  });

  it("refuses a token that it never gave, one of 15 minutes ago, and a destination that is no console", async () => {
    expect((await open({ SigninToken: "made-up" })).status).toBe(400);
    const SigninToken = await signinToken();
    expect((await open({ SigninToken, Destination: "https://console.aws.amazon.com.example.com/" })).status).toBe(400);
    expect((await open({ SigninToken, Destination: "" })).status).toBe(400);
    clock = 15 * 60 * 1000;
    expect((await open({ SigninToken })).status).toBe(400);
  });

  it("ends the console session with SessionDuration", async () => {
    const response = await open({ SigninToken: await signinToken({ SessionDuration: "900" }) });
    const cookie = (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    clock = 901_000;
    expect((await fetch(sandbox.consoleUrl, { headers: { cookie } })).status).toBe(403);
  });

  it("shows nothing to a browser that is not signed in", async () => {
    expect((await fetch(sandbox.consoleUrl)).status).toBe(403);
  });
});
