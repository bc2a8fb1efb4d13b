import { failure, fakePorts, type FakePorts } from "@tegata/testkit";
import * as v from "valibot";
import { beforeEach, describe, expect, it } from "vitest";
import { fakeProvider, json, type FakeProvider } from "../test/fake-provider.ts";
import { deviceFlowIdp } from "./device-flow-idp.ts";
import { HttpFailure } from "./http.ts";
import { signIn, type SignInSession } from "./sign-in.ts";

const now = Date.UTC(2030, 0, 1) / 1000;
let idp: FakeProvider;
let stored: SignInSession | undefined;
let saves: SignInSession[];

const plugin = deviceFlowIdp({
  id: "example",
  summary: "an example",
  settings: v.strictObject({}),
  issuer: () => idp.issuer,
  clientId: () => "client",
  scope: () => "openid offline_access",
});

beforeEach(async () => {
  idp = await fakeProvider(now);
  saves = [];
  stored = { issuer: idp.issuer, subject: "ann", idToken: await idp.sign(), refreshToken: "refresh-1" };
});

interface Options {
  readonly person?: boolean;
  readonly alwaysAsk?: boolean;
  /** Called after the n-th save has become durable: whatever it throws is a crash at that moment. */
  readonly afterSave?: (count: number) => void;
  readonly beforeSave?: (count: number) => void;
}

const ports = (): FakePorts => fakePorts({ fetch: idp.fetch });
const run = ({ person = false, alwaysAsk = false, afterSave, beforeSave }: Options = {}, given = ports()) =>
  signIn(
    {
      idp: plugin,
      settings: {},
      alwaysAsk,
      promptPerson: person ? () => () => undefined : undefined,
      sessions: {
        load: () => Promise.resolve(stored),
        save: async (session) => {
          beforeSave?.(saves.length + 1);
          stored = session;
          saves.push(session);
          afterSave?.(saves.length);
          await Promise.resolve();
        },
      },
    },
    given,
  );
const change = (patch: Partial<SignInSession>) => {
  if (stored !== undefined) {
    stored = { ...stored, ...patch };
  }
};
const crash = new Error("the power failed");

describe("a session's ID token", () => {
  it("is used again while it lasts, verified like a new one, and nothing is written", async () => {
    expect(await run()).toMatchObject({ fromSession: true, idToken: { claims: { sub: "ann" } } });
    expect(idp.requests).toEqual(["discovery", "jwks"]);
    expect(saves).toEqual([]);
  });

  it.each([
    ["a minute and a second before its end", 61, true],
    ["a minute before its end", 60, false],
    ["after its end", -1, false],
  ])("is used again %s: %i s, %j", async (_name, seconds, again) => {
    change({ idToken: await idp.sign({ exp: now + seconds }) });
    expect(await run()).toMatchObject({ fromSession: again });
  });

  it.each([
    ["garbage", () => "garbage"],
    ["an empty text", () => ""],
    ["three dots", () => "..."],
    ["for another client", () => idp.sign({ aud: "other" })],
    ["of another issuer", () => idp.sign({ iss: "https://evil.example.com" })],
    ["issued in the future", () => idp.sign({ iat: now + 3600 })],
    ["with an end beyond all dates", () => idp.sign({ exp: Number.MAX_SAFE_INTEGER })],
  ])("is renewed by refresh token when it is %s", async (_name, token) => {
    change({ idToken: await token() });
    expect(await run()).toMatchObject({ fromSession: false });
    expect(stored?.refreshToken).toBe("refresh-2");
  });

  it("is renewed by refresh token when the issuer has changed its keys", async () => {
    await idp.changeKeys();
    expect(await run()).toMatchObject({ fromSession: false });
    expect(idp.requests).toEqual(["discovery", "jwks", "token refresh_token", "jwks"]);
  });

  it("is not spent on a network error: neither it nor the refresh token is dropped", async () => {
    const before = stored;
    for (const area of ["discovery", "jwks"] as const) {
      idp.answers = { [area]: () => Promise.reject(new HttpFailure("timeout", "none")) };
      await failure(run({ person: true }), "idp_unreachable");
      idp.answers = { [area]: () => json(503, {}) };
      await failure(run({ person: true }), "idp_unavailable");
    }
    expect(stored).toBe(before);
    expect(idp.requests.filter((request) => request.startsWith("token"))).toEqual([]);
  });

  it("is not looked at, and the session not touched, when a person must be asked", async () => {
    const before = stored;
    idp.answers.token = () => json(400, { error: "access_denied" });
    await failure(run({ person: true, alwaysAsk: true }), "device_denied");
    expect(stored).toBe(before);
    idp.answers = {};
    expect(await run({ person: true, alwaysAsk: true })).toMatchObject({ fromSession: false });
    expect(stored?.refreshToken).toBe("refresh-2");
    expect(saves).toHaveLength(1);
  });
});

