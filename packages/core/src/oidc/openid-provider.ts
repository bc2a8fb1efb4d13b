import * as oauth from "oauth4webapi";
import * as v from "valibot";
import { isTegataError, TegataError } from "../base/errors.ts";
import { maxUrlCharacters, printable, saysSomething, tooLong, wordsOf } from "../base/foreign-text.ts";
import { shownValue } from "../base/shown-value.ts";
import { isLoopbackHost, isSecureUrl, unreachable } from "../base/http.ts";
import type { Ports } from "../base/ports.ts";
import { parseJson } from "./token-response.ts";
import { storedDocument, readDocument, type DocumentRequest } from "./provider-document.ts";

/** The endpoints of the discovery document that are used here; some servers write null or an empty text for those that they lack. */
const endpointsSchema = v.object({
  authorization_endpoint: v.nullish(v.string()),
  pushed_authorization_request_endpoint: v.nullish(v.string()),
  device_authorization_endpoint: v.nullish(v.string()),
  token_endpoint: v.nullish(v.string()),
  revocation_endpoint: v.nullish(v.string()),
  jwks_uri: v.nullish(v.string()),
});
/** What else is said there of the endpoints that are used here. What makes no sense counts as not said. */
const abilitiesSchema = v.object({
  authorization_response_iss_parameter_supported: v.fallback(v.optional(v.boolean()), undefined),
  require_pushed_authorization_requests: v.fallback(v.optional(v.boolean()), undefined),
  code_challenge_methods_supported: v.fallback(v.optional(v.array(v.string())), undefined),
  token_endpoint_auth_methods_supported: v.fallback(v.optional(v.array(v.string())), undefined),
  scopes_supported: v.fallback(v.optional(v.array(v.string())), undefined),
});
const documentSchema = v.object({ issuer: v.string(), ...endpointsSchema.entries, ...abilitiesSchema.entries });
const endpointNames = v.keyof(endpointsSchema).options;

/** The members of the discovery document that name an address. */
export type EndpointName = (typeof endpointNames)[number];

const checkIssuer =
  "check the issuer or the domain: <issuer>/.well-known/openid-configuration must answer JSON that names it";

/** An OpenID provider as its discovery document describes it. */
export interface OpenIdProvider {
  /** The document's own `issuer`: the one that ID tokens and IAM must name, to the last slash. */
  readonly issuer: string;
  /** The issuer and those endpoints that are used here, each of them proved; nothing else of the document. */
  readonly metadata: oauth.AuthorizationServer;
  /** There when the document was a stored one: reads it again, once for all who ask. */
  readonly readAgain?: (() => Promise<OpenIdProvider>) | undefined;
}

/**
 * Reads `<issuer>/.well-known/openid-configuration`, or what is stored of it.
 *
 * With and without one slash at its end an issuer finds the same document, and what that calls itself counts from there on. Every endpoint in it must be https; http is taken only when
 * the issuer itself is a loopback address. Which endpoints there must be is for their users to say: an issuer that only
 * signs the tokens of machines has no token endpoint.
 *
 * @throws TegataError `idp_unreachable`, `idp_unavailable`, `idp_invalid_response`, `idp_untrusted_url`; as `admitIssuer` does
 * @see OpenID Connect Discovery 1.0 section 4
 */
export async function discover(issuer: string, ports: Ports): Promise<OpenIdProvider> {
  await ports.admitIssuer?.(issuer);
  const request = discoveryOf(issuer, ports);
  const stored = await storedDocument(request, ports);
  if (stored === undefined) {
    return readDocument(request, ports);
  }
  let again: Promise<OpenIdProvider> | undefined;
  return { ...stored, readAgain: () => (again ??= readDocument(request, ports)) };
}

/** The provider by what is stored of its discovery document. Nothing is sent. */
export function storedProvider(issuer: string, ports: Ports): Promise<OpenIdProvider | undefined> {
  return storedDocument(discoveryOf(issuer, ports), ports);
}

