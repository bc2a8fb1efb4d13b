import { DEVICE_GRANT, type OAuthError, type OAuthErrorContext } from "./oauth-error.ts";

/**
 * The same refusal as Auth0 words it. Source: Auth0 documentation, "Call Your API Using the Device Authorization Flow" and
 * "Refresh Token Rotation".
 */
export function asAuth0(error: OAuthError, context: OAuthErrorContext): OAuthError {
  switch (error.error) {
    case "authorization_pending":
      return { ...error, status: 403, description: "User has yet to authorize device code." };
    case "slow_down":
      return {
        ...error,
        status: 429,
        description: `You are polling faster than the specified interval of ${context.intervalSeconds} seconds.`,
      };
    case "expired_token":
      return context.tellsExpired()
        ? { ...error, status: 403, description: "The device code has expired." }
        : { status: 403, error: "invalid_grant", description: "Invalid or expired device code." };
    case "access_denied":
      return { ...error, status: 403, description: "User cancelled the confirmation prompt." };
    case "invalid_grant":
      return {
        ...error,
        status: 403,
        description:
          context.grantType === "refresh_token"
            ? "Unknown or invalid refresh token."
            : "Invalid or expired device code.",
      };
    case "unauthorized_client":
      return {
        ...error,
        status: 403,
        description: `Grant type '${context.grantType ?? DEVICE_GRANT}' not allowed for the client.`,
      };
    default:
      return error;
  }
}
