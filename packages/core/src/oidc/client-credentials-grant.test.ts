import { failure, fakeClock, fakeMachine, fakePorts } from "@tegata/testkit";
import * as jose from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { fakeProvider, json, type FakeProvider } from "../../test/fake-provider.ts";
import { TegataError } from "../base/errors.ts";
import { HttpFailure } from "../base/http.ts";
import { signInAsWorkload } from "../sign-in/workload-sign-in.ts";
import { observeClocks } from "./clock-offset.ts";
import { clientCredentialsGrant, type ClientCredentialsGrantOptions } from "./client-credentials-grant.ts";
import { type ClientKeyAlgorithm, readClientKey } from "./client-key.ts";
import type { ClientCredential } from "./machine-client.ts";
import { discover } from "./openid-provider.ts";

const now = Date.UTC(2030, 0, 1);
const seconds = now / 1000;
let idp: FakeProvider;
let log: (line: string) => void;
let requests: { readonly form: Readonly<Record<string, string>>; readonly authorization: string | null }[];

beforeEach(async () => {
  idp = await fakeProvider(seconds);
  requests = [];
  log = () => undefined;
});

const secret: ClientCredential = { kind: "secret", secret: "s3cret/+" };

async function key(algorithm: ClientKeyAlgorithm = "RS256") {
  const pair = await jose.generateKeyPair(algorithm, { extractable: true });
  const text = await jose.exportPKCS8(pair.privateKey);
  const read = await readClientKey(text, { where: "key", allowed: [algorithm], keyId: "key-1" });
  const credential: ClientCredential = { kind: "key", key: read };
  return { credential, publicKey: pair.publicKey };
}

const rules = {
  clientId: "client",
  audience: "api",
  clientClaims: ["azp", "client_id"],
  audienceHint: "correct the audience",
} as const;

function options(given: Partial<ClientCredentialsGrantOptions> = {}): ClientCredentialsGrantOptions {
  return { notAJwtHint: "set an audience", ...given };
}

function ports() {
  return {
    ...fakePorts({
      clock: fakeClock(now),
      fetch: (url, init) => {
        if (url.endsWith("/token")) {
          const form = init.body instanceof URLSearchParams ? Object.fromEntries(init.body) : {};
          requests.push({ form, authorization: new Headers(init.headers).get("authorization") });
        }
        return idp.fetch(url, init);
      },
    }),
    log: (line: string) => log(line),
    machine: fakeMachine(),
  };
}

async function acquire(given: Partial<ClientCredentialsGrantOptions>, credential = secret, own = ports()) {
  const watched = observeClocks(own);
  return clientCredentialsGrant(options(given)).acquire(
    {
      provider: await discover(idp.issuer, watched),
      client: { clientId: "client", credential },
      refused: ({ error }) => new TegataError("idp_client_rejected", `refused: ${error}`),
    },
    watched,
  );
}

/** The whole way: asked for, and verified. */
async function signIn(given: Partial<ClientCredentialsGrantOptions>, claims: Readonly<Record<string, unknown>> = {}) {
  idp.answers.token = async () => json(200, { access_token: await idp.sign(claims), token_type: "Bearer" });
  const own = ports();
  const { idToken, warning } = await signInAsWorkload(
    {
      platform: "the client",
      fingerprint: "client",
      acquire: async () => ({ ...(await acquire({ accessToken: rules, ...given }, secret, own)), issuer: idp.issuer }),
    },
    own,
  );
  return { ...idToken.claims, warning };
}

