import { failure, fakePorts } from "@tegata/testkit";
import * as jose from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { decodeIdToken, expiryWithoutVerifying, verifyIdToken } from "./id-token.ts";
import type { IdTokenProfile } from "./id-token-header.ts";
import type { OpenIdProvider } from "./openid-provider.ts";

const issuer = "https://acme.eu.auth0.com/";
const provider: OpenIdProvider = {
  issuer,
  metadata: { issuer, jwks_uri: "https://acme.eu.auth0.com/.well-known/jwks.json" },
};
const now = Math.floor(Date.UTC(2030, 0, 1) / 1000);
const good = { iss: issuer, sub: "auth0|ann", aud: "client", iat: now - 5, exp: now + 3600, email: "ann@example.com" };

type KeyPair = Awaited<ReturnType<typeof jose.generateKeyPair>>;
let rsa: KeyPair;
let ec: KeyPair;
let stranger: KeyPair;
let keys: jose.JWK[];

beforeAll(async () => {
  [rsa, ec, stranger] = await Promise.all([
    jose.generateKeyPair("RS256", { extractable: true }),
    jose.generateKeyPair("ES256", { extractable: true }),
    jose.generateKeyPair("RS256", { extractable: true }),
  ]);
  keys = [
    { ...(await jose.exportJWK(rsa.publicKey)), kid: "rsa", use: "sig" },
    { ...(await jose.exportJWK(ec.publicKey)), kid: "ec", use: "sig" },
  ];
});

const sign = (claims: unknown, header: jose.CompactJWSHeaderParameters = { alg: "RS256", kid: "rsa" }, key = rsa) =>
  new jose.CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader(header)
    .sign(key.privateKey);

const verify = (jwt: string, jwks: unknown = { keys }, status = 200, profile: IdTokenProfile = {}) =>
  verifyIdToken(
    jwt,
    provider,
    "client",
    fakePorts({ fetch: () => Promise.resolve(new Response(JSON.stringify(jwks), { status })) }),
    profile,
  );

/** Signed as it is: a library would refuse to sign some of it. */
const signText = async (header: string, payload: string) => {
  const input = [header, payload].map((text) => jose.base64url.encode(text)).join(".");
  const signature = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", rsa.privateKey, new TextEncoder().encode(input));
  return `${input}.${jose.base64url.encode(new Uint8Array(signature))}`;
};

const base64url = (value: unknown) => jose.base64url.encode(JSON.stringify(value));

describe("a good ID token", () => {
  it("is accepted with RS256 and ES256, by kid", async () => {
    const { claims } = await verify(await sign(good));
    expect(claims).toEqual({ ...good, aud: ["client"], azp: undefined, names: [] });
    await verify(await sign(good, { alg: "ES256", kid: "ec" }, ec));
  });

  it("is accepted without a kid, by trying each key that fits", async () => {
    const other = { ...(await jose.exportJWK(stranger.publicKey)), use: "sig" };
    const unnamed = keys.map(({ kid: _kid, ...key }) => key);
    expect((await verify(await sign(good, { alg: "RS256" }), { keys: [other, ...unnamed] })).claims.sub).toBe(
      "auth0|ann",
    );
  });

  it("may name the client in azp when it has one audience", async () => {
    expect((await verify(await sign({ ...good, azp: "client" }))).claims.azp).toBe("client");
  });

  it("may name another party in azp where its platform documents it", async () => {
    const jwt = await sign({ ...good, azp: "other" });
    expect((await verify(jwt, undefined, 200, { authorizedParty: "any" })).claims.azp).toBe("other");
  });

  it.each(["JWT", "jwt", "application/jwt", "id_token+jwt"])("may be of the type %s", async (typ) => {
    expect((await verify(await sign(good, { alg: "RS256", kid: "rsa", typ }))).claims.sub).toBe("auth0|ann");
  });

  it("may be of a type that its platform documents", async () => {
    const jwt = await sign(good, { alg: "RS256", kid: "rsa", typ: "JOSE" });
    expect((await verify(jwt, undefined, 200, { types: ["JOSE"] })).claims.sub).toBe("auth0|ann");
    expect(decodeIdToken(jwt, { types: ["JOSE"] }).sub).toBe("auth0|ann");
  });

  it.each(["", " \u200b", null, 7, ["ann@example.com"], { a: 1 }])("has no email when it says %j", async (email) => {
    expect((await verify(await sign({ ...good, email }))).claims.email).toBeUndefined();
  });

  it("may have several audiences when azp is the client", async () => {
    const { claims } = await verify(await sign({ ...good, aud: ["api", "client"], azp: "client" }));
    expect(claims.aud).toEqual(["api", "client"]);
  });

  it("may be issued by a clock that runs up to a minute ahead", async () => {
    expect((await verify(await sign({ ...good, iat: now + 60 }))).claims.iat).toBe(now + 60);
  });
});

