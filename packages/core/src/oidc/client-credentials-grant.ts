import * as oauth from "oauth4webapi";
import { TegataError } from "../base/errors.ts";
import type { Ports } from "../base/ports.ts";
import { hint, type HintInput, setting } from "../base/wording.ts";
import type { AccessTokenRules } from "./access-token.ts";
import { type AssertionRules, signAssertion } from "./client-assertion.ts";
import { type ClientKeyAlgorithm, clientKeyAlgorithms } from "./client-key.ts";
import type { MachineGrant, MachineGrantRequest, MachineToken } from "./grant.ts";
import type { MachineClient } from "./machine-client.ts";
import { type OpenIdProvider, requestOptions, tokenEndpointOf } from "./openid-provider.ts";
import { askForTokens, failedResponse, type TokenResponse } from "./token-response.ts";

/** What differs from one provider to the next. */
export interface ClientCredentialsGrantOptions {
  /** Space-separated; left out, none is asked for. With `openid` some providers give an ID token. */
  readonly scope?: string | undefined;
  /** Further parameters of the token request, such as Auth0's `audience`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /**
   * How a secret is sent (RFC 6749 section 2.3.1). Default: `basic`, which every provider must know; `post` where the discovery
   * document names that alone of the two.
   */
  readonly secretBy?: "basic" | "post";
  readonly assertion?: AssertionRules;
  /** What a client's key may sign with, the usual one first. Default: RS256, PS256, ES256. */
  readonly keyAlgorithms?: readonly [ClientKeyAlgorithm, ...ClientKeyAlgorithm[]];
  /** How an access token is judged where there is no ID token. Left out: an access token is of no use. */
  readonly accessToken?: AccessTokenRules | undefined;
  /** Settings without which this provider gives no token, and that are not there. */
  readonly missing?: readonly string[];
  /** What to change where an ID token is missing and an access token is of no use. */
  readonly missingHint?: HintInput;
  /** What to change where the access token is no JWT: AWS takes no other. */
  readonly notAJwtHint: HintInput;
}

const maxAttempts = 4;
/** After that no further request is begun: an AWS client waits for a minute. */
const patienceMilliseconds = 12_000;
const firstDelayMilliseconds = 500;
/** A clock that is further off can be why an assertion is refused. */
const clockMattersMilliseconds = 5000;

/**
 * The grant of a client that signs in by itself, with a secret or with a key. It is asked for again, with a new assertion, after
 * what passes: nothing is used up by a lost response.
 *
 * @see RFC 6749 section 4.4, RFC 7523 section 2.2
 */
export function clientCredentialsGrant(options: ClientCredentialsGrantOptions): MachineGrant {
  return {
    flow: "client-credentials",
    needsPerson: false,
    missing: options.missing,
    keyAlgorithms: options.keyAlgorithms ?? clientKeyAlgorithms,
    async acquire(request, ports) {
      const response = await ask(request, options, ports);
      return tokenIn(response, request, options);
    },
  };
}

type Tokens = Extract<TokenResponse, { kind: "tokens" }>;

async function ask(
  request: MachineGrantRequest,
  options: ClientCredentialsGrantOptions,
  ports: Ports,
): Promise<Tokens> {
  const { provider, client, refused } = request;
  const tokenEndpoint = tokenEndpointOf(provider);
  const startedAt = ports.clock.monotonic();
  for (let attempt = 1; ; attempt += 1) {
    const clockBefore = ports.clockOffset?.();
    const response = await askForTokens(() => send(provider, client, options, ports), ports.clock.now());
    if (response.kind === "tokens") {
      return response;
    }
    const wait = isAboutClock(response, client, clockBefore, ports) ? 0 : waitAfter(response, attempt, ports);
    const spent = ports.clock.monotonic() - startedAt;
    if (wait === undefined || attempt >= maxAttempts || spent + wait > patienceMilliseconds) {
      throw response.kind === "refused" ? refused(response.refusal) : failedResponse(response, tokenEndpoint);
    }
    ports.log(`the token endpoint is asked again in ${Math.round(wait)} ms`);
    await ports.clock.sleep(wait, ports.signal);
  }
}

function send(
  provider: OpenIdProvider,
  client: MachineClient,
  { scope, parameters = {}, secretBy, assertion = {} }: ClientCredentialsGrantOptions,
  ports: Ports,
): Promise<Response> {
  return oauth.clientCredentialsGrantRequest(
    provider.metadata,
    { client_id: client.clientId },
    authentication(provider, client, secretBy ?? secretMethodOf(provider), assertion, ports),
    { ...parameters, ...(scope === undefined ? {} : { scope }) },
    requestOptions(new URL(provider.issuer), ports),
  );
}

function authentication(
  provider: OpenIdProvider,
  { clientId, credential }: MachineClient,
  secretBy: "basic" | "post",
  assertionRules: AssertionRules,
  ports: Ports,
): oauth.ClientAuth {
  if (credential.kind === "secret") {
    const by = secretBy === "basic" ? oauth.ClientSecretBasic : oauth.ClientSecretPost;
    return by(credential.secret);
  }
  return async (_server, _client, body) => {
    body.set("client_id", clientId);
    body.set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    body.set("client_assertion", await signAssertion(clientId, credential.key, provider, assertionRules, ports));
  };
}

function secretMethodOf({ metadata }: OpenIdProvider): "basic" | "post" {
  const methods = metadata.token_endpoint_auth_methods_supported ?? [];
  return methods.includes("client_secret_post") && !methods.includes("client_secret_basic") ? "post" : "basic";
}

/** The response told how far this machine's clock is off: the next assertion has the provider's times. */
function isAboutClock(
  response: TokenResponse,
  { credential }: MachineClient,
  before: number | undefined,
  { clockOffset }: Ports,
): boolean {
  const isOff = before === undefined && Math.abs(clockOffset?.() ?? 0) > clockMattersMilliseconds;
  return isOff && credential.kind === "key" && response.kind === "refused" && response.refusal.status !== 403;
}

/** Milliseconds; `undefined`: asking again would not help. */
function waitAfter(response: Exclude<TokenResponse, Tokens>, attempt: number, { random }: Ports): number | undefined {
  // At least half of the longest: machines that start at once must not come back at once.
  const own = firstDelayMilliseconds * 2 ** (attempt - 1) * (0.5 + random() / 2);
  switch (response.kind) {
    case "busy":
      return Math.max(own, (response.retryAfterSeconds ?? 0) * 1000);
    case "no_response":
      // A time-out has cost ten seconds already.
      return response.failure.kind === "unreachable" ? own : undefined;
    case "refused":
    case "unexpected":
      return undefined;
  }
}

function tokenIn(
  { idToken, accessToken }: Tokens,
  { client }: MachineGrantRequest,
  { accessToken: rules, missingHint, notAJwtHint, scope }: ClientCredentialsGrantOptions,
): MachineToken {
  // It is for this client, and nothing about it is a matter of opinion.
  if (idToken !== undefined) {
    return { idToken, audience: client.clientId };
  }
  if (rules === undefined || accessToken === undefined) {
    throw new TegataError("id_token_missing", "the identity provider gave the client no ID token", {
      hint: missingHint ?? hint`check that ${setting("client_scope")} holds openid (it is ${scope ?? "not set"})`,
    });
  }
  if (accessToken.split(".").length !== 3) {
    throw new TegataError(
      "id_token_invalid",
      "the access token cannot be used: it is no signed JWT, and AWS takes no other",
      {
        hint: notAJwtHint,
      },
    );
  }
  return { idToken: accessToken, audience: rules.audience, accessToken: rules };
}
