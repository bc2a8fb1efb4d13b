import * as oauth from "oauth4webapi";
import { hint, or, setting } from "../base/wording.ts";
import * as v from "valibot";
import { TegataError } from "../base/errors.ts";
import { maxTokenCharacters, maxUrlCharacters, printable, saysSomething, tooLong } from "../base/foreign-text.ts";
import { isLoopbackHost, isSecureUrl, unreachable } from "../base/http.ts";
import { shownValue } from "../base/shown-value.ts";
import { requestOptions, tokenEndpointOf, unavailable, type OpenIdProvider } from "./openid-provider.ts";
import type { Ports } from "../base/ports.ts";
import { readJson, refusalOf, type OAuthRefusal } from "./token-response.ts";

/** Used when the answer names no `interval` (RFC 8628 section 3.2). */
const defaultIntervalSeconds = 5;
/** "interval": 0 is no leave to ask as fast as the network can carry. */
const minIntervalSeconds = 1;
/** A longer interval would let a person wait for minutes after the decision, or for ever: such an answer is refused. */
const maxIntervalSeconds = 300;
/** No provider's code lives longer; what a server says beyond it fits neither a timer nor a date. */
const maxLifetimeSeconds = 86_400;

/** Some servers write numbers as text. */
const secondsSchema = v.union([
  v.pipe(v.number(), v.finite()),
  v.pipe(v.string(), v.regex(/^\d{1,9}$/), v.transform(Number)),
]);

/** Real ones have eight to twelve. */
const maxUserCodeCharacters = 64;

/** A user code as a person will see it and type it. */
export const userCodeSchema = v.pipe(
  v.string("must be text"),
  v.nonEmpty("must not be empty"),
  v.maxLength(maxUserCodeCharacters, `must have at most ${maxUserCodeCharacters} characters`),
  v.check((code) => printable(code) === code, "must be printable"),
);

/** Some servers write null or an empty text for what they do not have. */
const optionalText = v.pipe(
  v.nullish(v.string()),
  v.transform((text) => (saysSomething(text) ? text : undefined)),
);

const responseSchema = v.object({
  device_code: v.pipe(v.string(), v.nonEmpty()),
  user_code: userCodeSchema,
  verification_uri: optionalText,
  /** Its name in early drafts of RFC 8628; Google never changed it. */
  verification_url: optionalText,
  verification_uri_complete: optionalText,
  expires_in: v.pipe(secondsSchema, v.gtValue(0)),
  interval: v.nullish(v.pipe(secondsSchema, v.minValue(0), v.maxValue(maxIntervalSeconds))),
});

/** The texts of an answer and how long each may be: what is beyond that is no code and no page of anybody's. */
const longest: readonly (readonly [name: string, maxCharacters: number])[] = [
  ["device_code", maxTokenCharacters],
  ["user_code", maxUserCodeCharacters],
  ["verification_uri", maxUrlCharacters],
  ["verification_url", maxUrlCharacters],
  ["verification_uri_complete", maxUrlCharacters],
];

/** What servers and gateways answer for a path or a method that they do not serve. */
const absentStatuses: ReadonlySet<number> = new Set([404, 405, 410]);

/** RFC 6749 section 5.2, RFC 8628 section 3.1. */
const oauthErrors: ReadonlySet<string> = new Set([
  "access_denied",
  "invalid_client",
  "invalid_grant",
  "invalid_request",
  "invalid_scope",
  "unauthorized_client",
  "unsupported_grant_type",
]);

/** What a device code is asked for with (RFC 8628 section 3.1). */
export interface DeviceAuthorizationRequest {
  readonly clientId: string;
  /** Space-separated; must hold `openid` for an ID token. */
  readonly scope: string;
  /** What this IdP wants besides, such as Auth0's `audience`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Hosts besides the issuer's own that may show the verification page. */
  readonly verificationHosts: readonly string[];
  /** Counts only where the discovery document names none. */
  readonly endpoint?: string | undefined;
}

/** A device authorization response (RFC 8628 section 3.2) that has been judged. */
export interface DeviceAuthorization {
  /** Secret: anyone who holds it gets the tokens. Never shown. */
  readonly deviceCode: string;
  /** Printable. */
  readonly userCode: string;
  /** Proved: https, or loopback, on an expected host; in ASCII, so that a look-alike name shows. */
  readonly verificationUri: string;
  readonly verificationUriComplete: string | undefined;
  /** At most a day. */
  readonly expiresInSeconds: number;
  /** At least one second, at most five minutes. */
  readonly intervalSeconds: number;
}

/**
 * Asks the IdP for a device code and a user code.
 *
 * @param refused turns the IdP's OAuth error into ours
 * @throws TegataError `idp_unreachable`, `idp_unavailable`, `idp_invalid_response`, `idp_untrusted_url`,
 *   `idp_grant_disabled`, and what `refused` gives
 * @see RFC 8628 sections 3.1 and 3.2
 */