describe("an ID token is refused", () => {
  const { iss: _iss, ...withoutIss } = good;
  const { exp: _exp, ...withoutExp } = good;
  const { iat: _iat, ...withoutIat } = good;
  it.each([
    ["without iss", withoutIss, "claim iss"],
    ["without exp", withoutExp, "claim exp"],
    ["without iat", withoutIat, "claim iat"],
    ["of another issuer", { ...good, iss: "https://evil.example.com/" }, "issuer"],
    ["of the issuer without its slash", { ...good, iss: issuer.slice(0, -1) }, "issuer"],
    ["for another client", { ...good, aud: "other" }, 'not for the client id "client"'],
    ["for nobody", { ...good, aud: [] }, "claim aud"],
    ["for several without azp", { ...good, aud: ["api", "client"] }, "azp is missing"],
    ["for several with another's azp", { ...good, aud: ["api", "client"], azp: "api" }, "azp"],
    ["for one with another's azp", { ...good, azp: "api" }, 'its azp is "api", not "client"'],
    ["with an empty azp", { ...good, azp: "" }, 'its azp is "", not "client"'],
    ["that ends when it begins", { ...good, iat: now + 30, exp: now + 30 }, "it ends (exp) before it begins (iat)"],
    ["that ends before it begins", { ...good, iat: now + 40, exp: now + 30 }, "it ends (exp) before it begins (iat)"],
    ["that ends before it is valid", { ...good, nbf: now + 40, exp: now + 30 }, "it ends (exp) before it begins (nbf)"],
    ["with a negative iat", { ...good, iat: -1 }, "claim iat"],
    ["with an iat in text", { ...good, iat: String(now) }, "claim iat"],
    ["with an nbf in text", { ...good, nbf: String(now) }, "claim nbf"],
    ["with an empty sub", { ...good, sub: "" }, "claim sub"],
    ["with a blank sub", { ...good, sub: " " }, "claim sub"],
    ["with a sub that is a number", { ...good, sub: 7 }, "claim sub"],
    ["with a fractional exp", { ...good, exp: now + 0.5 }, "claim exp"],
    ["with an exp in text", { ...good, exp: String(now + 60) }, "claim exp"],
    ["with an exp beyond all numbers", { ...good, exp: 1e300 }, "claim exp"],
    ["issued in the future", { ...good, iat: now + 61 }, "iat lies 61 s in the future"],
    ["not valid yet", { ...good, nbf: now + 100 }, "nbf"],
    ["with a payload that is an array", [good], "claim"],
    ["with a payload that is null", null, "not a JSON object"],
  ])("%s", async (_name, claims, words) => {
    const error = await failure(verify(await sign(claims)), "id_token_invalid");
    expect(error.message).toContain(words);
  });

  it("in the very second in which it ends", async () => {
    await failure(verify(await sign({ ...good, exp: now })), "id_token_expired");
  });

  it.each([
    ["alg none", `${base64url({ alg: "none" })}.${base64url(good)}.`],
    ["an unknown alg", `${base64url({ alg: "XX999" })}.${base64url(good)}.AAAA`],
    ["no alg", `${base64url({})}.${base64url(good)}.AAAA`],
    ["opaque text", "not-a-jwt"],
    ["an empty text", ""],
    ["a token of 20,001 characters", "e".repeat(20_001)],
    ["a JWE", `${base64url({ alg: "RSA-OAEP", enc: "A256GCM" })}.a.b.c.d`],
  ])("with %s, before any request is sent", async (_name, jwt) => {
    const ports = fakePorts({ fetch: () => Promise.reject(new Error("no request may be sent")) });
    await failure(verifyIdToken(jwt, provider, "client", ports), "id_token_invalid");
  });

  it("signed with HS256 by the public key as its secret", async () => {
    const secret = new TextEncoder().encode(await jose.exportSPKI(rsa.publicKey));
    const jwt = await new jose.SignJWT(good).setProtectedHeader({ alg: "HS256" }).sign(secret);
    await failure(verify(jwt), "id_token_invalid");
  });

  it("signed with PS256, which AWS does not take", async () => {
    const pair = await jose.generateKeyPair("PS256", { extractable: true });
    const jwt = await sign(good, { alg: "PS256", kid: "ps" }, pair);
    const error = await failure(
      verify(jwt, { keys: [{ ...(await jose.exportJWK(pair.publicKey)), kid: "ps" }] }),
      "id_token_invalid",
    );
    expect(error.message).toContain("PS256");
  });

  it("signed by a stranger who borrows the kid", async () => {
    await failure(verify(await sign(good, { alg: "RS256", kid: "rsa" }, stranger)), "id_token_signature_invalid");
  });

  it("signed by a key that the issuer does not have", async () => {
    const jwt = await sign(good, { alg: "RS256", kid: "new" }, stranger);
    const error = await failure(verify(jwt), "id_token_signature_invalid");
    expect(error.message).toContain("no key");
  });

  it("whose claims were changed after signing", async () => {
    const [header, , signature] = (await sign(good)).split(".");
    const jwt = `${header}.${base64url({ ...good, sub: "auth0|admin" })}.${signature}`;
    await failure(verify(jwt), "id_token_signature_invalid");
  });

  it("when its key is there for encryption only", async () => {
    const jwks = { keys: keys.map((key) => ({ ...key, use: "enc" })) };
    await failure(verify(await sign(good), jwks), "id_token_signature_invalid");
  });

  it("when the key that fits is a private one published by mistake", async () => {
    const jwks = { keys: [{ ...(await jose.exportJWK(rsa.privateKey)), kid: "rsa" }] };
    await failure(verify(await sign(good), jwks), "id_token_signature_invalid");
  });

  it.each<[what: string, change: Record<string, unknown>, words: string]>([
    ["b64 that is true", { b64: true }, "its header has b64"],
    ["b64 that is false", { b64: false }, "its header has b64"],
    ["b64 that crit names", { b64: false, crit: ["b64"] }, "its header has b64"],
    ["an extension that nobody knows", { crit: ["x"], x: 1 }, "its header has crit"],
    ["an empty crit", { crit: [] }, "its header has crit"],
    ["a zip", { zip: "DEF" }, "its header has zip"],
    ["an enc", { enc: "A256GCM" }, "its header has enc"],
    ["an enc that is null", { enc: null }, "its header has enc"],
    ["the type of an access token", { typ: "at+jwt" }, 'its type (typ) is "at+jwt", not JWT'],
    ["the type with application/", { typ: "application/at+jwt" }, 'its type (typ) is "application/at+jwt"'],
    ["the type of a logout token", { typ: "logout+jwt" }, 'its type (typ) is "logout+jwt"'],
    ["the type of a security event", { typ: "secevent+jwt" }, 'its type (typ) is "secevent+jwt"'],
    ["the type of a proof", { typ: "dpop+jwt" }, 'its type (typ) is "dpop+jwt"'],
    ["an empty type", { typ: "" }, 'its type (typ) is ""'],
    ["a type that is null", { typ: null }, "its type (typ) is null, not JWT"],
    ["a type that is a list", { typ: ["JWT"] }, "its type (typ) is a list, not JWT"],
    ["a token within", { cty: "JWT" }, "it holds another token"],
    ["an algorithm in lower case", { alg: "rs256" }, "its signature algorithm is rs256"],
    ["an algorithm that is a list", { alg: ["RS256"] }, "its signature algorithm is"],
    ["a key id that is a number", { kid: 7 }, "its key id (kid) is not text"],
  ])("with %s in its header, although the signature matches", async (_name, change, words) => {
    const header = JSON.stringify({ alg: "RS256", kid: "rsa", typ: "JWT", ...change });
    const error = await failure(verify(await signText(header, JSON.stringify(good))), "id_token_invalid");
    expect(error.message).toContain(words);
  });

  it.each([
    ["header", `{"alg":"RS256","kid":"x","kid":"rsa"}`, undefined, 'its header has "kid" twice'],
    ["payload", undefined, (claims: string) => `{"sub":"admin",${claims.slice(1)}`, 'its payload has "sub" twice'],
    [
      "payload, once with an escape",
      undefined,
      (claims: string) => `{"\\u0073ub":"admin",${claims.slice(1)}`,
      'its payload has "sub" twice',
    ],
  ])("with a member that stands twice in its %s", async (_name, header, change, words) => {
    const claims = JSON.stringify(good);
    const jwt = await signText(header ?? `{"alg":"RS256","kid":"rsa"}`, change?.(claims) ?? claims);
    const error = await failure(verify(jwt), "id_token_invalid");
    expect(error.message).toContain(words);
  });

  it("not for a name that stands again further down", async () => {
    const claims = { ...good, nested: { sub: "x", list: [{ sub: "y" }, "sub", ":"] } };
    expect((await verify(await sign(claims))).claims.sub).toBe("auth0|ann");
  });

  it.each<[what: string, change: (jwt: string) => string]>([
    ["a dot at its end", (jwt) => `${jwt}.`],
    ["a line break at its end", (jwt) => `${jwt}\n`],
    ["a blank before it", (jwt) => ` ${jwt}`],
    ["a blank within", (jwt) => jwt.replace(".", ". ")],
    ["padding", (jwt) => `${jwt}==`],
    ["no signature", (jwt) => jwt.replace(/[^.]+$/, "")],
    ["bits at its end that nobody reads", (jwt) => `${jwt.slice(0, -1)}${jwt.endsWith("A") ? "B" : "x"}`],
  ])("with %s", async (_name, change) => {
    const jwt = await sign(good);
    // 256 bytes: the last character carries two bits that count.
    await failure(verify(change(jwt)), "id_token_invalid");
  });

  it.each(["jku", "x5u", "jwk", "x5c"])("signed by a stranger who names his own key in %s", async (name) => {
    const jwk = await jose.exportJWK(stranger.publicKey);
    const value = { jku: "https://evil.example/keys", x5u: "https://evil.example/cert", jwk, x5c: ["AAAA"] }[name];
    const jwt = await sign(good, { alg: "RS256", kid: "rsa", [name]: value }, stranger);
    await failure(verify(jwt), "id_token_signature_invalid");
  });
});

