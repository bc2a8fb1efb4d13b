import { faceOf, without } from "./face.ts";
import { scopesOf } from "./machine-tokens.ts";

const POOL = "/us-east-1_Sandbox01";
const SCOPES = ["openid", "email", "phone", "profile"];

/**
 * An Amazon Cognito user pool: no device grant, no `offline_access` (a refresh token comes without it, and stays), redirect URIs compared as
 * strings, with http for `localhost` alone. Its discovery document says nothing of PKCE. Source: Amazon Cognito Developer Guide, "App
 * client settings", "Authorize endpoint", "Token endpoint", and the discovery documents of user pools.
 */
export const COGNITO_FACE = faceOf({
  name: "cognito",
  brand: "Sandbox Cognito user pool",
  issuerPath: POOL,
  routes: {
    authorization: "/oauth2/authorize",
    code_verification: "/there-are-no-devices",
    device_authorization: "/there-is-no-device-grant",
    end_session: "/logout",
    jwks: `${POOL}/.well-known/jwks.json`,
    revocation: "/oauth2/revoke",
    token: "/oauth2/token",
    userinfo: "/oauth2/userInfo",
  },
  accountIdOf: ({ id }) => `${id.slice(0, 8)}-${id.slice(8, 12)}-4${id.slice(13, 16)}-8000-${id.slice(-12)}`,
  redirects: {
    registered: ([first = 17_580, ...others]) => [
      `http://localhost:${first}/callback`,
      ...others.map((port) => `http://localhost:${port}/callback`),
    ],
    compared: "exact",
  },
  refreshTokens: "kept",
  alwaysRefreshToken: true,
  refusesByRedirect: true,
  admit: (area, form) =>
    area === "authorization" && scopesOf(form).some((scope) => !SCOPES.includes(scope))
      ? { status: 400, error: "invalid_request", description: "invalid_scope" }
      : undefined,
  answers: {
    discovery: (body) => ({
      ...without(
        body,
        "device_authorization_endpoint",
        "pushed_authorization_request_endpoint",
        "code_challenge_methods_supported",
      ),
      scopes_supported: SCOPES,
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
    }),
  },
});
