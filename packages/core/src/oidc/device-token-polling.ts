import * as oauth from "oauth4webapi";
import { again, hint } from "../base/wording.ts";
import type { DeviceAuthorization } from "./device-authorization.ts";
import { TegataError } from "../base/errors.ts";
import { clientAuthentication, type OAuthClient } from "./oauth-client.ts";
import { requestOptions, tokenEndpointOf, type OpenIdProvider } from "./openid-provider.ts";
import type { Clock, Ports } from "../base/ports.ts";
import { askForTokens, failedResponse, type OAuthRefusal, type TokenResponse } from "./token-response.ts";

/** What each `slow_down` adds, for good (RFC 8628 section 3.5). */
const slowDownSeconds = 5;
/** The server's count began before ours did: by as long as its response was on the way. */
const endLeewaySeconds = 2;
/** Back-off after a missing response stops growing here, unless the interval itself is longer than half of it. */
const backOffLimitSeconds = 10;

/** Tokens from the device grant. */
export type DeviceTokens = Extract<TokenResponse, { kind: "tokens" }>;

/**
 * Asks the token endpoint until the person has decided or the code has run out, by the letter of RFC 8628:
 *
 * - one interval is waited before the first request, and counted from the receipt of each response;
 * - each `slow_down` adds five seconds to this and every later wait;
 * - a request without a response makes the next wait longer, doubling while responses are missing;
 * - a plain 429 or 5xx is waited out, by its `Retry-After` where that is longer than the interval;
 * - the code's life is counted by whichever clock moved further, so that a laptop that slept does not go on asking.
 *
 * @param authorization with the verifier of PKCE, where the request for the code had its challenge
 * @param refused turns an OAuth error that ends the wait into ours; `usual` is what the error means by RFC 8628, where
 *   that says so
 * @throws TegataError `sign_in_denied`, `sign_in_expired`, `idp_unreachable`, `idp_unavailable` (no other response to
 *   the end), `idp_invalid_response`; the reason of `ports.signal` when aborted: the device code is then forgotten
 * @see RFC 8628 sections 3.4 and 3.5
 */
export async function pollForTokens(
  provider: OpenIdProvider,
  client: OAuthClient,
  authorization: DeviceAuthorization & { readonly codeVerifier?: string | undefined },
  refused: (refusal: OAuthRefusal, usual?: TegataError) => TegataError,
  ports: Ports,
): Promise<DeviceTokens> {
  const { clock, signal } = ports;
  const elapsedSeconds = stopwatch(clock);
  const { codeVerifier } = authorization;
  const options = requestOptions(new URL(provider.issuer), ports);
  const tokenEndpoint = tokenEndpointOf(provider);
  let intervalSeconds = authorization.intervalSeconds;
  let waitSeconds = intervalSeconds;
  let missingResponses = 0;
  let lastFailure: TegataError | undefined;

  for (;;) {
    const remainingSeconds = authorization.expiresInSeconds - elapsedSeconds();
    if (remainingSeconds <= 0) {
      throw lastFailure ?? deviceCodeExpired();
    }
    await clock.sleep(Math.min(waitSeconds, remainingSeconds) * 1000, signal);
    if (elapsedSeconds() >= authorization.expiresInSeconds) {
      throw lastFailure ?? deviceCodeExpired();
    }
    const response = await askForTokens(
      () =>
        oauth.deviceCodeGrantRequest(
          provider.metadata,
          { client_id: client.clientId },
          clientAuthentication(client),
          authorization.deviceCode,
          codeVerifier === undefined ? options : { ...options, additionalParameters: { code_verifier: codeVerifier } },
        ),
      clock.now(),
    );
    missingResponses = response.kind === "no_response" ? missingResponses + 1 : 0;
    lastFailure = undefined;
    switch (response.kind) {
      case "tokens":
        return response;
      case "unexpected":
        throw failedResponse(response, tokenEndpoint);
      case "no_response":
        if (response.failure.kind !== "unreachable" && response.failure.kind !== "timeout") {
          throw failedResponse(response, tokenEndpoint);
        }
        lastFailure = failedResponse(response, tokenEndpoint);
        waitSeconds = backOff(intervalSeconds, missingResponses);
        ports.log(`no response from the token endpoint, next try in ${waitSeconds} s`);
        break;
      case "busy":
        lastFailure = failedResponse(response, tokenEndpoint);
        waitSeconds = Math.max(intervalSeconds, response.retryAfterSeconds ?? 0);
        ports.log(`the token endpoint answers HTTP ${response.status}, next try in ${waitSeconds} s`);
        break;
      case "refused":
        switch (response.refusal.error) {
          case "authorization_pending":
            break;
          case "slow_down":
            intervalSeconds += slowDownSeconds;
            ports.log(`the identity provider asks to slow down, next try in ${intervalSeconds} s`);
            break;
          case "access_denied":
            throw refused(response.refusal, signInDenied(response.refusal));
          case "expired_token":
            throw refused(response.refusal, deviceCodeExpired());
          // Before the end of its life a code is refused for another reason: the person may not sign in, or it was used already.
          case "invalid_grant":
          case "bad_verification_code":
            throw elapsedSeconds() + endLeewaySeconds >= authorization.expiresInSeconds
              ? refused(response.refusal, deviceCodeExpired())
              : refused(response.refusal);
          default:
            throw refused(response.refusal);
        }
        waitSeconds = Math.max(intervalSeconds, response.refusal.retryAfterSeconds ?? 0);
    }
  }
}

function backOff(intervalSeconds: number, missingResponses: number): number {
  const limit = Math.max(backOffLimitSeconds, intervalSeconds * 2);
  return Math.min(limit, Math.max(1, intervalSeconds) * 2 ** missingResponses);
}

/** The person said no. */
export function signInDenied({ description }: OAuthRefusal): TegataError {
  const said = description === undefined ? "" : `: ${description}`;
  return new TegataError("sign_in_denied", `the sign-in was denied${said}`, {
    hint: hint`${again} if that was not meant`,
  });
}

/** Nobody decided in time. */
export function deviceCodeExpired(): TegataError {
  return new TegataError("sign_in_expired", "the code ran out before the sign-in was confirmed", {
    hint: hint`${again} and confirm the new code in the browser`,
  });
}

/**
 * Seconds since now. The wall clock runs on while a laptop sleeps but can be set back; the monotonic one cannot be set
 * but may stand still during sleep: the one that moved further is right.
 */
function stopwatch(clock: Clock): () => number {
  const wall = clock.now();
  const monotonic = clock.monotonic();
  return () => Math.max(clock.now() - wall, clock.monotonic() - monotonic) / 1000;
}
