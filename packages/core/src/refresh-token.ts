import * as oauth from "oauth4webapi";
import { TegataError } from "./errors.ts";
import { unreachable } from "./http.ts";
import { clientAuthentication, type OAuthClient } from "./oauth-client.ts";
import { requestOptions, tokenEndpointOf, unavailable, type OpenIdProvider } from "./openid-provider.ts";
import type { Ports } from "./ports.ts";
import { askForTokens, failedAnswer, type OAuthRefusal, type TokenAnswer } from "./token-response.ts";

/** What a person can mend by signing in, although the refresh token does no more. */
const needsPerson: ReadonlySet<string> = new Set([
  "invalid_grant",
  // About the refresh grant alone.
  "unauthorized_client",
  "unsupported_grant_type",
  // OpenID Connect Core 1.0 section 3.1.2.6; Entra gives them when a policy has changed.
  "interaction_required",
  "login_required",
  "consent_required",
]);

/**
 * Trades a refresh token for new tokens. Sent once and never repeated: with rotation a repeat after a lost answer is a
 * reuse, and a reuse revokes the whole family.
 *
 * @param refused turns an OAuth error other than those that end the session into ours
 * @throws TegataError `idp_session_expired` when the IdP takes this refresh token no more: forget it; `idp_unreachable`,
 *   `idp_unavailable`, `idp_invalid_response`: keep it
 * @see RFC 6749 section 6, OpenID Connect Core 1.0 section 12
 */
export async function refreshTokens(
  provider: OpenIdProvider,
  client: OAuthClient,
  refreshToken: string,
  refused: (refusal: OAuthRefusal) => TegataError,
  ports: Ports,
): Promise<Extract<TokenAnswer, { kind: "tokens" }>> {
  const tokenEndpoint = tokenEndpointOf(provider);
  const answer = await askForTokens(
    () =>
      oauth.refreshTokenGrantRequest(
        provider.metadata,
        { client_id: client.clientId },
        clientAuthentication(client),
        refreshToken,
        requestOptions(new URL(provider.issuer), ports),
      ),
    ports.clock.now(),
  );
  switch (answer.kind) {
    case "tokens":
      return answer;
    case "refused":
      if (!needsPerson.has(answer.refusal.error)) {
        throw refused(answer.refusal);
      }
      throw new TegataError("idp_session_expired", "the sign-in session has ended at the identity provider", {
        details: { error: answer.refusal.error },
      });
    case "busy":
    case "no_answer":
    case "unexpected":
      throw failedAnswer(answer, tokenEndpoint);
  }
}

/**
 * Tells the IdP that a refresh token is not wanted any more. An IdP that does not know the token says so with 200.
 *
 * @throws TegataError `idp_unreachable`, `idp_unavailable`, `idp_rejected`: the token may still live
 * @see RFC 7009
 */
export async function revokeRefreshToken(
  provider: OpenIdProvider,
  client: OAuthClient,
  refreshToken: string,
  ports: Ports,
): Promise<void> {
  const endpoint = provider.metadata.revocation_endpoint;
  if (endpoint === undefined) {
    throw new TegataError("idp_rejected", `${provider.issuer} offers no revocation of refresh tokens`, {
      hint: "end the session in the identity provider's own pages",
    });
  }
  const response = await oauth
    .revocationRequest(provider.metadata, { client_id: client.clientId }, clientAuthentication(client), refreshToken, {
      ...requestOptions(new URL(provider.issuer), ports),
      additionalParameters: { token_type_hint: "refresh_token" },
    })
    .catch((error: unknown) => {
      throw unreachable("idp_unreachable", "the identity provider", endpoint, error);
    });
  if (response.status === 429 || response.status >= 500) {
    throw unavailable(new URL(endpoint), "revocation", response.status);
  }
  if (response.status !== 200) {
    throw new TegataError(
      "idp_rejected",
      `the identity provider did not revoke the refresh token (HTTP ${response.status})`,
      {
        hint: "end the session in the identity provider's own pages",
        details: { httpStatus: response.status },
      },
    );
  }
}