function discoveryOf(issuer: string, ports: Ports): DocumentRequest<OpenIdProvider> {
  const url = new URL(issuer);
  return {
    what: "discovery document",
    url: `${url.href.replace(/\/$/, "")}/.well-known/openid-configuration`,
    send: () => requestDiscovery(url, ports),
    judge: (body) => judgeDiscovery(url, body),
  };
}

/**
 * Does something at one of the provider's endpoints. Where the endpoint is out of reach or not there any more, and its
 * address comes out of a stored document, the document is read again; only when that names another address is it done
 * again, there.
 */
export async function atEndpoint<Value>(
  provider: OpenIdProvider,
  name: EndpointName,
  act: (provider: OpenIdProvider) => Promise<Value>,
): Promise<Value> {
  try {
    return await act(provider);
  } catch (error) {
    const again = mayBeGone(error) ? await provider.readAgain?.() : undefined;
    if (again === undefined || again.metadata[name] === provider.metadata[name]) {
      throw error;
    }
    return act(again);
  }
}

/** True for errors that an endpoint gives which has moved: out of reach, 404, an answer that makes no sense. */
export function mayBeGone(error: unknown): boolean {
  return (
    isTegataError(error) &&
    (["idp_unreachable", "idp_invalid_response"].includes(error.code) || error.details["httpStatus"] === 404)
  );
}

async function requestDiscovery(url: URL, ports: Ports): Promise<Response> {
  const response = await oauth
    .discoveryRequest(url, { ...requestOptions(url, ports), algorithm: "oidc" })
    .catch((error: unknown) => {
      throw unreachable("idp_unreachable", "the identity provider", url.href, error);
    });
  if (response.status !== 200) {
    const said = explanationIn(parseJson(await response.text()));
    throw response.status === 429 || response.status >= 500
      ? unavailable(url, "discovery document", response.status, said)
      : notAProvider(url, `its discovery document answers HTTP ${response.status}${said}`);
  }
  return response;
}

const explanationSchema = v.object({
  error: v.fallback(v.optional(v.string()), undefined),
  error_description: v.fallback(v.optional(v.string()), undefined),
});

/** What a server says of why there is no document, in OAuth's form, to stand behind a message: some want https, or a tenant. */
function explanationIn(body: unknown): string {
  const parsed = v.safeParse(explanationSchema, body);
  const words = wordsOf(
    (parsed.success ? (parsed.output.error_description ?? parsed.output.error) : undefined) ?? "",
    200,
  );
  return words === "" ? "" : `: ${words}`;
}

function judgeDiscovery(url: URL, body: unknown): OpenIdProvider {
  const document = v.safeParse(documentSchema, body);
  if (!document.success) {
    const said = explanationIn(body);
    throw notAProvider(url, `its discovery document is not a JSON object with an issuer and endpoints${said}`);
  }
  const named = document.output.issuer;
  // Compared as URLs, but the text itself is what goes on: into messages and into the comparison with `iss`.
  if (!isSameIssuer(named, url)) {
    throw notAProvider(
      url,
      `its discovery document names another issuer, ${shownValue(named, 200)}`,
      publicAddressHint(url, named),
    );
  }
  const {
    authorization_response_iss_parameter_supported: namesIssuer,
    code_challenge_methods_supported: challengeMethods,
    require_pushed_authorization_requests: wantsPushed,
    token_endpoint_auth_methods_supported: clientMethods,
    scopes_supported: scopes,
  } = document.output;
  const endpoints: Partial<Record<EndpointName, string>> = {};
  for (const name of endpointNames) {
    const value = document.output[name];
    if (saysSomething(value)) {
      const problem = tooLong(name, value, maxUrlCharacters);
      if (problem !== undefined) {
        throw notAProvider(url, `in its discovery document, ${problem}`);
      }
      proveEndpoint(url, name, value);
      endpoints[name] = value;
    }
  }
  const metadata: oauth.AuthorizationServer = {
    issuer: named,
    ...endpoints,
    ...(namesIssuer === undefined ? {} : { authorization_response_iss_parameter_supported: namesIssuer }),
    ...(wantsPushed === undefined ? {} : { require_pushed_authorization_requests: wantsPushed }),
    ...(challengeMethods === undefined ? {} : { code_challenge_methods_supported: challengeMethods }),
    ...(clientMethods === undefined ? {} : { token_endpoint_auth_methods_supported: clientMethods }),
    ...(scopes === undefined ? {} : { scopes_supported: scopes }),
  };
  return { issuer: named, metadata };
}

