import { failure, fakePorts, type FakePorts } from "@tegata/testkit";
import { describe, expect, it } from "vitest";
import type { DeviceAuthorization } from "./device-authorization.ts";
import { pollForTokens } from "./device-token-polling.ts";
import { TegataError } from "../base/errors.ts";
import { HttpFailure } from "../base/http.ts";
import type { OpenIdProvider } from "./openid-provider.ts";

const provider: OpenIdProvider = {
  issuer: "https://idp.example.com",
  metadata: { issuer: "https://idp.example.com", token_endpoint: "https://idp.example.com/token" },
};

type Step = Response | HttpFailure | ((ports: FakePorts) => Response | HttpFailure);

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });
const pending = () => json(400, { error: "authorization_pending" });
const slowDown = () => json(400, { error: "slow_down" });
const tokens = () => json(200, { access_token: "a", token_type: "Bearer", id_token: "i", refresh_token: "r" });
const noResponse = () => new HttpFailure("timeout", "no complete answer within 10 s");

/** Plays the steps in order, the last one for ever; tells how long was waited before each request, in seconds. */
async function poll(steps: readonly Step[], authorization: Partial<DeviceAuthorization> = {}) {
  let requests = 0;
  const ports: FakePorts = fakePorts({
    fetch: () => {
      const step = steps[Math.min(requests, steps.length - 1)];
      requests += 1;
      const answer = typeof step === "function" ? step(ports) : step;
      return answer instanceof Response
        ? Promise.resolve(answer.clone())
        : Promise.reject(answer ?? new Error("no step"));
    },
  });
  const outcome = pollForTokens(
    provider,
    { clientId: "client" },
    {
      deviceCode: "device-code",
      userCode: "WDJB-MJHT",
      verificationUri: "https://idp.example.com/device",
      verificationUriComplete: undefined,
      expiresInSeconds: 900,
      intervalSeconds: 5,
      ...authorization,
    },
    (refusal, usual) => usual ?? new TegataError("idp_rejected", refusal.error),
    ports,
  );
  const settled = await outcome.then(
    (value) => ({ value, error: undefined }),
    (error: unknown) => ({ value: undefined, error }),
  );
  return {
    ports,
    waits: ports.clock.sleeps.map((milliseconds) => milliseconds / 1000),
    requests,
    tokens: settled.value,
    outcome: settled.error === undefined ? Promise.resolve(settled.value) : Promise.reject(settled.error),
  };
}

