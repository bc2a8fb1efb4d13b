import * as jose from "jose";
import * as oauth from "oauth4webapi";
import { isTegataError, reworded, TegataError } from "../base/errors.ts";
import { printable, saysSomething, tooLong, maxTokenCharacters, wordsOf } from "../base/foreign-text.ts";
import type { Listen, LoopbackAddress, LoopbackServer } from "../base/listen.ts";
import type { Ports } from "../base/ports.ts";
import { again, type Clause, hint, or, setting } from "../base/wording.ts";
import { Callback, patienceSeconds } from "./redirect-callback.ts";
import type { GrantRequest, PersonFlow, PersonGrant, PersonTokens } from "./grant.ts";
import { clientAuthentication } from "./oauth-client.ts";
import { requestOptions, tokenEndpointOf, type OpenIdProvider } from "./openid-provider.ts";
import { pushAuthorizationRequest } from "./pushed-authorization-request.ts";
import { signInDenied } from "./device-token-polling.ts";
import type { WantedSignIn } from "./wanted-sign-in.ts";
import { askForTokens, failedResponse, type OAuthRefusal, pageOf } from "./token-response.ts";

/** Where the browser brings the answer of the provider to. */
export interface Redirect {
  /**
   * The host as the provider has registered it. `localhost` means both loopback addresses: a browser may try either first.
   * Default: `127.0.0.1`.
   */
  readonly host?: "127.0.0.1" | "localhost";
  /** Begins with a slash; empty: the address alone, as Entra registers it. Default: `/callback`. */
  readonly path?: string;
  /** For a provider that compares the port: the registered ones, tried in this order. Left out: any that is free. */
  readonly ports?: readonly number[] | undefined;
}

