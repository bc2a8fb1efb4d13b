import { FIXED_PORTS, faceOf } from "./face.ts";
import { OKTA_MACHINES } from "./machine-tokens.ts";
import type { OAuthError, OAuthErrorContext } from "./oauth-error.ts";

const ISSUER_PATH = "/oauth2/default";

/** The authorization server `default` of an Okta org. Source: Okta documentation, "Configure Device Authorization Grant Flow". */
export const OKTA_FACE = faceOf({
  name: "okta",
  brand: "Sandbox Okta org",
  issuerPath: ISSUER_PATH,
  routes: {
    authorization: `${ISSUER_PATH}/v1/authorize`,
    code_verification: "/activate",
    device_authorization: `${ISSUER_PATH}/v1/device/authorize`,
    end_session: `${ISSUER_PATH}/v1/logout`,
    jwks: `${ISSUER_PATH}/v1/keys`,
    revocation: `${ISSUER_PATH}/v1/revoke`,
    token: `${ISSUER_PATH}/v1/token`,
    userinfo: `${ISSUER_PATH}/v1/userinfo`,
  },
  accountIdOf: ({ id }) => `00u${id.slice(-17)}`,
  userCodeMask: "********",
  redirects: FIXED_PORTS,
  reword: asOkta,
  machines: OKTA_MACHINES,
});

function asOkta(error: OAuthError, { grantType }: OAuthErrorContext): OAuthError {
  const description = wordsOf(error.error, grantType);
  const status = error.error === "invalid_client" ? 401 : 400;
  return description === undefined ? error : { ...error, status, description };
}

function wordsOf(error: string, grantType: string | null): string | undefined {
  switch (error) {
    case "authorization_pending":
      return "The device authorization is pending. Please try again later.";
    case "access_denied":
      return "The resource owner or authorization server denied the request.";
    case "unauthorized_client":
      return "The client is not authorized to use the provided grant type. Configured grant types: [refresh_token].";
    case "invalid_client":
      return "Invalid value for 'client_id' parameter.";
    case "invalid_grant":
      return grantType === "refresh_token"
        ? "The refresh token is invalid or expired."
        : "The device code is invalid or has expired.";
    default:
      return undefined;
  }
}
