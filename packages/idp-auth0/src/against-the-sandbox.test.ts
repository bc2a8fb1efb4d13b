/// <reference types="node" />
import { discover, limitedFetch, verifyIdToken, type AcquireContext } from "@tegata/core";
import { startSandbox, type Sandbox } from "@tegata/sandbox";
import { failure, fakeClock, fakePorts, heldClock } from "@tegata/testkit";
import * as v from "valibot";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { idpAuth0 } from "./index.ts";

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ intervalSeconds: 0 });
});
afterEach(() => {
  sandbox.faults.clear();
  sandbox.requests.clear();
});
afterAll(() => sandbox.close());

interface Options {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly refreshToken?: string;
  readonly asksNobody?: boolean;
  /** Before the n-th poll, while the program waits; the page with the code filled in. */
  readonly beforePoll?: (count: number, page: string) => Promise<void> | void;
}

function start({ settings: patch = {}, refreshToken, asksNobody = false, beforePoll }: Options = {}) {
  const clock = fakeClock(Date.now());
  let page = "";
  let polls = 0;
  const events: string[] = [];
  const ports = fakePorts({
    fetch: limitedFetch(fetch, heldClock()),
    clock: {
      ...clock,
      sleep: async (milliseconds, signal) => {
        polls += 1;
        await beforePoll?.(polls, page);
        await clock.sleep(milliseconds, signal);
      },
    },
  });
  const settings = v.parse(idpAuth0.settings, {
    domain: sandbox.auth0.domain,
    client_id: sandbox.auth0.clientId,
    ...patch,
  });
  const context: AcquireContext = {
    ...ports,
    refreshToken,
    promptPerson: asksNobody
      ? undefined
      : (prompt) => {
          page = prompt.kind === "device" ? (prompt.verificationUriComplete ?? "") : "";
          return () => events.push("prompt ends");
        },
    discover: () => discover(idpAuth0.expectations(settings).issuer, ports),
    storeRefreshToken: async (token) => {
      events.push(`keep ${token === refreshToken ? "the same" : "a new one"}`);
      await Promise.resolve();
    },
    dropRefreshToken: async () => {
      events.push("drop");
      await Promise.resolve();
    },
  };
  return { ports, context, events, clock, grant: idpAuth0.acquire(settings, context) };
}

const answers = (area: "token" | "device_authorization", status: number, body: unknown, times?: number) =>
  sandbox.faults.set({ kind: "status", area, status, body: JSON.stringify(body), ...(times && { times }) });
const approves: Options["beforePoll"] = (count, page) => (count === 1 ? sandbox.approve(page) : undefined);