describe("a client with a secret", () => {
  it("sends it as basic authentication, with the scope and the parameters of its provider", async () => {
    const token = await acquire({ scope: "openid", parameters: { audience: "api" } });
    expect(token).toMatchObject({ audience: "client" });
    expect(requests).toEqual([
      {
        form: { grant_type: "client_credentials", scope: "openid", audience: "api" },
        authorization: `Basic ${btoa("client:s3cret%2F%2B")}`,
      },
    ]);
  });

  it("sends it in the form where the provider wants that, or knows nothing else", async () => {
    const form = { client_id: "client", client_secret: "s3cret/+", grant_type: "client_credentials" };
    await acquire({ secretBy: "post" });
    idp.answers.discovery = () =>
      json(200, {
        issuer: idp.issuer,
        token_endpoint: `${idp.issuer}/token`,
        jwks_uri: `${idp.issuer}/jwks`,
        token_endpoint_auth_methods_supported: ["client_secret_post", "private_key_jwt"],
      });
    await acquire({});
    expect(requests).toEqual([
      { form, authorization: null },
      { form, authorization: null },
    ]);
  });

  it("is told what the provider says of it, once", async () => {
    idp.answers.token = () => json(401, { error: "invalid_client" });
    const error = await failure(acquire({}), "idp_client_rejected");
    expect(error.message).toBe("refused: invalid_client");
    expect(requests).toHaveLength(1);
  });
});

describe("a client with a key", () => {
  it.each(["RS256", "PS256", "ES256"] as const)("signs an assertion for the issuer with %s", async (algorithm) => {
    const { credential, publicKey } = await key(algorithm);
    await acquire({}, credential);
    const [{ form, authorization } = { form: {}, authorization: "" }] = requests;
    expect(authorization).toBeNull();
    expect(form).toMatchObject({
      client_id: "client",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    });
    const { payload, protectedHeader } = await jose.jwtVerify(form["client_assertion"] ?? "", publicKey, {
      currentDate: new Date(now),
    });
    expect(protectedHeader).toMatchObject({ alg: algorithm, typ: "client-authentication+jwt", kid: "key-1" });
    expect(payload).toEqual({
      iss: "client",
      sub: "client",
      aud: idp.issuer,
      jti: payload.jti,
      iat: seconds,
      exp: seconds + 180,
    });
  });

  it("names the token endpoint, the type and the certificate where the provider wants them", async () => {
    const { credential } = await key();
    const given =
      credential.kind === "key"
        ? ({ kind: "key", key: { ...credential.key, certificateThumbprint: "thumbprint" } } as const)
        : credential;
    await acquire({ assertion: { audience: "token_endpoint", type: "JWT", keyBy: "certificate" } }, given);
    const assertion = requests[0]?.form["client_assertion"] ?? "";
    expect(jose.decodeProtectedHeader(assertion)).toEqual({ alg: "RS256", typ: "JWT", "x5t#S256": "thumbprint" });
    expect(jose.decodeJwt(assertion).aud).toBe(`${idp.issuer}/token`);
  });

  it("is refused without the certificate that its provider wants", async () => {
    const { credential } = await key();
    await failure(acquire({ assertion: { keyBy: "certificate" } }, credential), "client_credential_invalid");
    expect(requests).toEqual([]);
  });

  it("signs another assertion for each try", async () => {
    const { credential } = await key();
    let tries = 0;
    idp.answers.token = async () => {
      tries += 1;
      return tries < 3 ? json(503, {}) : json(200, { access_token: "a", id_token: await idp.sign() });
    };
    await acquire({}, credential);
    const ids = requests.map(({ form }) => jose.decodeJwt(form["client_assertion"] ?? "").jti);
    expect(new Set(ids).size).toBe(3);
  });

  it("tries once more with the provider's time where the refusal tells that this machine's clock is off", async () => {
    const { credential } = await key();
    const ahead = 120;
    const date = new Date(now - ahead * 1000).toUTCString();
    idp.answers.token = async () =>
      requests.length < 2
        ? json(401, { error: "invalid_client" }, { date })
        : json(200, { access_token: "a", id_token: await idp.sign() });
    await acquire({}, credential);
    const issued = requests.map(({ form }) => jose.decodeJwt(form["client_assertion"] ?? "").iat ?? 0);
    expect(issued[0]).toBe(seconds);
    expect(issued[1]).toBeLessThan(seconds - ahead + 5);
  });
});

