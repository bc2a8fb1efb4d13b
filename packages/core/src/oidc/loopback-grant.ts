import * as oauth from "oauth4webapi";
import { isTegataError, reworded, TegataError } from "../base/errors.ts";
import { printable } from "../base/foreign-text.ts";
import type { Listen, LoopbackAddress, LoopbackServer } from "../base/listen.ts";
import { type Clause, hint, or, setting } from "../base/wording.ts";
import { judgeAuthorizationResponse, judgeNonce, redeemCode } from "./authorization-response.ts";
import { Callback, patienceSeconds } from "./redirect-callback.ts";
import type { GrantRequest, PersonFlow, PersonGrant } from "./grant.ts";
import { tokenEndpointOf, type OpenIdProvider } from "./openid-provider.ts";
import { pushAuthorizationRequest } from "./pushed-authorization-request.ts";
import type { WantedSignIn } from "./wanted-sign-in.ts";

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
  const portless = `http://${host}${path}`;
  return {
    flow: "browser",
    needsPerson: true,
    redirectUris: wantedPorts?.map((port) => `http://${host}:${port}${path}`) ?? [portless],
    isOffered: ({ metadata }) => metadata.authorization_endpoint !== undefined,
    async acquire(request, ports, promptPerson) {
      const { provider, client, scope } = request;
      const endpoint = authorizationEndpointOf(provider);
      // Asked for now, while nobody has been bothered yet.
      tokenEndpointOf(provider);
      const state = oauth.generateRandomState();
      const nonce = oauth.generateRandomNonce();
      const codeVerifier = oauth.generateRandomCodeVerifier();
      const callback = new Callback(
        { host, path: path === "" ? "/" : path, state, endPath: `/done/${oauth.generateRandomState()}` },
        ports.clock,
      );
      const server = await openServer(callback, host, wantedPorts, request.otherFlow, ports.listen);
      try {
        const redirectUri = `http://${host}:${server.port}${path}`;
        const advice = adviceAbout(wantedPorts === undefined ? portless : redirectUri, request);
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
          const tokens = await redeemCode(
            request,
            judgeAuthorizationResponse(answer, state, request),
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
