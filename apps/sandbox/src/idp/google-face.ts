import { faceOf, without } from "./face.ts";
import type { OAuthError } from "./oauth-error.ts";

/** What Google hands out to a client that cannot keep it. */
const GOOGLE_CLIENT_SECRET = "GOCSPX-sandbox-secret-that-is-none";

const DEVICE_SCOPES = new Set(["openid", "email", "profile"]);

/**
 * Google: one issuer for everybody, endpoints on other hosts, a client secret at the token endpoint alone, few scopes, the
 * verification page under the name of RFC 8628's early drafts. Source: Google documentation, "OAuth 2.0 for TV and
 * Limited-Input Device Applications".
 */
export const GOOGLE_FACE = faceOf({
  name: "google",
  brand: "Sandbox Google account",
  issuerOf: () => "https://accounts.google.com",
  hosts: ["accounts.google.com", "oauth2.googleapis.com", "www.googleapis.com", "www.google.com"],
  routes: {
    authorization: "/o/oauth2/v2/auth",
    code_verification: "/device",
    device_authorization: "/device/code",
    end_session: "/logout",
    jwks: "/oauth2/v3/certs",
    revocation: "/revoke",
    token: "/token",
    userinfo: "/v1/userinfo",
  },
  lifetimes: { deviceCode: 1800, idToken: 3600 },
  accountIdOf: ({ id }) => BigInt(`0x${id}`).toString().slice(0, 21),
  refreshTokens: "kept",
  redirects: { registered: () => ["http://127.0.0.1"], compared: "anyLoopback" },
  separateClients: true,
  alwaysRefreshToken: true,
  clientSecret: GOOGLE_CLIENT_SECRET,
  documentCacheControl: "public, max-age=3600",
  admit: (area, form) => {
    const foreign = (form.get("scope") ?? "").split(" ").filter((scope) => !DEVICE_SCOPES.has(scope));
    if (area === "device_authorization" && foreign.length > 0) {
      return { status: 400, error: "invalid_scope", description: `Invalid device flow scope: ${foreign.join(" ")}` };
    }
    if (area !== "token" || form.get("client_secret") === GOOGLE_CLIENT_SECRET) {
      return undefined;
    }
    return form.has("client_secret")
      ? { status: 401, error: "invalid_client", description: "The provided client secret is invalid." }
      : { status: 400, error: "invalid_request", description: "client_secret is missing." };
  },
  reword: asGoogle,
  answers: {
    discovery: (body) => ({
      ...without(body, "pushed_authorization_request_endpoint"),
      authorization_endpoint: "https://accounts.google.com/o/oauth2/v2/auth",
      device_authorization_endpoint: "https://oauth2.googleapis.com/device/code",
      token_endpoint: "https://oauth2.googleapis.com/token",
      revocation_endpoint: "https://oauth2.googleapis.com/revoke",
      jwks_uri: "https://www.googleapis.com/oauth2/v3/certs",
    }),
    device_authorization: (body) => ({
      ...without(body, "verification_uri", "verification_uri_complete"),
      verification_url: "https://www.google.com/device",
    }),
  },
});

function asGoogle(error: OAuthError): OAuthError {
  switch (error.error) {
    case "authorization_pending":
      return { ...error, status: 428, description: "Precondition Required" };
    case "slow_down":
      return { ...error, status: 403, description: "Forbidden" };
    case "access_denied":
      return { ...error, status: 403, description: "Forbidden" };
    case "invalid_client":
      return { ...error, status: 401, description: "The OAuth client was not found." };
    case "unauthorized_client":
      return { status: 401, error: "invalid_client", description: "Invalid client type." };
    case "invalid_grant":
      return { ...error, status: 400, description: "Bad Request" };
    default:
      return error;
  }
}