/** What differs from one provider to the next. */
export interface LoopbackGrantOptions {
  /** Further parameters of the authorization request, such as Auth0's `audience`. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly redirect?: Redirect;
}

/**
 * The authorization code grant with PKCE for a program on a person's own machine: a browser of this machine signs the person in,
 * and is sent back to a server that this process opens for it.
 *
 * @see RFC 8252, RFC 7636, RFC 9126, RFC 9207, OpenID Connect Core 1.0 section 3.1
 */
export function loopbackGrant({ parameters = {}, redirect = {} }: LoopbackGrantOptions = {}): PersonGrant {
  const { host = "127.0.0.1", path = "/callback", ports: wantedPorts } = redirect;
  return {
    flow: "browser",
    needsPerson: true,
    isOffered: ({ metadata }) => metadata.authorization_endpoint !== undefined,
    async acquire(request, ports, promptPerson) {
      const { provider, client, scope } = request;
      const endpoint = authorizationEndpointOf(provider);
      // Asked for now, while nobody has been bothered yet.
      tokenEndpointOf(provider);
      const state = oauth.generateRandomState();
      const nonce = oauth.generateRandomNonce();
      const codeVerifier = oauth.generateRandomCodeVerifier();
      const callback = new Callback({ host, path: path === "" ? "/" : path, state }, ports.clock);
      const server = await openServer(callback, host, wantedPorts, request.otherFlow, ports.listen);
      try {
        const redirectUri = `http://${host}:${server.port}${path}`;
        const advice = adviceAbout(wantedPorts === undefined ? `http://${host}${path}` : redirectUri, request);
        const asked = {
          ...parameters,
          ...parametersOf(request.wanted),
          response_type: "code",
          client_id: client.clientId,
          redirect_uri: redirectUri,
          scope,
          state,
          nonce,
          code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
          code_challenge_method: "S256",
        };
        const url = new URL(endpoint);
        const shown =
          provider.metadata.require_pushed_authorization_requests === true
            ? { client_id: client.clientId, request_uri: await pushAuthorizationRequest(request, asked, ports) }
            : asked;
        for (const [name, value] of Object.entries(shown)) {
          url.searchParams.set(name, value);
        }
        const endPrompt = promptPerson({
          kind: "browser",
          authorizationUri: url.href,
          redirectUri,
          expiresAt: ports.clock.now() + patienceSeconds * 1000,
          advice,
          showEnd: (end) => callback.end(end, server),
        });
        try {
          const answer = await callback.answer(ports.signal, advice);
          const tokens = await redeem(
            request,
            judgeEntry(answer, state, request),
            { redirectUri, codeVerifier },
            ports,
          );
          callback.who = judgeNonce(tokens.idToken, nonce);
          return tokens;
        } finally {
          endPrompt();
        }
      } finally {
        callback.closeInTheEnd(server, ports.signal);
      }
    },
  };
}

/** OpenID Connect Core 1.0 section 3.1.2.1. */
function parametersOf({ account, maxAgeSeconds, acrValues, prompt }: WantedSignIn = {}): Record<string, string> {
  return {
    ...(account === undefined ? {} : { login_hint: account }),
    ...(maxAgeSeconds === undefined ? {} : { max_age: String(maxAgeSeconds) }),
    ...(acrValues === undefined ? {} : { acr_values: acrValues.join(" ") }),
    ...(prompt === undefined ? {} : { prompt: prompt.join(" ") }),
  };
}

/**
 * @throws TegataError `idp_grant_disabled` where the provider has no authorization endpoint, or none that takes S256: PKCE with
 *   `plain` would hand the verifier to everyone who sees the URL
 */
function authorizationEndpointOf({ issuer, metadata }: OpenIdProvider): string {
  const { authorization_endpoint: endpoint, code_challenge_methods_supported: methods } = metadata;
  if (endpoint === undefined) {
    throw new TegataError(
      "idp_grant_disabled",
      `${issuer} does not offer the authorization code grant (no authorization_endpoint)`,
    );
  }
  if (methods !== undefined && !methods.includes("S256")) {
    throw new TegataError(
      "idp_grant_disabled",
      `${issuer} does not offer PKCE with S256 (code_challenge_methods_supported names ${printable(methods.join(", "), 100) || "nothing"})`,
      { hint: "ask its administrator to enable PKCE with S256" },
    );
  }
  return endpoint;
}

async function openServer(
  callback: Callback,
  host: NonNullable<Redirect["host"]>,
  ports: readonly number[] | undefined,
  otherFlow: PersonFlow | undefined,
  listen: Listen,
): Promise<LoopbackServer> {
  const addresses: readonly LoopbackAddress[] = host === "localhost" ? ["127.0.0.1", "[::1]"] : ["127.0.0.1"];
  let port = 0;
  try {
    const server = await listen((request) => callback.serve(request, port), {
      addresses,
      ...(ports === undefined ? {} : { ports }),
    });
    ({ port } = server);
    return server;
  } catch (error) {
    throw isTegataError(error) && error.code === "port_taken"
      ? reworded(error, {
          hint: [
            hint`end the program that has it`,
            or`name other ports with ${setting("redirect_ports")}, which the client must allow, too`,
            ...(otherFlow === undefined ? [] : [or`use ${setting("flow", otherFlow)}`]),
          ],
        })
      : error;
  }
}

/** Where the page shows an error, nothing ever comes back: only the person can tell. */
function adviceAbout(registered: string, { otherFlow }: GrantRequest): readonly Clause[] {
  return [
    hint`if the page shows an error, the client may lack the redirect URI ${registered}`,
    ...(otherFlow === undefined ? [] : [or`use ${setting("flow", otherFlow)}`]),
  ];
}

/**
 * The answer with its code: who sent it is judged first (RFC 9207), then whether it is a refusal.
 *
 * @throws TegataError `idp_invalid_response`, and what a refusal means
 */
function judgeEntry(
  answer: URLSearchParams,
  state: string,
  { provider, client, refused }: GrantRequest,
): URLSearchParams {
  const error = answer.getAll("error");
  const [iss, ...others] = answer.getAll("iss");
  const { metadata } = provider;
  if (others.length > 0 || (iss !== undefined && iss !== provider.issuer)) {
    throw invalid(`it comes from another provider, ${printable(iss ?? "", 200)}, than ${provider.issuer}`);
  }
  if (iss === undefined && metadata.authorization_response_iss_parameter_supported === true) {
    throw invalid("it does not say which provider it comes from, as this one announces");
  }
  if (error.length > 0) {
    const refusal = refusalIn(answer);
    throw refused(refusal, refusal.error === "access_denied" ? signInDenied(refusal) : undefined);
  }
  const codes = answer.getAll("code");
  const [code = ""] = codes;
  const problem =
    codes.length !== 1 || !saysSomething(code) ? "it holds no code" : tooLong("code", code, maxTokenCharacters);
  if (problem !== undefined) {
    throw invalid(problem);
  }
  try {
    return oauth.validateAuthResponse(metadata, { client_id: client.clientId }, answer, state);
  } catch {
    throw invalid("it holds something else than a code");
  }
}

function refusalIn(answer: URLSearchParams): OAuthRefusal {
  const description = answer.get("error_description");
  return {
    error: printable(answer.get("error") ?? "", 80),
    description: saysSomething(description) ? wordsOf(description) : undefined,
    uri: pageOf(answer.get("error_uri")),
    status: undefined,
    retryAfterSeconds: undefined,
  };
}

function invalid(reason: string): TegataError {
  return new TegataError("idp_invalid_response", `the answer that the browser brought makes no sense: ${reason}`, {
    hint: hint`${again}; if it stays, tell the administrator of the identity provider`,
  });
}

/** Trades the code for tokens. Sent once: a code that is used twice may end what the first use gave (RFC 6749 section 4.1.2). */
async function redeem(
  { provider, client, refused }: GrantRequest,
  answer: URLSearchParams,
  { redirectUri, codeVerifier }: { readonly redirectUri: string; readonly codeVerifier: string },
  ports: Ports,
): Promise<PersonTokens> {
  const given = await askForTokens(
    () =>
      oauth.authorizationCodeGrantRequest(
        provider.metadata,
        { client_id: client.clientId },
        clientAuthentication(client),
        answer,
        redirectUri,
        codeVerifier,
        requestOptions(new URL(provider.issuer), ports),
      ),
    ports.clock.now(),
  );
  switch (given.kind) {
    case "tokens":
      return given;
    case "refused":
      throw refused(given.refusal);
    case "busy":
    case "no_answer":
    case "unexpected":
      throw failedResponse(given, tokenEndpointOf(provider));
  }
}

/**
 * The ID token must be the one that was asked for (OpenID Connect Core 1.0 section 3.1.3.7). Its signature is verified later,
 * over the same text.
 *
 * @returns whom it names
 * @throws TegataError `id_token_invalid`
 */
function judgeNonce(idToken: string | undefined, nonce: string): string | undefined {
  let claims: jose.JWTPayload;
  try {
    claims = jose.decodeJwt(idToken ?? "");
  } catch {
    // What is no JWT is refused where it is verified, with its reason.
    return undefined;
  }
  const { nonce: said, email, sub } = claims;
  if (said !== nonce) {
    throw new TegataError(
      "id_token_invalid",
      `the ID token cannot be used: its nonce is ${said === undefined ? "missing" : "that of another sign-in"}`,
      { hint: hint`${again}; if it stays, tell the administrator of the identity provider` },
    );
  }
  const named = saysSomething(email) ? email : sub;
  return named === undefined ? undefined : printable(named, 100);
}
