import * as oauth from "oauth4webapi";
import { type ErrorCode, TegataError } from "../base/errors.ts";
import { unreachable } from "../base/http.ts";
import { clientAuthentication, type OAuthClient } from "./oauth-client.ts";
import { requestOptions, tokenEndpointOf, unavailable, type OpenIdProvider } from "./openid-provider.ts";
import type { Ports } from "../base/ports.ts";
import {
  askForTokens,
  failedResponse,
  type OAuthRefusal,
  readJson,
  refusalDetails,
  refusalOf,
  saidBy,
  type TokenResponse,
} from "./token-response.ts";

/** The refresh token does no more, no matter what a person does: it is forgotten. The last two are about the refresh grant alone. */
const endsSession: ReadonlySet<string> = new Set(["invalid_grant", "unauthorized_client", "unsupported_grant_type"]);

/** About the client, the request or the server: a sign-in would be refused as well. */
const notForPerson: ReadonlySet<string> = new Set([
  "invalid_client",
  "invalid_request",
  "invalid_scope",
  "invalid_target",
  "server_error",
  "temporarily_unavailable",
  "slow_down",
]);

/** Codes of an explained refusal that no sign-in gets around. */
const finalCodes: ReadonlySet<ErrorCode> = new Set(["idp_client_rejected", "idp_unavailable"]);

/**
 * Trades a refresh token for new tokens. Sent once and never repeated: with rotation a repeat after a lost response is a
 * reuse, and a reuse revokes the whole family.
 *
 * @param refused turns an OAuth error into ours
 * @throws TegataError `idp_session_expired` when the IdP takes this refresh token no more: forget it; `sign_in_required` when it
 *   wants to see the person (`mfa_required`, `interaction_required`, and what no standard knows): keep it, the provider may take
 *   it again after a change of its rules; `idp_unreachable`, `idp_unavailable`, `idp_invalid_response`, and what `refused`
 *   gives: keep it
 * @see RFC 6749 section 6, OpenID Connect Core 1.0 section 12
 */
export async function refreshTokens(
  provider: OpenIdProvider,
  client: OAuthClient,
  refreshToken: string,
  refused: (refusal: OAuthRefusal) => TegataError,
  ports: Ports,
): Promise<Extract<TokenResponse, { kind: "tokens" }>> {
  const tokenEndpoint = tokenEndpointOf(provider);
  const response = await askForTokens(
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
  switch (response.kind) {
    case "tokens":
      return response;
    case "refused":
      throw notRenewed(response.refusal, refused(response.refusal));
    case "busy":
    case "no_response":
    case "unexpected":
      throw failedResponse(response, tokenEndpoint);
  }
}

function notRenewed(refusal: OAuthRefusal, explained: TegataError): TegataError {
  if (notForPerson.has(refusal.error) || finalCodes.has(explained.code)) {
    return explained;
  }
  const code = endsSession.has(refusal.error) ? "idp_session_expired" : "sign_in_required";
  return new TegataError(code, `the identity provider did not renew the sign-in: ${saidBy(refusal)}`, {
    details: refusalDetails(refusal),
  });
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
    const refusal = refusalOf(response, await readJson(response), ports.clock.now());
    const said = refusal === undefined ? `HTTP ${response.status}` : saidBy(refusal);
    throw new TegataError("idp_rejected", `the identity provider did not revoke the refresh token (${said})`, {
      hint: "end the session in the identity provider's own pages",
      details: refusal === undefined ? { httpStatus: response.status } : refusalDetails(refusal),
    });
  }
}
