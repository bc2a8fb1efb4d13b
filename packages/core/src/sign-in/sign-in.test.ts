import { failure, fakeClock, fakeDocuments, fakePorts, type FakePorts } from "@tegata/testkit";
import * as v from "valibot";
import { beforeEach, describe, expect, it } from "vitest";
import { fakeProvider, json, type FakeProvider } from "../../test/fake-provider.ts";
import { openIdConnectIdp } from "../plugin/openid-connect-idp.ts";
import { deviceGrant } from "../oidc/device-grant.ts";
import { HttpFailure } from "../base/http.ts";
import type { WantedSignIn } from "../oidc/wanted-sign-in.ts";
import type { RequiredClaim } from "../oidc/required-claims.ts";
import { signIn, type SignInSession } from "./sign-in.ts";

const now = Date.UTC(2030, 0, 1) / 1000;
let idp: FakeProvider;
let stored: SignInSession | undefined;
let saves: SignInSession[];

const plugin = openIdConnectIdp({
  id: "example",
  summary: "an example",
  settings: v.strictObject({}),
  issuer: () => idp.issuer,
  clientId: () => "client",
  scope: () => "openid offline_access",
  grants: () => [deviceGrant()],
});

beforeEach(async () => {
  idp = await fakeProvider(now);
  saves = [];
  stored = { issuer: idp.issuer, subject: "ann", idToken: await idp.sign(), refreshToken: "refresh-1" };
});

interface Options {
  readonly person?: boolean;
  readonly alwaysAsk?: boolean;
  readonly account?: string;
  readonly wanted?: WantedSignIn;
  readonly required?: readonly RequiredClaim[];
  /** Called after the n-th save has become durable: what it throws is a crash at that moment. */
  readonly afterSave?: (count: number) => void;
  readonly beforeSave?: (count: number) => void;
}