describe("polling by RFC 8628", () => {
  it("waits one interval before the first request and between all others", async () => {
    const { waits, tokens: got } = await poll([pending(), pending(), tokens()]);
    expect(waits).toEqual([5, 5, 5]);
    expect(got).toEqual({ kind: "tokens", idToken: "i", refreshToken: "r", accessToken: "a" });
  });

  it("keeps what slow_down added for every later request", async () => {
    const { waits } = await poll([slowDown(), pending(), slowDown(), pending(), tokens()]);
    expect(waits).toEqual([5, 10, 10, 15, 15]);
  });

  it("understands Auth0's pending with HTTP 403 and its slow_down with HTTP 429", async () => {
    const { waits } = await poll([
      json(403, { error: "authorization_pending" }),
      json(429, { error: "slow_down" }),
      tokens(),
    ]);
    expect(waits).toEqual([5, 5, 10]);
  });

  it("takes a pending that comes with HTTP 200 for pending, not for tokens", async () => {
    const { requests } = await poll([json(200, { error: "authorization_pending" }), tokens()]);
    expect(requests).toBe(2);
  });

  it("doubles the wait while responses are missing, up to ten seconds, and returns to the interval after one", async () => {
    const { waits } = await poll([noResponse(), noResponse(), noResponse(), pending(), tokens()], {
      intervalSeconds: 2,
    });
    expect(waits).toEqual([2, 4, 8, 10, 2]);
  });

  it("slows down on a missing response even when the interval is long", async () => {
    const { waits } = await poll([noResponse(), tokens()], { intervalSeconds: 30 });
    expect(waits).toEqual([30, 60]);
  });

  it("waits out a plain 429 and a 503, by Retry-After where that is longer", async () => {
    const { waits } = await poll([
      json(429, { message: "Too many requests" }, { "retry-after": "7" }),
      new Response("<html>", { status: 503, headers: { "retry-after": "2" } }),
      new Response("", { status: 502 }),
      tokens(),
    ]);
    expect(waits).toEqual([5, 7, 5, 5]);
  });

  it("reads a Retry-After that is a date", async () => {
    const { waits } = await poll([
      (ports) =>
        new Response("", {
          status: 503,
          headers: { "retry-after": new Date(ports.clock.now() + 20_000).toUTCString() },
        }),
      tokens(),
    ]);
    expect(waits).toEqual([5, 20]);
  });

  it("never waits past the life of the code", async () => {
    const { waits, outcome } = await poll([json(429, {}, { "retry-after": "3600" })], { expiresInSeconds: 60 });
    expect(waits).toEqual([5, 55]);
    await failure(outcome, "idp_unavailable");
  });

  it("ends when the code has run out", async () => {
    const { outcome, requests } = await poll([pending()], { expiresInSeconds: 12 });
    await failure(outcome, "sign_in_expired");
    expect(requests).toBe(2);
  });

  it("ends when the laptop slept through the code's life", async () => {
    const { outcome, requests } = await poll([
      (ports) => {
        ports.clock.suspend(3_600_000);
        return pending();
      },
      tokens(),
    ]);
    await failure(outcome, "sign_in_expired");
    expect(requests).toBe(1);
  });

  it("ends at the code's life when the clock is set back", async () => {
    const { outcome, requests } = await poll(
      [
        (ports) => {
          ports.clock.set(0);
          return pending();
        },
      ],
      { expiresInSeconds: 21 },
    );
    await failure(outcome, "sign_in_expired");
    expect(requests).toBe(4);
  });

  it("takes expired_token for a code that ran out, at any time", async () => {
    const { outcome } = await poll([json(403, { error: "expired_token" })]);
    await failure(outcome, "sign_in_expired");
  });

  it.each(["invalid_grant", "bad_verification_code"])(
    "takes %s for a refusal while the code is good",
    async (error) => {
      const { outcome, requests } = await poll([pending(), json(400, { error })]);
      expect((await failure(outcome, "idp_rejected")).message).toBe(error);
      expect(requests).toBe(2);
    },
  );

  it.each([
    [10, "sign_in_expired"],
    [7, "sign_in_expired"],
    [8, "idp_rejected"],
  ] as const)("takes invalid_grant of a code of %i seconds, after five, for %s", async (expiresInSeconds, code) => {
    const late = (ports: FakePorts) => {
      // The answer takes its time.
      ports.clock.set(ports.clock.now() + (expiresInSeconds === 10 ? 4000 : 0));
      return json(400, { error: "invalid_grant" });
    };
    await failure((await poll([late], { expiresInSeconds })).outcome, code);
  });

  it("quotes the denial, without what a terminal would obey", async () => {
    const { outcome } = await poll([
      json(403, { error: "access_denied", error_description: "no\u001b[2J\u202eentry" }),
    ]);
    const error = await failure(outcome, "sign_in_denied");
    expect(error.message).toBe("the sign-in was denied: no [2J entry");
  });

  it("stops at any other OAuth error", async () => {
    const { outcome, requests } = await poll([json(400, { error: "server_on_fire" })]);
    await failure(outcome, "idp_rejected");
    expect(requests).toBe(1);
  });

  it("says that the provider cannot be reached when there was no response to the end", async () => {
    const { outcome } = await poll([noResponse()], { expiresInSeconds: 30 });
    await failure(outcome, "idp_unreachable");
  });

  it("says that the code ran out when the last response was pending, also after a failure", async () => {
    const { outcome } = await poll([noResponse(), pending()], { expiresInSeconds: 30 });
    await failure(outcome, "sign_in_expired");
  });

  it.each([
    ["an HTML page", new Response("<html>sign in</html>", { status: 200 })],
    ["a JSON array", json(200, [])],
    ["an ID token that is no string", json(200, { id_token: 5 })],
    ["a 404 without an OAuth error", new Response("not here", { status: 404 })],
    ["an error that is no string", json(400, { error: { code: 1 } })],
  ])("stops at once at a response that makes no sense: %s", async (_name, response) => {
    const { outcome, requests } = await poll([response]);
    await failure(outcome, "idp_invalid_response");
    expect(requests).toBe(1);
  });

  it.each(["too_large", "redirect", "http_not_allowed"] as const)(
    "does not retry a failure of the kind %s",
    async (kind) => {
      const { outcome, requests } = await poll([new HttpFailure(kind, "no")]);
      await failure(outcome, "idp_unreachable");
      expect(requests).toBe(1);
    },
  );

  it("passes on a bug at once", async () => {
    const ports = fakePorts({ fetch: () => Promise.reject(new RangeError("bug")) });
    const outcome = pollForTokens(
      provider,
      { clientId: "client" },
      {
        deviceCode: "d",
        userCode: "u",
        verificationUri: "https://idp.example.com/device",
        verificationUriComplete: undefined,
        expiresInSeconds: 900,
        intervalSeconds: 5,
      },
      () => new TegataError("idp_rejected", "refused"),
      ports,
    );
    await expect(outcome).rejects.toThrow(RangeError);
  });
});
