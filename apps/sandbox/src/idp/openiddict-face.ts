import { CLIENT_ID_WITHOUT_REVOCATION, MACHINE_CLIENT_ID } from "../options.ts";
import { faceOf } from "./face.ts";
import { type MachineManners, scopesOf } from "./machine-tokens.ts";
import type { OAuthError, OAuthErrorContext } from "./oauth-error.ts";

const SCOPES = ["openid", "offline_access"];

/** Its own number for a refusal, which is a page about it as well. */
const withNumber = (number: string, error: Omit<OAuthError, "members">): OAuthError => ({
  ...error,
  members: { error_uri: `https://documentation.openiddict.com/errors/${number}` },
});

/** Source: measured on OpenIddict 7.8. With its access tokens not encrypted. */
const OPENIDDICT_MACHINES: MachineManners = {
  assertion: ({ issuer }) => ({
    audiences: [issuer, issuer.replace(/\/$/, "")],
    algorithms: ["RS256", "PS256", "ES256"],
    type: "client-authentication+jwt",
    keyBy: "kid",
    takesReplay: true,
  }),
  refused: ({ isForAnother }) =>
    isForAnother === true
      ? withNumber("ID2094", {
          status: 401,
          error: "invalid_client",
          description: "The specified token cannot be used with this resource server.",
        })
      : withNumber("ID2055", {
          status: 401,
          error: "invalid_client",
          description: "The specified client credentials are invalid.",
        }),
  tokens: ({ form }) => {
    const sub = MACHINE_CLIENT_ID;
    return {
      type: "at+jwt",
      accessToken: { sub, client_id: MACHINE_CLIENT_ID },
      ...(scopesOf(form).includes("openid") && { idToken: { sub, aud: MACHINE_CLIENT_ID, azp: MACHINE_CLIENT_ID } }),
    };
  },
};

/**
 * OpenIddict (ASP.NET Core): user codes of twelve digits, no `interval` and no `slow_down`, no scope but the registered ones, a number
 * and its page with every error, and a page where others redirect. Source: measured on OpenIddict 7.8; its words are in its resources.
 */
export const OPENIDDICT_FACE = faceOf({
  name: "openiddict",
  brand: "Sandbox OpenIddict server",
  issuerOf: (origin) => `${origin}/`,
  routes: {
    authorization: "/connect/authorize",
    code_verification: "/connect/verify",
    device_authorization: "/connect/device",
    end_session: "/connect/logout",
    jwks: "/.well-known/jwks",
    revocation: "/connect/revoke",
    token: "/connect/token",
    userinfo: "/connect/userinfo",
  },
  lifetimes: { deviceCode: 600, idToken: 1200 },
  accountIdOf: ({ id }) => id,
  userCodeMask: "****-****-****",
  userCodeCharset: "digits",
  neverSlowsDown: true,
  leewaySeconds: 30,
  redirects: {
    registered: () => ["http://127.0.0.1/callback", "http://[::1]/callback", "http://localhost/callback"],
    compared: "anyPort",
  },
  namesIssuer: true,
  machines: OPENIDDICT_MACHINES,
  admit: (area, form) => {
    if (area === "device_authorization") {
      return refusedScope(form);
    }
    if (area === "authorization") {
      return refusedScope(form) ?? refusedParameter(form);
    }
    return area === "revocation" && form.get("client_id") === CLIENT_ID_WITHOUT_REVOCATION
      ? withNumber("ID2078", {
          status: 400,
          error: "unauthorized_client",
          description: "This client application is not allowed to use the revocation endpoint.",
        })
      : undefined;
  },
  reword: asOpenIddict,
  answers: {
    discovery: (body) => ({
      ...body,
      scopes_supported: SCOPES,
      token_endpoint_auth_methods_supported: ["client_secret_post", "private_key_jwt", "client_secret_basic"],
    }),
    device_authorization: ({ interval: _none, ...body }) => body,
  },
});

function refusedScope(form: URLSearchParams): OAuthError | undefined {
  return scopesOf(form).some((scope) => !SCOPES.includes(scope))
    ? withNumber("ID2052", { status: 400, error: "invalid_scope", description: "The specified 'scope' is invalid." })
    : undefined;
}

/** That there is a page was measured; the numbers are those of its resources. */
function refusedParameter(form: URLSearchParams): OAuthError | undefined {
  const invalid = { status: 400, error: "invalid_request" };
  if (form.has("audience")) {
    return withNumber("ID2028", { ...invalid, description: "The 'audience' parameter is not supported." });
  }
  // Where a browser comes back to after the pages, nothing is asked for.
  return form.has("response_type") && !form.has("code_challenge")
    ? withNumber("ID2054", {
        ...invalid,
        description: "The 'code_challenge' parameter required for this client application is missing.",
      })
    : undefined;
}

function asOpenIddict(error: OAuthError, { grantType, isReuse }: OAuthErrorContext): OAuthError {
  const words = wordsOf(error.error, grantType, isReuse);
  return words === undefined ? error : withNumber(words[0], { ...error, description: words[1] });
}

function wordsOf(error: string, grantType: string | null, isReuse: boolean): readonly [string, string] | undefined {
  switch (error) {
    case "authorization_pending":
      return ["ID2014", "The authorization has not been granted yet by the end user."];
    case "access_denied":
      return ["ID2015", "The authorization was denied by the end user."];
    case "expired_token":
      return ["ID2017", "The specified device code is no longer valid."];
    case "unauthorized_client":
      return grantType === null
        ? ["ID2056", "This client application is not allowed to use the device authorization endpoint."]
        : ["ID2064", "This client application is not allowed to use the specified grant type."];
    case "invalid_grant":
      return invalidGrant(grantType, isReuse);
    default:
      return undefined;
  }
}

function invalidGrant(grantType: string | null, isReuse: boolean): readonly [string, string] {
  if (grantType === "refresh_token") {
    return isReuse
      ? ["ID2012", "The specified refresh token has already been redeemed."]
      : ["ID2018", "The specified refresh token is no longer valid."];
  }
  if (grantType === "authorization_code") {
    return isReuse
      ? ["ID2010", "The specified authorization code has already been redeemed."]
      : ["ID2016", "The specified authorization code is no longer valid."];
  }
  return isReuse
    ? ["ID2011", "The specified device code has already been redeemed."]
    : ["ID2017", "The specified device code is no longer valid."];
}
