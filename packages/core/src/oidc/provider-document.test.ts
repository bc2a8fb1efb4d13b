import { failure, fakeClock, fakeDocuments, fakePorts } from "@tegata/testkit";
import { describe, expect, it } from "vitest";
import { fakeProvider } from "../../test/fake-provider.ts";
import { verifyIdToken } from "./id-token.ts";
import { atEndpoint, discover } from "./openid-provider.ts";
import { TegataError, type ErrorCode } from "../base/errors.ts";
import { lifetimeOf } from "./provider-document.ts";

const day = 86_400;
const now = Date.UTC(2030, 0, 1) / 1000;
const date = "Tue, 01 Jan 2030 00:00:00 GMT";

describe("the lifetime of a document", () => {
  it.each<[Record<string, string>, number | undefined]>([
    [{}, day],
    [{ "cache-control": "public, max-age=15, stale-while-revalidate=15, stale-if-error=86400" }, day],
    [{ "cache-control": "no-cache" }, day],
    [{ "cache-control": "max-age=0, must-revalidate" }, day],
    [{ "cache-control": "no-cache, must-revalidate, no-transform, no-store" }, undefined],
    [{ "cache-control": "NO-STORE,max-age=200000" }, undefined],
    [{ "cache-control": 'private, Max-Age="200000"' }, 200_000],
    [{ "cache-control": "max-age=200000", age: "50000" }, 150_000],
    [{ "cache-control": "max-age=200000", age: "199999" }, day],
    [{ "cache-control": "max-age=200000", age: "-1" }, 200_000],
    [{ "cache-control": "s-maxage=200000" }, day],
    [{ "cache-control": "max-age=99999999999999999999" }, 7 * day],
    [{ "cache-control": "max-age=soon" }, day],
    [{ date, expires: "Fri, 04 Jan 2030 00:00:00 GMT" }, 3 * day],
    [{ date, expires: "Tue, 01 Jan 2030 00:00:05 GMT" }, day],
    [{ date, expires: "0" }, day],
    [{ date, expires: "Fri, 04 Jan 2030 00:00:00 GMT", "cache-control": "max-age=172800" }, 2 * day],
  ])("with the headers %j is %j s", (headers, seconds) => {
    expect(lifetimeOf(new Headers(headers))).toBe(seconds);
  });
});

async function setUp() {
  const idp = await fakeProvider(now);
  const documents = fakeDocuments();
  const clock = fakeClock(now * 1000);
  const ports = fakePorts({ fetch: idp.fetch, documents, clock });
  const find = () => discover(idp.issuer, ports);
  const verify = async (jwt: string) => verifyIdToken(jwt, await find(), "client", ports);
  await verify(await idp.sign());
  idp.requests.length = 0;
  return { idp, documents, clock, find, verify };
}

/** Acts at the token endpoint that a kept document names, where it fails. */
async function act(code: ErrorCode, details = {}, path = "/old") {
  const { idp, documents } = await setUp();
  const url = `${idp.issuer}/.well-known/openid-configuration`;
  const old = JSON.stringify({ issuer: idp.issuer, token_endpoint: `${idp.issuer}${path}` });
  documents.kept.set(url, { body: old, readAt: now * 1000, lifetimeSeconds: day });
  const ports = fakePorts({ fetch: idp.fetch, documents });
  const asked: (string | undefined)[] = [];
  const answered = atEndpoint(await discover(idp.issuer, ports), "token_endpoint", async ({ metadata }) => {
    asked.push(metadata.token_endpoint);
    await Promise.resolve();
    if (asked.length === 1) {
      throw new TegataError(code, "no", { details });
    }
    return "done";
  });
  return { asked, answered, idp };
}