/**
 * The same path at another scheme or host is the provider itself, which takes the address that it is asked at inside for its
 * public one, or has a second one.
 */
function publicAddressHint(url: URL, named: string): string | undefined {
  const other = URL.canParse(named) ? new URL(named) : undefined;
  if (other === undefined || other.origin === url.origin || other.pathname !== url.pathname || other.search !== "") {
    return undefined;
  }
  return `${checkIssuer}; if ${url.href} is right, the provider does not know its public address: its administrator has to set it, or let the proxy before it forward host and scheme`;
}

/**
 * OpenID Connect Discovery 1.0 section 4.3 wants the issuer that was asked for. One slash at the end makes no difference here,
 * because the document is found at the same address with it and without it; nothing else is passed over.
 */
function isSameIssuer(named: string, asked: URL): boolean {
  return (
    URL.canParse(named) &&
    new URL(named).href.replace(/\/$/, "") === asked.href.replace(/\/$/, "") &&
    printable(named, named.length) === named
  );
}

/**
 * Where tokens are asked for.
 *
 * @throws TegataError `idp_invalid_response` when the provider names no token endpoint
 */
export function tokenEndpointOf({ issuer, metadata }: OpenIdProvider): string {
  if (metadata.token_endpoint === undefined) {
    throw notAProvider(new URL(issuer), "its discovery document names no token_endpoint");
  }
  return metadata.token_endpoint;
}

type OAuthInit = Omit<RequestInit, "body"> & { readonly body?: BodyInit | null | undefined };

/** What every request of oauth4webapi is sent with. */
export function requestOptions(issuer: URL, ports: Ports) {
  return {
    [oauth.customFetch]: (input: string, { body, ...init }: OAuthInit) =>
      ports.fetch(input, body === undefined ? init : { ...init, body }),
    // It opens http to every host; proveEndpoint and limitedFetch keep it to loopback.
    [oauth.allowInsecureRequests]: isLoopbackHost(issuer.hostname),
    signal: ports.signal,
  };
}

/** The IdP answers 429 or 5xx. */
export function unavailable(url: URL, what: string, status: number, said = ""): TegataError {
  return new TegataError(
    "idp_unavailable",
    `the identity provider ${url.host} answers HTTP ${status} (${what})${said}`,
    {
      hint: "try again in a moment",
      details: { host: url.host, httpStatus: status },
    },
  );
}

function proveEndpoint(issuer: URL, name: string, value: string): void {
  const endpoint = URL.canParse(value) ? new URL(value) : undefined;
  const leavesLoopback =
    endpoint?.protocol === "http:" && !(isLoopbackHost(issuer.hostname) && isLoopbackHost(endpoint.hostname));
  const proved =
    endpoint !== undefined &&
    isSecureUrl(endpoint) &&
    !leavesLoopback &&
    endpoint.username === "" &&
    endpoint.password === "";
  if (!proved) {
    throw new TegataError(
      "idp_untrusted_url",
      `the discovery document of ${issuer.host} names a ${name} that is not a plain https URL: ${printable(value)}`,
      { hint: "tell the administrator of the identity provider", details: { endpoint: name } },
    );
  }
}

function notAProvider(url: URL, reason: string, hint = checkIssuer): TegataError {
  return new TegataError("idp_invalid_response", `${url.href} is not an OpenID provider: ${reason}`, {
    hint,
    details: { issuer: url.href },
  });
}
