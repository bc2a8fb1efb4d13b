import { faceOf, without } from "./face.ts";
import { scopesOf } from "./machine-tokens.ts";

const SCOPES = ["openid", "email", "profile"];

/**
 * GitLab (Doorkeeper): a device endpoint that the discovery document does not name, no `offline_access` (a refresh token comes without it),
 * any port of a loopback address and none of `localhost`. Source: GitLab documentation, "OAuth 2.0 identity provider API", and
 * doorkeeper#1170.
 */
export const GITLAB_FACE = faceOf({
  name: "gitlab",
  brand: "Sandbox GitLab",
  routes: {
    authorization: "/oauth/authorize",
    code_verification: "/oauth/device",
    device_authorization: "/oauth/authorize_device",
    end_session: "/users/sign_out",
    jwks: "/oauth/discovery/keys",
    revocation: "/oauth/revoke",
    token: "/oauth/token",
    userinfo: "/oauth/userinfo",
  },
  accountIdOf: ({ id }) => BigInt(`0x${id.slice(-8)}`).toString(),
  alwaysRefreshToken: true,
  refusesByRedirect: true,
  admit: (area, form) =>
    (area === "authorization" || area === "device_authorization") &&
    scopesOf(form).some((scope) => !SCOPES.includes(scope))
      ? {
          status: 400,
          error: "invalid_scope",
          description: "The requested scope is invalid, unknown, or malformed.",
        }
      : undefined,
  answers: {
    discovery: (body) => ({
      ...without(body, "device_authorization_endpoint", "pushed_authorization_request_endpoint"),
      scopes_supported: SCOPES,
    }),
  },
});