describe("asking for a machine's token", () => {
  it("is done again after what passes, and not without end", async () => {
    idp.answers.token = () => json(500, {});
    await failure(acquire({}), "idp_unavailable");
    expect(requests).toHaveLength(4);
  });

  it("is done again after a connection that was cut, and not after a time-out", async () => {
    idp.answers.token = () => {
      throw new HttpFailure("unreachable", "cut");
    };
    await failure(acquire({}), "idp_unreachable");
    expect(requests).toHaveLength(4);
    requests = [];
    idp.answers.token = () => {
      throw new HttpFailure("timeout", "slow");
    };
    await failure(acquire({}), "idp_unreachable");
    expect(requests).toHaveLength(1);
  });

  it("fails where there is no ID token and an access token is of no use", async () => {
    idp.answers.token = () => json(200, { access_token: "opaque", token_type: "Bearer" });
    await failure(acquire({ scope: "api" }), "id_token_missing");
    const { hint } = await failure(acquire({ accessToken: rules }), "id_token_invalid");
    expect(hint).toBe("set an audience");
  });
});

describe("an access token", () => {
  it("is verified by the rules of its provider, with another audience than an ID token's", async () => {
    expect(await signIn({}, { aud: "api", azp: "client", sub: "client@clients" })).toMatchObject({
      aud: ["api"],
      azp: "client",
    });
    expect(await signIn({}, { aud: "api", client_id: "client" })).toMatchObject({ azp: undefined });
  });

  it("is said to need its azp at IAM, where that is not its audience", async () => {
    const { warning } = await signIn({}, { aud: "api", azp: "client" });
    expect(warning).toContain('must name "client", not "api"');
    expect(await signIn({}, { aud: "api", client_id: "client" })).toMatchObject({ warning: undefined });
  });

  it.each([
    ["for another audience", { aud: "other", azp: "client" }, "it is meant for"],
    ["for several audiences without azp", { aud: ["api", "other"], client_id: "client" }, "it is meant for several"],
    ["of another client by azp", { aud: "api", azp: "other", client_id: "client" }, "its azp is"],
    ["of another client by client_id", { aud: "api", azp: "client", client_id: "other" }, "its client_id is"],
    ["that does not say whose it is", { aud: "api" }, "nothing in it says which client"],
    ["of another issuer", { aud: "api", azp: "client", iss: "https://other.example.com" }, "its issuer is"],
    ["that begins tomorrow", { aud: "api", azp: "client", nbf: seconds + 900 }, "its nbf lies"],
    ["without a subject", { aud: "api", azp: "client", sub: undefined }, "its claim sub is missing"],
  ])("%s is refused", async (_what, claims, reason) => {
    const { message } = await failure(signIn({}, claims), "id_token_invalid");
    expect(message).toContain("the access token cannot be used: ");
    expect(message).toContain(reason);
  });

  it("of another subject than the client's own is refused", async () => {
    const accessToken = { ...rules, subject: "client@clients" };
    await failure(signIn({ accessToken }, { aud: "api", azp: "client", sub: "ann" }), "id_token_invalid");
  });

  it("that has ended is refused", async () => {
    const claims = { aud: "api", azp: "client", exp: seconds - 10, iat: seconds - 100 };
    const { message } = await failure(signIn({}, claims), "id_token_expired");
    expect(message).toContain("the access token ended 10 s ago");
  });

  it("is not looked at where there is an ID token, which is judged as every ID token is", async () => {
    idp.answers.token = async () =>
      json(200, {
        access_token: await idp.sign({ aud: "api", azp: "client" }),
        id_token: await idp.sign({ azp: "other" }),
      });
    const own = ports();
    const identity = {
      platform: "the client",
      fingerprint: "client",
      acquire: async () => ({ ...(await acquire({ accessToken: rules }, secret, own)), issuer: idp.issuer }),
    };
    const { message } = await failure(signInAsWorkload(identity, own), "id_token_invalid");
    expect(message).toContain("the ID token cannot be used: it was made for another client");
  });
});
