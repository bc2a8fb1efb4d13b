import * as oauth from "oauth4webapi";
import { TegataError } from "./errors.ts";
import { printable } from "./foreign-text.ts";
import { isLoopbackHost, isSecureUrl, unreachable } from "./http.ts";
import { requestOptions, unavailable, type OpenIdProvider } from "./openid-provider.ts";
import type { Ports } from "./ports.ts";
import type { OAuthRefusal } from "./token-response.ts";

/** Used when the answer names no `interval` (RFC 8628 section 3.2). */
const defaultIntervalSeconds = 5;

export interface DeviceAuthorizationRequest {
  readonly clientId: string;
  /** Space-separated; must hold `openid` for an ID token. */
  readonly scope: string;
  /** What this IdP wants besides, such as Auth0's `audience`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Hosts besides the issuer's own that may show the verification page. */
  readonly verificationHosts: readonly string[];
}

/** A device authorization response (RFC 8628 section 3.2) that has been judged. */
export interface DeviceAuthorization {
  /** Secret: whoever holds it gets the tokens. Never shown. */
  readonly deviceCode: string;
  /** Printable. */
  readonly userCode: string;
  /** Proved: https, or loopback, on an expected host. */
  readonly verificationUri: string;
  readonly verificationUriComplete: string | undefined;
  readonly expiresInSeconds: number;
  readonly intervalSeconds: number;
}

/**
 * Asks the IdP for a device code and a user code.
 *
 * @param refused turns the IdP's OAuth error into ours
 * @throws TegataError `idp_unreachable`, `idp_unavailable`, `idp_invalid_response`, `idp_untrusted_url`,
 *   `idp_device_grant_disabled`, and what `refused` gives
 * @see RFC 8628 sections 3.1 and 3.2
 */
export async function requestDeviceAuthorization(
  provider: OpenIdProvider,
  request: DeviceAuthorizationRequest,
  refused: (refusal: OAuthRefusal) => TegataError,
  ports: Ports,
): Promise<DeviceAuthorization> {
  const issuer = new URL(provider.issuer);
  const endpoint = provider.metadata.device_authorization_endpoint;
  if (endpoint === undefined) {
    throw new TegataError(
      "idp_device_grant_disabled",
      `${provider.issuer} does not offer the device grant (no device_authorization_endpoint)`,
      { hint: "ask the administrator of the identity provider to enable the device grant (RFC 8628)" },
    );
  }
  const client: oauth.Client = { client_id: request.clientId };
  const response = await oauth
    .deviceAuthorizationRequest(
      provider.metadata,
      client,
      oauth.None(),
      { ...request.parameters, scope: request.scope },
      requestOptions(issuer, ports),
    )
    .catch((error: unknown) => {
      throw unreachable("idp_unreachable", "the identity provider", endpoint, error);
    });
  if (response.status === 429 || response.status >= 500) {
    throw unavailable(new URL(endpoint), "device authorization", response.status);
  }
  const answer = await oauth
    .processDeviceAuthorizationResponse(provider.metadata, client, response)
    .catch((error: unknown) => {
      if (error instanceof oauth.ResponseBodyError) {
        throw refused({
          error: printable(error.error, 80),
          description: error.error_description === undefined ? undefined : printable(error.error_description),
          status: error.status,
          retryAfterSeconds: undefined,
        });
      }
      throw invalid(endpoint, "it is not a device authorization response", error);
    });
  return judge(answer, endpoint, [issuer.host, new URL(endpoint).host, ...request.verificationHosts]);
}

function judge(
  answer: oauth.DeviceAuthorizationResponse,
  endpoint: string,
  hosts: readonly string[],
): DeviceAuthorization {
  const userCode = printable(answer.user_code, 64);
  if (userCode === "" || userCode !== answer.user_code) {
    throw invalid(endpoint, "its user_code cannot be shown to a person");
  }
  const { interval, expires_in: expiresInSeconds } = answer;
  if (!Number.isFinite(expiresInSeconds) || expiresInSeconds <= 0 || (interval !== undefined && interval < 0)) {
    throw invalid(endpoint, "its expires_in or interval is no sensible number of seconds");
  }
  const complete = answer.verification_uri_complete;
  return {
    deviceCode: answer.device_code,
    userCode,
    verificationUri: proveVerificationUri(answer.verification_uri, hosts),
    verificationUriComplete: complete === undefined ? undefined : proveVerificationUri(complete, hosts),
    expiresInSeconds,
    intervalSeconds: interval ?? defaultIntervalSeconds,
  };
}

/**
 * A URL that a person is asked to open must be https, on a host that belongs to the IdP, without credentials in it:
 * an answer that was tampered with could else send a person anywhere (RFC 8628 section 5.4).
 */
function proveVerificationUri(value: string, hosts: readonly string[]): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const proved =
    url !== undefined &&
    isSecureUrl(url) &&
    url.username === "" &&
    url.password === "" &&
    hosts.some((host) => host === url.host && (url.protocol === "https:" || isLoopbackHost(url.hostname)));
  if (!proved) {
    throw new TegataError(
      "idp_untrusted_url",
      `the identity provider sent a verification page that is not on ${printable(hosts[0] ?? "")}: ${printable(value)}`,
      { hint: "do not open it; if that host is right, name it in the setting verification_host" },
    );
  }
  return url.href;
}

function invalid(endpoint: string, reason: string, cause?: unknown): TegataError {
  const { host } = new URL(endpoint);
  return new TegataError(
    "idp_invalid_response",
    `the answer of the device authorization endpoint at ${host} makes no sense: ${reason}`,
    { hint: "tell the administrator of the identity provider", details: { host }, cause },
  );
}