const ports = (): FakePorts => fakePorts({ fetch: idp.fetch });
const run = (
  { person = false, alwaysAsk = false, account, wanted, required = [], afterSave, beforeSave }: Options = {},
  given = ports(),
) =>
  signIn(
    {
      idp: { ...plugin, requiredClaims: () => required },
      settings: {},
      alwaysAsk,
      wanted: { account, ...wanted },
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
  ])("%s (%i s) is used again: %j", async (_name, seconds, again) => {
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

  it("stays, and the refresh token with it, when a request fails on the network", async () => {
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

  it("and its session stay as they are when a person must be asked, until the new sign-in succeeds", async () => {
    const before = stored;
    idp.answers.token = () => json(400, { error: "access_denied" });
    await failure(run({ person: true, alwaysAsk: true }), "sign_in_denied");
    expect(stored).toBe(before);
    idp.answers = {};
    expect(await run({ person: true, alwaysAsk: true })).toMatchObject({ fromSession: false });
    expect(stored?.refreshToken).toBe("refresh-2");
    expect(saves).toHaveLength(1);
  });
});

describe("a renewed session", () => {
  beforeEach(() => change({ idToken: undefined }));

  it("stores the rotated refresh token first, then the verified ID token", async () => {
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
    expect(stored).toEqual({
      issuer: idp.issuer,
      subject: "ann",
      idToken: undefined,
      refreshToken: undefined,
      refusal: { words: "invalid_grant", error: "invalid_grant", errorUri: undefined },
    });
    expect(await run({ person: true })).toMatchObject({ fromSession: false });
    expect(stored?.refreshToken).toBe("refresh-2");
  });

  it("says why it was not renewed, in this run and in every later one, until a person signs in", async () => {
    const uri = "https://idp.example.com/errors/2019";
    const words = "The user is no longer allowed to sign in.";
    idp.answers.token = () => json(400, { error: "invalid_grant", error_description: words, error_uri: uri });
    for (const _run of [1, 2]) {
      const error = await failure(run(), "sign_in_required");
      expect(error.message).toBe(
        "a sign-in in the browser is needed: the identity provider did not renew the last one (invalid_grant: The user is no longer allowed to sign in)",
      );
      expect(error.details).toEqual({ error: "invalid_grant", errorUri: uri });
    }
    expect(idp.requests.filter((request) => request === "token refresh_token")).toHaveLength(1);
    idp.answers = {};
    await run({ person: true });
    expect(stored?.refusal).toBeUndefined();
  });

  it("keeps the refresh token where the provider wants to see the person, and tries it again", async () => {
    const before = stored;
    idp.answers.token = () => json(403, { error: "mfa_required", error_description: "Multifactor is required" });
    for (const _run of [1, 2]) {
      const error = await failure(run(), "sign_in_required");
      expect(error.message).toContain("(mfa_required: Multifactor is required)");
    }
    expect(stored).toEqual(before);
    expect(idp.requests.filter((request) => request === "token refresh_token")).toHaveLength(2);
  });

  it("does not spend refresh tokens where they give no ID token, and keeps the last one to be revoked", async () => {
    idp.givesIdToken = false;
    for (const _run of [1, 2, 3]) {
      const error = await failure(run(), "sign_in_required");
      expect(error.message).toContain("its answer to the refresh token holds no ID token; the scope is");
    }
    expect(idp.requests.filter((request) => request === "token refresh_token")).toHaveLength(1);
    expect(stored?.refreshToken).toBe("refresh-2");
    idp.givesIdToken = true;
    await run({ person: true });
    expect(stored?.refusal).toBeUndefined();
  });

  it("is refused when it is another person's, and nothing of theirs is used", async () => {
    idp.claims = { sub: "bob" };
    const error = await failure(run(), "id_token_invalid");
    expect(error.message).toContain("another subject");
    expect(stored).toEqual({ issuer: idp.issuer, subject: "ann", idToken: undefined, refreshToken: undefined });
    idp.requests.length = 0;
    await failure(run(), "sign_in_required");
    expect(idp.requests, "asked for the same once more").toEqual([]);
  });

  it("is not used before the rotated refresh token is safe", async () => {
    const disk = new EventTarget();
    const saved = new Promise<void>((resolve) => disk.addEventListener("synced", () => resolve()));
    const sessions = { load: () => Promise.resolve(stored), save: () => saved };
    const request = { idp: plugin, settings: {}, alwaysAsk: false, promptPerson: undefined, sessions };
    const signedIn = signIn(request, ports());
    await expect.poll(() => idp.requests).toContain("token refresh_token");
    expect(idp.requests).toEqual(["discovery", "token refresh_token"]);
    disk.dispatchEvent(new Event("synced"));
    await signedIn;
    expect(idp.requests).toEqual(["discovery", "token refresh_token", "jwks"]);
  });

  it("is tried once more, then forgotten, when the response of a rotation did not come", async () => {
    idp.loseNextTokens = true;
    await failure(run({ person: true }), "idp_unreachable");
    expect(stored?.refreshToken, "it may not have been used").toBe("refresh-1");
    await failure(run(), "sign_in_required");
    expect(stored?.refreshToken).toBeUndefined();
    await failure(run(), "sign_in_required");
    expect(idp.requests.filter((request) => request === "token refresh_token")).toHaveLength(2);
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

describe("cached documents", () => {
  it("leave no request while the ID token lasts, and one for a refresh", async () => {
    const documents = fakeDocuments();
    const kept = () => fakePorts({ fetch: idp.fetch, documents });
    await run({}, kept());
    idp.requests.length = 0;
    await run({}, kept());
    expect(idp.requests).toEqual([]);
    change({ idToken: undefined });
    await run({}, kept());
    expect(idp.requests).toEqual(["token refresh_token"]);
  });

  it("are stored by a run that succeeds, and by no other", async () => {
    const documents = fakeDocuments();
    idp.answers.token = () => json(400, { error: "access_denied" });
    const given = fakePorts({ fetch: idp.fetch, documents });
    await failure(run({ person: true, alwaysAsk: true }, given), "sign_in_denied");
    expect([...documents.kept.keys()]).toEqual([]);
    idp.answers = {};
    await run({ person: true, alwaysAsk: true }, given);
    expect([...documents.kept.keys()]).toEqual([
      `${idp.issuer}/.well-known/openid-configuration`,
      `${idp.issuer}/jwks`,
    ]);
  });

  it("are not used for a person who signs in, and are replaced by what is read then", async () => {
    const documents = fakeDocuments();
    await run({}, fakePorts({ fetch: idp.fetch, documents }));
    const clock = fakeClock(now * 1000 + 5000);
    idp.requests.length = 0;
    await run({ person: true, alwaysAsk: true }, fakePorts({ fetch: idp.fetch, documents, clock }));
    expect(idp.requests).toEqual(["discovery", "device", "token device_code", "jwks"]);
    expect([...documents.kept.values()].map(({ readAt }) => readAt >= now * 1000 + 5000)).toEqual([true, true]);
  });

  it("are replaced when AWS finds no key and new ones are read after the sign-in", async () => {
    const documents = fakeDocuments();
    const given = fakePorts({ fetch: idp.fetch, documents });
    await run({}, given);
    const { idToken } = await run({}, given);
    expect((await run({}, fakePorts({ fetch: idp.fetch }))).idToken.verifyAgain, "its keys are new").toBeUndefined();
    const old = documents.kept.get(`${idp.issuer}/jwks`);
    await idToken.verifyAgain?.();
    await idp.changeKeys();
    await failure(idToken.verifyAgain?.() ?? Promise.resolve(), "id_token_signature_invalid");
    expect(documents.kept.get(`${idp.issuer}/jwks`)?.body).not.toBe(old?.body);
  });

  it("are not used when a person is asked in a renewal", async () => {
    const documents = fakeDocuments();
    await run({}, fakePorts({ fetch: idp.fetch, documents }));
    change({ idToken: undefined, refreshToken: undefined });
    idp.requests.length = 0;
    await run({ person: true }, fakePorts({ fetch: idp.fetch, documents }));
    expect(idp.requests).toEqual(["discovery", "device", "token device_code"]);
  });
});

/** The provider's clock says `now`, this machine's another time, and the `Date` of answers possibly a third. */
const runAt = (offset: number, date = now) => {
  const clock = fakeClock((now + offset) * 1000);
  const fetch: FakePorts["fetch"] = async (url, init) => {
    const response = await idp.fetch(url, init);
    response.headers.set("date", new Date(date * 1000).toUTCString());
    return response;
  };
  return run({}, fakePorts({ fetch, clock }));
};

describe("a clock that is off", () => {
  beforeEach(() => change({ idToken: undefined }));

  it.each([-300, -240, 240, 300])("is compensated: %i s", async (offset) => {
    expect(await runAt(offset)).toMatchObject({ fromSession: false });
    expect(await runAt(offset), "and its token is used again").toMatchObject({ fromSession: true });
  });

  it.each([
    [-420, "7 minutes behind"],
    [420, "7 minutes ahead of"],
    [86_400 * 2, "48 hours ahead of"],
  ])("is an error that says by how much: %i s", async (offset, words) => {
    const error = await failure(runAt(offset), "id_token_invalid");
    expect(error.message).toContain(words);
    // A Date has whole seconds.
    expect(Math.abs(Number(error.details["clockOffsetSeconds"]) + offset)).toBeLessThanOrEqual(1);
    expect(stored, "the sign-in is lost").toMatchObject({ refreshToken: "refresh-2", idToken: undefined });
  });

  it.each([-7200, 7200])("is not assumed when only a Date says so: %i s", async (lie) => {
    expect(await runAt(0, now + lie)).toMatchObject({ fromSession: false });
  });

  it("does not make a token good that ended long ago", async () => {
    idp.claims = { iat: now - 4000, exp: now - 3600 };
    await failure(runAt(0), "id_token_expired");
    await failure(runAt(-240), "id_token_expired");
  });
});

it.each([
  ["23 hours and 49 minutes", 23 * 3600 + 49 * 60 - 60, true],
  ["23 hours and 51 minutes", 23 * 3600 + 51 * 60, false],
])("an ID token that was issued %s ago (%i s) is used again: %j", async (_name, age, again) => {
  change({ idToken: await idp.sign({ iat: now - age, exp: now + 86_400 }) });
  expect(await run()).toMatchObject({ fromSession: again });
});

it("a sign-in logs no token", async () => {
  change({ idToken: await idp.sign({ exp: now }) });
  const given = ports();
  await run({}, given);
  change({ refreshToken: "dead", idToken: "garbage" });
  await failure(run({}, given), "sign_in_required");
  const secrets = [...idp.refreshTokens, "dead", ...saves.flatMap(({ idToken }) => idToken ?? [])];
  expect(given.lines.length).toBeGreaterThan(0);
  expect(secrets.filter((secret) => given.lines.join("\n").includes(secret))).toEqual([]);
});

describe("a sign-in for an account", () => {
  const ann = "ann@acme.com";
  const ofAnn = { email: ann, email_verified: true };
  const ofBob = { sub: "bob", email: "bob@acme.com", email_verified: true };

  it("keeps the session when a person signs in as that account", async () => {
    idp.claims = ofAnn;
    expect(await run({ person: true, alwaysAsk: true, account: ann })).toMatchObject({ fromSession: false });
    expect(saves).toHaveLength(1);
  });

  it.each([true, false])("keeps nothing and loses nothing when another one signs in (login: %j)", async (alwaysAsk) => {
    change({ idToken: undefined });
    const before = stored;
    idp.claims = ofBob;
    idp.answers.token = (form) =>
      form.get("grant_type") === "refresh_token"
        ? json(400, { error: "interaction_required" })
        : idp.sign(ofBob).then((idToken) => json(200, { access_token: "a", token_type: "bearer", id_token: idToken }));
    const { message } = await failure(run({ person: true, alwaysAsk, account: ann }), "id_token_wrong_account");
    expect(message).toContain(ann);
    expect(message).toContain("bob@acme.com");
    expect(stored).toBe(before);
  });

  it("keeps no ID token of a renewal that names another one, and the next run asks a person", async () => {
    change({ idToken: undefined });
    idp.claims = { ...ofBob, sub: "ann" };
    await failure(run({ account: ann }), "id_token_wrong_account");
    expect(stored).toMatchObject({ idToken: undefined, refreshToken: undefined });
    await failure(run({ account: ann }), "sign_in_required");
  });

  it("is renewed by an ID token without names, as its sub is the same", async () => {
    change({ idToken: undefined });
    expect(await run({ account: ann })).toMatchObject({ fromSession: false });
  });

  it("takes no kept ID token that names another one, and renews it", async () => {
    change({ idToken: await idp.sign({ ...ofBob, sub: "ann" }) });
    idp.claims = ofAnn;
    expect(await run({ account: ann })).toMatchObject({ fromSession: false, idToken: { claims: { email: ann } } });
  });

  it("takes a kept ID token of the account", async () => {
    change({ idToken: await idp.sign(ofAnn) });
    expect(await run({ account: ann })).toMatchObject({ fromSession: true });
  });
});

describe("a claim that a setting asks for", () => {
  const byId: RequiredClaim = { name: "org_id", value: "org_a", setting: "organization" };
  const byName: RequiredClaim = { name: "org_name", value: "Acme", ignoresCase: true, setting: "organization" };
  const asked = { alwaysAsk: true, person: true };

  it.each([
    ["as it is", byId, "org_a"],
    ["in another case, where the provider ignores it", byName, "acme"],
  ])("is found %s, and the session is kept", async (_how, claim, value) => {
    idp.claims = { [claim.name]: value };
    await run({ ...asked, required: [claim] });
    expect(saves).toHaveLength(1);
  });

  it.each([
    ["that is missing", byId, undefined, "its org_id is missing"],
    ["of another organization", byId, "org_b", 'its org_id is "org_b"'],
    ["in another case", byId, "ORG_A", 'its org_id is "ORG_A"'],
    ["that is no text", byName, ["acme"], "its org_name is missing"],
    ["that a terminal would obey", byId, "\u001b[2J", "its org_id is"],
  ])("%s keeps nothing, and the error says so", async (_what, claim, value, words) => {
    idp.claims = { [claim.name]: value };
    const error = await failure(run({ ...asked, required: [claim] }), "id_token_invalid");
    expect(error.message).toContain(words);
    expect(error.message).not.toContain("\u001b");
    expect(error.details).toEqual({ claim: claim.name });
    expect(saves).toEqual([]);
  });

  it("that a kept ID token lacks makes it be renewed", async () => {
    idp.claims = { org_id: "org_a" };
    expect(await run({ required: [byId] })).toMatchObject({ fromSession: false });
  });

  it("that a renewal lacks needs a person the next time", async () => {
    change({ idToken: undefined });
    await failure(run({ required: [byId] }), "id_token_invalid");
    expect(stored).toMatchObject({ idToken: undefined, refreshToken: undefined });
  });
});

describe("a sign-in that is to be recent", () => {
  const wanted = { maxAgeSeconds: 3600 };

  it("is refused by the time of the token, and nothing is stored", async () => {
    const before = stored;
    idp.claims = { auth_time: now - 7200 };
    await failure(run({ person: true, alwaysAsk: true, wanted }), "id_token_invalid");
    expect(stored).toBe(before);
  });

  it("is stored, and renewed for as long as the provider likes", async () => {
    idp.claims = { auth_time: now - 3600 };
    await run({ person: true, alwaysAsk: true, wanted });
    change({ idToken: undefined });
    idp.claims = { auth_time: now - 86_400 };
    expect(await run({ wanted })).toMatchObject({ fromSession: false });
  });
});