describe("cached documents", () => {
  it.each([
    [day - 1, []],
    [day, ["discovery", "jwks"]],
    [-60, []],
    [-61, ["discovery", "jwks"]],
  ])("after %i s lead to the requests %j", async (seconds, requests) => {
    const { idp, clock, verify } = await setUp();
    const jwt = await idp.sign({ iat: now - 3600, exp: now + 2 * day });
    clock.set((now + seconds) * 1000);
    await verify(jwt);
    expect(idp.requests).toEqual(requests);
  });

  it("are used for a week at most, even when their file says longer", async () => {
    const { idp, documents, clock, verify } = await setUp();
    const jwt = await idp.sign({ exp: now + 30 * day });
    for (const [url, document] of documents.kept) {
      documents.kept.set(url, { ...document, lifetimeSeconds: 1e9 });
    }
    clock.advance(7 * day * 1000);
    await verify(jwt);
    expect(idp.requests).toEqual(["discovery", "jwks"]);
  });

  it("are read again for a token that new keys have signed, and the new ones are cached", async () => {
    const { idp, verify } = await setUp();
    await idp.changeKeys();
    await verify(await idp.sign());
    await verify(await idp.sign());
    expect(idp.requests).toEqual(["jwks"]);
  });

  it("accept no forged token, and ask twice about one", async () => {
    const { idp, verify } = await setUp();
    const stranger = await fakeProvider(now, idp.issuer);
    await failure(verify(await stranger.sign()), "id_token_signature_invalid");
    expect(idp.requests).toEqual(["jwks", "discovery"]);
  });

  it("that name another key set than the provider does now are replaced", async () => {
    const { idp, documents, verify } = await setUp();
    const url = `${idp.issuer}/.well-known/openid-configuration`;
    const kept = documents.kept.get(url);
    const body = JSON.stringify({ issuer: idp.issuer, jwks_uri: `${idp.issuer}/discovery-of-old` });
    documents.kept.set(url, { body, readAt: now * 1000, lifetimeSeconds: day });
    await verify(await idp.sign());
    // What answers at the old address is no key set.
    expect(idp.requests).toEqual(["discovery", "discovery"]);
    expect(documents.kept.get(url)?.body).toBe(kept?.body);
  });

  it("that name the issuer with a slash, which the provider has dropped, are read again for its tokens", async () => {
    const { idp, documents, verify } = await setUp();
    const url = `${idp.issuer}/.well-known/openid-configuration`;
    const body = JSON.stringify({ issuer: `${idp.issuer}/`, jwks_uri: `${idp.issuer}/jwks` });
    documents.kept.set(url, { body, readAt: now * 1000, lifetimeSeconds: day });
    await verify(await idp.sign());
    expect(idp.requests).toEqual(["discovery"]);
    await failure(verify(await idp.sign({ iss: "https://evil.example.com" })), "id_token_invalid");
  });

  it("are deleted when the provider comes to forbid caching", async () => {
    const { idp, documents, clock, find } = await setUp();
    clock.advance(day * 1000);
    const body = JSON.stringify({ issuer: idp.issuer });
    idp.answers.discovery = () => new Response(body, { headers: { "cache-control": "no-store" } });
    await find();
    expect([...documents.kept.keys()]).toEqual([`${idp.issuer}/jwks`]);
  });

  it("are limited in size: one of 300 kB is not cached", async () => {
    const { idp, documents, clock, find } = await setUp();
    clock.advance(day * 1000);
    idp.answers.discovery = () => new Response(JSON.stringify({ issuer: idp.issuer, x: "x".repeat(300_000) }));
    await find();
    expect([...documents.kept.keys()]).toEqual([`${idp.issuer}/jwks`]);
  });

  it.each(["https://idp.example.com/", "https://other.example.com"])(
    "of https://idp.example.com that name %s count when a slash is the only difference, and are read again otherwise",
    async (issuer) => {
      const { idp, documents, find } = await setUp();
      const url = `${idp.issuer}/.well-known/openid-configuration`;
      documents.kept.set(url, { body: JSON.stringify({ issuer }), readAt: now * 1000, lifetimeSeconds: day });
      // A slash at the end is the same issuer, and the text that the document names is what counts.
      expect((await find()).issuer).toBe(issuer.endsWith("/") ? issuer : idp.issuer);
    },
  );

  describe("whose endpoint", () => {
    it.each<[string, ErrorCode, Record<string, number>]>([
      ["is out of reach", "idp_unreachable", {}],
      ["makes no sense", "idp_invalid_response", {}],
      ["answers 404", "idp_rejected", { httpStatus: 404 }],
    ])("%s: the new one is asked once", async (_what, code, details) => {
      const { asked, answered, idp } = await act(code, details);
      expect(await answered).toBe("done");
      expect(asked).toEqual([`${idp.issuer}/old`, `${idp.issuer}/token`]);
    });

    it("is the one that the provider still names: it is asked once", async () => {
      const { asked, answered, idp } = await act("idp_unreachable", {}, "/token");
      await failure(answered, "idp_unreachable");
      expect(asked).toEqual([`${idp.issuer}/token`]);
      expect(idp.requests).toEqual(["discovery"]);
    });

    it.each<[string, ErrorCode]>([
      ["is busy", "idp_unavailable"],
      ["refuses", "idp_rejected"],
      ["has ended the session", "idp_session_expired"],
    ])("%s: nothing else is asked", async (_what, code) => {
      const { asked, answered, idp } = await act(code);
      await failure(answered, code);
      expect(asked).toEqual([`${idp.issuer}/old`]);
      expect(idp.requests).toEqual([]);
    });
  });
});
