import { HttpFailure, type Fetch } from "@tegata/core";
import * as jose from "jose";

export type Area = "par" | "discovery" | "device" | "token" | "jwks" | "revoke";

/** An OpenID provider in memory: it signs for real, rotates refresh tokens, and what it answers can be replaced. */
export interface FakeProvider {
  readonly issuer: string;
  readonly fetch: Fetch;
  /** What was asked, in order; `token` with the grant, as in `token refresh_token`. */
  readonly requests: string[];
  /** Answers of this area from now on; `undefined` takes the real one again. */
  answers: Partial<Record<Area, (form: URLSearchParams) => Response | Promise<Response>>>;
  /** Of the next ID tokens. */
  claims: Readonly<Record<string, unknown>>;
  /** Every refresh token that was given out; only the last one is good while `rotates`. */
  readonly refreshTokens: string[];
  rotates: boolean;
  givesIdToken: boolean;
  /** The next request for tokens is carried out, and its answer does not arrive. */
  loseNextTokens: boolean;
  sign(claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /** New keys; the old ones are gone from the key set. */
  changeKeys(): Promise<void>;
}

export const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });

/** @param now seconds since the epoch that its tokens are issued at */
export async function fakeProvider(now: number, issuer = "https://idp.example.com"): Promise<FakeProvider> {
  let keys = await jose.generateKeyPair("ES256");
  let generation = 1;
  const provider: FakeProvider = {
    issuer,
    requests: [],
    answers: {},
    claims: {},
    refreshTokens: ["refresh-1"],
    rotates: true,
    givesIdToken: true,
    loseNextTokens: false,
    sign: (claims = {}) =>
      new jose.SignJWT({ iss: issuer, sub: "ann", aud: "client", iat: now, exp: now + 3600, ...claims })
        .setProtectedHeader({ alg: "ES256", kid: `key-${generation}` })
        .sign(keys.privateKey),
    changeKeys: async () => {
      keys = await jose.generateKeyPair("ES256");
      generation += 1;
    },
    fetch: async (url, init) => {
      init.signal?.throwIfAborted();
      const form = init.body instanceof URLSearchParams ? init.body : new URLSearchParams();
      const area = areaOf(new URL(url));
      provider.requests.push([area, form.get("grant_type")?.split(":").at(-1)].filter(Boolean).join(" "));
      const answered = (await provider.answers[area]?.(form)) ?? (await answer(area, form));
      if (area === "token" && provider.loseNextTokens) {
        provider.loseNextTokens = false;
        throw new HttpFailure("timeout", "the answer was lost");
      }
      return answered;
    },
  };

  async function answer(area: Area, form: URLSearchParams): Promise<Response> {
    switch (area) {
      case "discovery":
        return json(200, {
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          device_authorization_endpoint: `${issuer}/device`,
          revocation_endpoint: `${issuer}/revoke`,
          jwks_uri: `${issuer}/jwks`,
        });
      case "device":
        return json(200, {
          device_code: "device-code",
          user_code: "WDJB-MJHT",
          verification_uri: `${issuer}/activate`,
          expires_in: 600,
        });
      case "jwks":
        return json(200, {
          keys: [{ ...(await jose.exportJWK(keys.publicKey)), kid: `key-${generation}`, use: "sig" }],
        });
      case "par":
        return json(404, {});
      case "revoke":
        return new Response("");
      case "token":
        return tokens(form);
    }
  }

  async function tokens(form: URLSearchParams): Promise<Response> {
    const byRefreshToken = form.get("grant_type") === "refresh_token";
    if (byRefreshToken && form.get("refresh_token") !== provider.refreshTokens.at(-1)) {
      return json(400, { error: "invalid_grant" });
    }
    const rotated = !byRefreshToken || provider.rotates ? `refresh-${provider.refreshTokens.length + 1}` : undefined;
    if (rotated !== undefined) {
      provider.refreshTokens.push(rotated);
    }
    return json(200, {
      access_token: "access",
      token_type: "Bearer",
      id_token: provider.givesIdToken ? await provider.sign(provider.claims) : undefined,
      refresh_token: rotated,
    });
  }

  return provider;
}

function areaOf({ pathname }: URL): Area {
  switch (pathname) {
    case "/par":
      return "par";
    case "/device":
      return "device";
    case "/token":
      return "token";
    case "/jwks":
      return "jwks";
    case "/revoke":
      return "revoke";
    default:
      return "discovery";
  }
}