export async function requestDeviceAuthorization(
  provider: OpenIdProvider,
  request: DeviceAuthorizationRequest,
  refused: (refusal: OAuthRefusal) => TegataError,
  ports: Ports,
): Promise<DeviceAuthorization> {
  const issuer = new URL(provider.issuer);
  const endpoint = provider.metadata.device_authorization_endpoint ?? request.endpoint;
  if (endpoint === undefined) {
    throw new TegataError(
      "idp_grant_disabled",
      `${provider.issuer} does not offer the device grant (no device_authorization_endpoint)`,
      {
        hint: [
          hint`ask the administrator to enable the device grant`,
          or`where it is on but not named, set ${setting("device_authorization_endpoint")} (an IdP of type oidc has it)`,
        ],
      },
    );
  }
  // Asked for now, while nobody has been bothered yet: without it the code would be of no use.
  tokenEndpointOf(provider);
  const response = await oauth
    .deviceAuthorizationRequest(
      { ...provider.metadata, device_authorization_endpoint: endpoint },
      { client_id: request.clientId },
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
  const body = await readJson(response);
  const refusal = refusalOf(response, body, ports.clock.now());
  const isAbsent = absentStatuses.has(response.status);
  // A server that does not know the path may call that an error, too.
  if (refusal !== undefined && !(isAbsent && !oauthErrors.has(refusal.error))) {
    throw refused(refusal);
  }
  if (isAbsent) {
    throw new TegataError(
      "idp_grant_disabled",
      `${provider.issuer} names a device authorization endpoint that is not there: ${shownValue(endpoint, 200)} answers HTTP ${response.status}`,
      { hint: "ask the administrator whether the device grant is enabled" },
    );
  }
  if (response.status !== 200) {
    throw invalid(endpoint, `HTTP ${response.status} without an OAuth error code`);
  }
  return judge(body, endpoint, [issuer.host, new URL(endpoint).host, ...request.verificationHosts]);
}

function judge(body: unknown, endpoint: string, hosts: readonly string[]): DeviceAuthorization {
  const texts = v.is(v.record(v.string(), v.unknown()), body) ? body : {};
  for (const [name, maxCharacters] of longest) {
    const text = texts[name];
    const problem = typeof text === "string" ? tooLong(name, text, maxCharacters) : undefined;
    if (problem !== undefined) {
      throw invalid(endpoint, problem);
    }
  }
  const parsed = v.safeParse(responseSchema, body);
  if (!parsed.success) {
    const member = parsed.issues[0].path?.[0]?.key;
    throw invalid(
      endpoint,
      typeof member === "string" ? `its ${member} is missing or makes no sense` : "it is not a JSON object",
    );
  }
  const response = parsed.output;
  const verificationUri = response.verification_uri ?? response.verification_url;
  if (verificationUri === undefined) {
    throw invalid(endpoint, "its verification_uri is missing or makes no sense");
  }
  const complete = response.verification_uri_complete;
  return {
    deviceCode: response.device_code,
    userCode: response.user_code,
    verificationUri: proveVerificationUri(verificationUri, hosts),
    verificationUriComplete: complete === undefined ? undefined : proveVerificationUri(complete, hosts),
    expiresInSeconds: Math.min(response.expires_in, maxLifetimeSeconds),
    intervalSeconds: Math.max(response.interval ?? defaultIntervalSeconds, minIntervalSeconds),
  };
}

/**
 * A URL that a person is asked to open must be https, on a host that belongs to the IdP, without credentials in it:
 * an answer that was tampered with could else send a person anywhere (RFC 8628 section 5.4).
 *
 * @param hosts `host` or `host:port`
 * @returns The URL in ASCII, so that a look-alike name shows; `undefined` for one that nobody should open.
 */
export function provenVerificationUri(value: string, hosts: readonly string[]): string | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const proved =
    url !== undefined &&
    // In ASCII a character may take nine.
    url.href.length <= maxUrlCharacters &&
    isSecureUrl(url) &&
    url.username === "" &&
    url.password === "" &&
    hosts.some((host) => host === url.host && (url.protocol === "https:" || isLoopbackHost(url.hostname)));
  return proved ? url.href : undefined;
}

function proveVerificationUri(value: string, hosts: readonly string[]): string {
  const proved = provenVerificationUri(value, hosts);
  if (proved === undefined) {
    const shown = URL.canParse(value) ? new URL(value).href : value;
    throw new TegataError(
      "idp_untrusted_url",
      `the identity provider sent a verification page that is not on ${printable(hosts[0] ?? "")}: ${printable(shown)}`,
      {
        hint: [
          hint`do not open it`,
          hint`if that host is right, name it in ${setting("verification_host")} (an IdP of type oidc has it)`,
        ],
      },
    );
  }
  return proved;
}

function invalid(endpoint: string, reason: string): TegataError {
  const { host } = new URL(endpoint);
  return new TegataError(
    "idp_invalid_response",
    `the response of the device authorization endpoint at ${host} makes no sense: ${reason}`,
    { hint: "tell the administrator of the identity provider", details: { host } },
  );
}