describe("a renewed session", () => {
  beforeEach(() => change({ idToken: undefined }));

  it("keeps the rotated refresh token first, then the verified ID token", async () => {
    const { idToken } = await run();
    expect(saves.map(({ refreshToken, idToken: saved }) => [refreshToken, saved])).toEqual([
      ["refresh-2", undefined],
      ["refresh-2", idToken.jwt],
    ]);
  });

  it("keeps the old refresh token where there is no rotation", async () => {
    idp.rotates = false;
    await run();
    expect(saves.map(({ refreshToken }) => refreshToken)).toEqual(["refresh-1"]);
  });

  it.each([1, 2])("has the newest refresh token when the power fails after save %i", async (when) => {
    const afterSave = (count: number) => {
      if (count === when) {
        throw crash;
      }
    };
    await expect(run({ afterSave })).rejects.toBe(crash);
    expect(stored?.refreshToken).toBe(idp.refreshTokens.at(-1));
    await expect(run()).resolves.toBeDefined();
  });

  it("has the newest refresh token when the disk is full at the second save", async () => {
    const beforeSave = (count: number) => {
      if (count === 2) {
        throw crash;
      }
    };
    await expect(run({ beforeSave })).rejects.toBe(crash);
    expect(stored?.refreshToken).toBe(idp.refreshTokens.at(-1));
  });

  it("has the newest refresh token when the new ID token cannot be verified", async () => {
    idp.answers.jwks = () => json(503, {});
    await failure(run(), "idp_unavailable");
    expect(stored).toMatchObject({ refreshToken: "refresh-2", idToken: undefined });
    idp.answers = {};
    expect(await run()).toMatchObject({ fromSession: false });
  });

  it("has the newest refresh token when it is aborted just after the refresh", async () => {
    const controller = new AbortController();
    idp.answers.jwks = () => Promise.reject(crash);
    const afterSave = () => controller.abort(crash);
    await expect(run({ afterSave }, fakePorts({ fetch: idp.fetch, signal: controller.signal }))).rejects.toBe(crash);
    expect(stored?.refreshToken).toBe(idp.refreshTokens.at(-1));
  });

  it.each([
    ["no answer", () => Promise.reject(new HttpFailure("timeout", "none")), "idp_unreachable"],
    ["HTTP 500", () => json(500, { error: "invalid_grant" }), "idp_unavailable"],
    ["a page", () => new Response("<html>"), "idp_invalid_response"],
  ] as const)("asks once and keeps its refresh token after %s", async (_name, answer, code) => {
    const before = stored;
    idp.answers.token = answer;
    await failure(run({ person: true }), code);
    expect(stored).toBe(before);
    expect(idp.requests.filter((request) => request === "token refresh_token")).toHaveLength(1);
  });

  it("needs a person when the refresh token is dead, and forgets only that token", async () => {
    change({ refreshToken: "stolen-and-revoked" });
    await failure(run(), "sign_in_required");
    expect(stored).toEqual({ issuer: idp.issuer, subject: "ann", idToken: undefined, refreshToken: undefined });
    expect(await run({ person: true })).toMatchObject({ fromSession: false });
    expect(stored?.refreshToken).toBe("refresh-2");
  });

  it("is refused when it is another person's, and nothing of theirs is used", async () => {
    idp.claims = { sub: "bob" };
    const error = await failure(run(), "id_token_invalid");
    expect(error.message).toContain("another subject");
    expect(stored).toMatchObject({ subject: "ann", idToken: undefined });
  });

  it("is refused when its ID token is for another client or of another issuer", async () => {
    for (const claims of [{ aud: "other" }, { iss: "https://evil.example.com" }]) {
      idp.claims = claims;
      await failure(run(), "id_token_invalid");
    }
    expect(stored).toMatchObject({ refreshToken: "refresh-3", idToken: undefined });
  });
});

describe("a person who is asked", () => {
  it("may be another than before", async () => {
    idp.claims = { sub: "bob" };
    change({ idToken: undefined, refreshToken: undefined });
    await run({ person: true });
    expect(stored).toMatchObject({ subject: "bob", refreshToken: "refresh-2" });
  });

  it("is not asked when nobody may be, and nothing is sent without a session", async () => {
    stored = undefined;
    await failure(run(), "sign_in_required");
    await failure(run({ alwaysAsk: true }), "sign_in_required");
    expect(idp.requests).toEqual([]);
  });

  it("leaves a session behind only when the ID token holds", async () => {
    stored = undefined;
    idp.claims = { aud: "other" };
    await failure(run({ person: true }), "id_token_invalid");
    expect(saves).toEqual([]);
  });

  it("leaves a session without a refresh token when the provider gives none", async () => {
    idp.answers.token = async () => json(200, { id_token: await idp.sign() });
    await run({ person: true, alwaysAsk: true });
    expect(stored?.refreshToken).toBeUndefined();
  });
});

it("logs no token", async () => {
  change({ idToken: await idp.sign({ exp: now }) });
  const given = ports();
  await run({}, given);
  change({ refreshToken: "dead", idToken: "garbage" });
  await failure(run({}, given), "sign_in_required");
  const secrets = [...idp.refreshTokens, "dead", ...saves.flatMap(({ idToken }) => idToken ?? [])];
  expect(given.lines.length).toBeGreaterThan(0);
  expect(secrets.filter((secret) => given.lines.join("\n").includes(secret))).toEqual([]);
});
