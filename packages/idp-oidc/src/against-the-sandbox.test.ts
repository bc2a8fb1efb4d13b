/// <reference types="node" />
import { discover, limitedFetch, type AcquireContext, type PromptPerson } from "@tegata/core";
import { startSandbox, type Sandbox } from "@tegata/sandbox";
import { failure, fakeClock, fakePorts, heldClock } from "@tegata/testkit";
import * as v from "valibot";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { idpOidc } from "./index.ts";

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ intervalSeconds: 0 });
});
afterEach(() => {
  sandbox.faults.clear();
  sandbox.requests.clear();
});
afterAll(() => sandbox.close());

/** By the device grant. Nobody decides: the clock of these runs stands still until it is slept on, and each run ends by an answer. */
function acquire(patch: Readonly<Record<string, unknown>> = {}, promptPerson: PromptPerson = () => () => undefined) {
  const ports = fakePorts({ fetch: limitedFetch(fetch, heldClock()), clock: fakeClock(Date.now()) });
  const settings = v.parse(idpOidc.settings, {
    issuer: sandbox.oidc.issuer,
    client_id: sandbox.oidc.clientId,
    ...patch,
  });
  const context: AcquireContext = {
    ...ports,
    refreshToken: undefined,
    promptPerson,
    flows: ["device"],
    discover: () => discover(settings.issuer, ports),
    storeRefreshToken: () => Promise.resolve(),
    dropRefreshToken: () => Promise.resolve(),
  };
  return idpOidc.acquire(settings, context);
}

const token = (status: number, error: string) =>
  sandbox.faults.set({ kind: "status", area: "token", status, body: JSON.stringify({ error }) });

describe("a plain OpenID provider", () => {
  it("is sent the audience where the settings have one, and else none", async () => {
    token(400, "access_denied");
    await failure(acquire({ audience: "https://api.example.com" }), "sign_in_denied");
    await failure(acquire(), "sign_in_denied");
    const sent = sandbox.requests.all().filter(({ area }) => area === "device_authorization");
    expect(sent.map(({ formParameterNames }) => formParameterNames.includes("audience"))).toEqual([true, false]);
  });

  it("that refuses the device grant is told apart from one that does not know the client", async () => {
    await failure(acquire({ client_id: "no-device-grant" }), "idp_grant_disabled");
    await failure(acquire({ client_id: "nobody" }), "idp_client_rejected");
  });

  it("whose document does not name its device endpoint is asked where the settings say, and only then", async () => {
    const { issuer } = sandbox.oidc;
    sandbox.faults.set({ kind: "patchJson", area: "discovery", patch: {}, remove: ["device_authorization_endpoint"] });
    token(400, "access_denied");
    const error = await failure(acquire(), "idp_grant_disabled");
    expect(error.hint).toContain("set device_authorization_endpoint");
    await failure(acquire({ device_authorization_endpoint: `${issuer}/device/authorize` }), "sign_in_denied");
    sandbox.faults.clear();
    token(400, "access_denied");
    await failure(acquire({ device_authorization_endpoint: `${issuer}/nowhere` }), "sign_in_denied");
    const asked = sandbox.requests.all().flatMap(({ area, path }) => (area === "device_authorization" ? [path] : []));
    expect(asked).toEqual(["/device/authorize", "/device/authorize"]);
  });

  it("whose verification page is elsewhere is trusted only when the settings name that host", async () => {
    const patch = { verification_uri: "https://login.example.com/d", verification_uri_complete: null };
    sandbox.faults.set({ kind: "patchJson", area: "device_authorization", patch });
    await failure(acquire(), "idp_untrusted_url");
    token(400, "access_denied");
    const pages: string[] = [];
    const run = acquire({ verification_host: "login.example.com" }, (prompt) => {
      pages.push(prompt.kind === "device" ? prompt.verificationUri : prompt.kind);
      return () => undefined;
    });
    await failure(run, "sign_in_denied");
    expect(pages).toEqual(["https://login.example.com/d"]);
  });

  it.each<[Parameters<Sandbox["faults"]["set"]>[0], Parameters<typeof failure>[1]]>([
    [{ kind: "status", area: "discovery", status: 404 }, "idp_invalid_response"],
    [{ kind: "status", area: "discovery", status: 503 }, "idp_unavailable"],
    [{ kind: "status", area: "discovery", status: 302, headers: { location: "/login" } }, "idp_unreachable"],
    [{ kind: "reset", area: "discovery" }, "idp_unreachable"],
    [{ kind: "patchJson", area: "discovery", patch: { issuer: "https://evil.example.com" } }, "idp_invalid_response"],
    [
      { kind: "patchJson", area: "discovery", patch: { token_endpoint: "http://evil.example.com" } },
      "idp_untrusted_url",
    ],
    [{ kind: "patchJson", area: "discovery", patch: {}, remove: ["token_endpoint"] }, "idp_invalid_response"],
    [
      { kind: "patchJson", area: "discovery", patch: {}, remove: ["device_authorization_endpoint"] },
      "idp_grant_disabled",
    ],
    [{ kind: "reset", area: "device_authorization" }, "idp_unreachable"],
    [{ kind: "status", area: "device_authorization", status: 429 }, "idp_unavailable"],
    [{ kind: "status", area: "device_authorization", status: 200, body: "<html>" }, "idp_invalid_response"],
    [{ kind: "patchJson", area: "device_authorization", patch: { interval: 1e9 } }, "idp_invalid_response"],
    [{ kind: "patchJson", area: "device_authorization", patch: { user_code: "\u001b[2J" } }, "idp_invalid_response"],
    [{ kind: "status", area: "token", status: 200, body: "<html>" }, "idp_invalid_response"],
    [{ kind: "status", area: "token", status: 307, headers: { location: "/token" } }, "idp_unreachable"],
  ])("that goes wrong is asked for tokens once at most: %j", async (fault, code) => {
    sandbox.faults.set(fault);
    await failure(acquire(), code);
    expect(sandbox.requests.count("token")).toBeLessThanOrEqual(1);
  });
});
