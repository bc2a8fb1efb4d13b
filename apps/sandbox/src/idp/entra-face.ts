import { faceOf, without } from "./face.ts";
import { ENTRA_MACHINES } from "./machine-tokens.ts";
import type { OAuthError, OAuthErrorContext } from "./oauth-error.ts";

/** The tenant's id. */
export const ENTRA_TENANT = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";

/**
 * A Microsoft Entra ID tenant: the issuer's path is not the endpoints', no page with the code filled in, no revocation, its
 * own error codes. Source: Microsoft documentation, "OAuth 2.0 device authorization grant flow" and "Authentication and
 * authorization error codes".
 */
export const ENTRA_FACE = faceOf({
  name: "entra",
  brand: "Sandbox Entra tenant",
  issuerPath: `/${ENTRA_TENANT}/v2.0`,
  routes: {
    authorization: `/${ENTRA_TENANT}/oauth2/v2.0/authorize`,
    code_verification: "/devicelogin",
    device_authorization: `/${ENTRA_TENANT}/oauth2/v2.0/devicecode`,
    end_session: `/${ENTRA_TENANT}/oauth2/v2.0/logout`,
    jwks: `/${ENTRA_TENANT}/discovery/v2.0/keys`,
    revocation: `/${ENTRA_TENANT}/oauth2/v2.0/there-is-no-revocation`,
    token: `/${ENTRA_TENANT}/oauth2/v2.0/token`,
    userinfo: "/oidc/userinfo",
  },
  lifetimes: { deviceCode: 900, idToken: 3600 },
  accountIdOf: ({ id }) => `AAAAAAAAAAAAAAAAAAA${id}`,
  userCodeMask: "*********",
  leewaySeconds: Infinity,
  redirects: { registered: () => ["http://localhost"], compared: "anyPort" },
  reword: asEntra,
  answers: {
    discovery: (body) => without(body, "revocation_endpoint", "introspection_endpoint"),
    device_authorization: (body) => ({
      ...without(body, "verification_uri_complete"),
      message: `To sign in, use a web browser to open the page ${String(body["verification_uri"])} and enter the code ${String(body["user_code"])} to authenticate.`,
    }),
  },
  machines: ENTRA_MACHINES,
});

function asEntra(error: OAuthError, context: OAuthErrorContext): OAuthError {
  const said = saidByEntra(error.error, context);
  if (said === undefined) {
    return error;
  }
  const [name, number, words] = said;
  return {
    status: name === "invalid_client" ? 401 : 400,
    error: name,
    description: `AADSTS${number}: ${words} Trace ID: ${TRACE_ID} Correlation ID: ${TRACE_ID} Timestamp: 2030-01-01 00:00:00Z`,
    members: { error_codes: [number], error_uri: `https://login.microsoftonline.com/error?code=${number}` },
  };
}

const TRACE_ID = "0e1f8ddc-0b3d-4c1a-9c02-5a1c7b2f0100";

/** Entra's own error, its number and its words. */
function saidByEntra(
  error: string,
  { grantType, clientId }: OAuthErrorContext,
): readonly [string, number, string] | undefined {
  switch (error) {
    case "authorization_pending":
      return [error, 70_016, "OAuth 2.0 device flow error. Authorization is pending. Continue polling."];
    case "access_denied":
      return ["authorization_declined", 65_004, "User declined to consent to access the app."];
    case "expired_token":
      return [error, 70_019, "Verification code expired."];
    case "invalid_grant":
      return grantType === "refresh_token"
        ? [error, 70_000, "Provided grant is invalid or malformed."]
        : ["bad_verification_code", 70_018, "The verification code is not valid."];
    case "unauthorized_client":
      return [
        "invalid_client",
        7_000_218,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
      ];
    case "invalid_client":
      return [
        "unauthorized_client",
        700_016,
        `Application with identifier '${clientId}' was not found in the directory 'Sandbox'.`,
      ];
    default:
      return undefined;
  }
}