describe("Auth0", () => {
  it("is waited for through its 403 while the person has not decided", async () => {
    const { grant, clock } = start({
      beforePoll: (count, page) => (count === 3 ? sandbox.approve(page) : undefined),
    });
    await grant;
    const polls = sandbox.requests.all().filter(({ area }) => area === "token");
    expect(polls.map(({ status }) => status)).toEqual([403, 403, 200]);
    expect(clock.sleeps).toEqual([1000, 1000, 1000]);
  });

  it("is asked less often after its 429 slow_down", async () => {
    answers("token", 429, { error: "slow_down" }, 1);
    const { grant, clock } = start({ beforePoll: approves });
    await grant;
    expect(clock.sleeps).toEqual([1000, 6000]);
  });

  it("names its issuer with a slash at the end, and the token is verified against that", async () => {
    const { grant, context, ports } = start({ beforePoll: approves });
    const provider = await context.discover();
    const { claims } = await verifyIdToken((await grant).idToken, provider, sandbox.auth0.clientId, ports);
    expect([provider.issuer, claims.iss]).toEqual([sandbox.auth0.issuer, sandbox.auth0.issuer]);
    expect(claims.sub).toMatch(/^auth0\|/);
  });

  it.each([
    ["expired_token", "sign_in_expired", "the code ran out"],
    ["invalid_grant", "idp_rejected", "invalid_grant: Invalid or expired device code"],
  ] as const)("ends the wait with %s", async (error, code, words) => {
    answers("token", 403, { error, error_description: "Invalid or expired device code." });
    const { grant, events } = start();
    expect((await failure(grant, code)).message).toContain(words);
    expect(events).toEqual(["prompt ends"]);
    expect(sandbox.requests.count("token")).toBe(1);
  });

  it("wants a second factor at a renewal: a person is needed, the refresh token stays, and the error says what exempts it", async () => {
    answers("token", 403, { error: "mfa_required", error_description: "Multifactor authentication required" });
    const { grant, events } = start({ refreshToken: "good", asksNobody: true });
    const error = await failure(grant, "sign_in_required");
    expect(error.message).toContain("(mfa_required: Multifactor authentication required; a post-login Action");
    expect(error.message).toContain("event.transaction.protocol is oauth2-refresh-token");
    expect(error.details).toEqual({ error: "mfa_required" });
    expect(events).toEqual([]);
  });

  it("says why the sign-in was denied", async () => {
    const { grant } = start({ beforePoll: (_count, page) => sandbox.deny(page) });
    expect((await failure(grant, "sign_in_denied")).message).toContain("User cancelled the confirmation prompt");
  });

  it("refuses a client without the Device Code grant, and the hint says where to enable it, before anybody is asked", async () => {
    const { grant, events } = start({ settings: { client_id: "no-device-grant" } });
    const error = await failure(grant, "idp_grant_disabled");
    expect(error.message).toContain('Auth0 refuses the client "no-device-grant": Grant type');
    expect(error.hint).toMatch(/Device Code .* Advanced Settings/);
    expect(events).toEqual([]);
  });

  it.each([
    [401, { error: "invalid_client" }],
    [403, { error: "invalid_request", error_description: "Unknown client: nobody" }],
    [400, { error: "invalid_request", error_description: "unknown client: nobody\u001b[2J" }],
  ])("refuses an unknown client with HTTP %i, and the hint names client_id", async (status, body) => {
    answers("device_authorization", status, body);
    const error = await failure(start({ settings: { client_id: "nobody" } }).grant, "idp_client_rejected");
    expect(error.message).toContain('"nobody"');
    expect(error.hint).toContain("client_id");
  });

  it.each([
    "Offline access is not allowed for audience https://api",
    "Service not found: https://api",
    "Service not enabled within domain: https://api",
  ])("refuses an audience, and the hint points at it: %s", async (description) => {
    answers("device_authorization", 403, { error: "access_denied", error_description: description });
    const error = await failure(start({ settings: { audience: "https://api" } }).grant, "idp_rejected");
    expect(error.hint).toContain("check audience");
  });

  it("refuses in other ways with the same hints as every provider", async () => {
    answers("device_authorization", 400, { error: "invalid_scope" });
    expect((await failure(start().grant, "idp_rejected")).hint).toContain("take the least: scope openid");
  });

  it("is sent the audience where the settings have one, and else none", async () => {
    await start({ settings: { audience: "https://api.example.com" }, beforePoll: approves }).grant;
    await start({ beforePoll: approves }).grant;
    const sent = sandbox.requests.all().filter(({ area }) => area === "device_authorization");
    expect(sent.map(({ formParameterNames }) => formParameterNames.includes("audience"))).toEqual([true, false]);
  });

  it("is waited for while it limits the whole tenant (429), and is idp_unavailable at the start", async () => {
    answers("token", 429, { error: "access_denied", error_description: "Too many requests" }, 2);
    await start({ beforePoll: approves }).grant;
    answers("device_authorization", 429, { error: "access_denied" });
    await failure(start().grant, "idp_unavailable");
  });

  it("takes a rotated refresh token once: its reuse ends the whole family", async () => {
    const { refreshToken: first } = await start({ beforePoll: approves }).grant;
    const renewed = start({ refreshToken: first ?? "" });
    const { refreshToken: second } = await renewed.grant;
    expect(renewed.events).toEqual(["keep a new one"]);
    const reuse = start({ refreshToken: first ?? "", beforePoll: approves });
    expect((await reuse.grant).byRefreshToken).toBe(false);
    expect(reuse.events).toEqual(["drop", "prompt ends"]);
    const dead = start({ refreshToken: second ?? "", beforePoll: approves });
    await dead.grant;
    expect(dead.events).toEqual(["drop", "prompt ends"]);
  });
});