describe("signing keys that cannot be had or used", () => {
  it.each([
    ["HTML", "<html>", 200, "idp_invalid_response"],
    ["no keys member", {}, 200, "idp_invalid_response"],
    ["keys that are no objects", { keys: [1] }, 200, "idp_invalid_response"],
    ["404", { keys: [] }, 404, "idp_invalid_response"],
    ["503", {}, 503, "idp_unavailable"],
    ["an empty set", { keys: [] }, 200, "id_token_signature_invalid"],
    ["a broken key", { keys: [{ kty: "RSA", kid: "rsa", n: "!", e: "AQAB" }] }, 200, "id_token_signature_invalid"],
  ] as const)("end the verification with an error: %s", async (_name, jwks, status, code) => {
    await failure(verify(await sign(good), jwks, status), code);
  });
});

it("an error about an ID token shows no part of it", async () => {
  const jwt = await sign({ ...good, aud: "other" });
  const error = await failure(verify(jwt), "id_token_invalid");
  for (const part of jwt.split(".")) {
    expect(`${error.message} ${error.hint} ${JSON.stringify(error.details)}`).not.toContain(part);
  }
});

it("expiryWithoutVerifying tells the end of a token that nobody has verified, and nothing of opaque text", async () => {
  expect(expiryWithoutVerifying(await sign(good, undefined, stranger))).toBe(good.exp);
  expect(expiryWithoutVerifying("opaque")).toBeUndefined();
});

describe("the claims of a token that nobody has verified", () => {
  it("are read without a check of signature, end or audience", async () => {
    const jwt = await sign({ ...good, exp: 5, aud: "other", azp: "x" }, undefined, stranger);
    expect(decodeIdToken(jwt)).toEqual({ ...good, exp: 5, aud: ["other"], azp: "x", names: [] });
  });

  it.each([
    ["no token", () => "opaque"],
    ["a payload that is no JSON", () => `${base64url({ alg: "RS256" })}.bm8.AAAA`],
    ["an algorithm that AWS does not take", () => `${base64url({ alg: "HS256" })}.${base64url(good)}.AAAA`],
    ["no subject", () => sign({ ...good, sub: "" })],
    ["more than AWS takes", () => sign({ ...good, padding: "x".repeat(20_000) })],
  ])("are not read out of what AWS would refuse: %s", async (_name, make) => {
    const jwt = await make();
    const decode = async () => decodeIdToken(jwt);
    await failure(decode(), "id_token_invalid");
  });
});
