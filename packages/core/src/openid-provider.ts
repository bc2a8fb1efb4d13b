import * as oauth from "oauth4webapi";
import { TegataError } from "./errors.ts";
import { printable } from "./foreign-text.ts";
import { isLoopbackHost, isSecureUrl, unreachable } from "./http.ts";
import type { Ports } from "./ports.ts";

/** The endpoints of the discovery document that are used here. */
const endpointNames = [
  "device_authorization_endpoint",
  "token_endpoint",
  "revocation_endpoint",
  "jwks_uri",
] as const satisfies readonly (keyof oauth.AuthorizationServer)[];

/** An OpenID provider as its discovery document describes it; every endpoint in it has been proved. */
export interface OpenIdProvider {
  /** The document's own `issuer`: the one that ID tokens and IAM must name, to the last slash. */
  readonly issuer: string;
  readonly metadata: oauth.AuthorizationServer;
}

/**
 * Reads `<issuer>/.well-known/openid-configuration`.
 *
 * `https://host` and `https://host/` find the same document. Every endpoint in it must be https; http is taken only when
 * the issuer itself is a loopback address.
 *
 * @throws TegataError `idp_unreachable`, `idp_unavailable`, `idp_invalid_response`, `idp_untrusted_url`
 * @see OpenID Connect Discovery 1.0 section 4
 */
export async function discover(issuer: string, ports: Ports): Promise<OpenIdProvider> {
  const url = new URL(issuer);
  const response = await oauth
    .discoveryRequest(url, { ...requestOptions(url, ports), algorithm: "oidc" })
    .catch((error: unknown) => {
      throw unreachable("idp_unreachable", "the identity provider", url.href, error);
    });
  if (response.status !== 200) {
    throw response.status === 429 || response.status >= 500
      ? unavailable(url, "discovery document", response.status)
      : notAProvider(url, `its discovery document answers HTTP ${response.status}`);
  }
  const metadata = await oauth.processDiscoveryResponse(url, response).catch((error: unknown) => {
    throw notAProvider(url, explainDiscovery(error), error);
  });
  for (const name of endpointNames) {
    const value = metadata[name];
    if (value !== undefined) {
      proveEndpoint(url, name, value);
    }
  }
  return { issuer: metadata.issuer, metadata };
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
export function unavailable(url: URL, what: string, status: number): TegataError {
  return new TegataError("idp_unavailable", `the identity provider ${url.host} answers HTTP ${status} (${what})`, {
    hint: "try again in a moment",
    details: { host: url.host, httpStatus: status },
  });
}

function proveEndpoint(issuer: URL, name: string, value: string): void {
  const endpoint = URL.canParse(value) ? new URL(value) : undefined;
  const leavesLoopback =
    endpoint?.protocol === "http:" && !(isLoopbackHost(issuer.hostname) && isLoopbackHost(endpoint.hostname));
  if (endpoint === undefined || !isSecureUrl(endpoint) || leavesLoopback || endpoint.username !== "") {
    throw new TegataError(
      "idp_untrusted_url",
      `the discovery document of ${issuer.host} names a ${name} that is not https: ${printable(value)}`,
      { hint: "tell the administrator of the identity provider", details: { endpoint: name } },
    );
  }
}

function notAProvider(url: URL, reason: string, cause?: unknown): TegataError {
  return new TegataError("idp_invalid_response", `${url.href} is not an OpenID provider: ${reason}`, {
    hint: "check the issuer or the domain: <issuer>/.well-known/openid-configuration must answer JSON",
    details: { issuer: url.href },
    cause,
  });
}

function explainDiscovery(error: unknown): string {
  if (error instanceof oauth.OperationProcessingError && error.code === oauth.JSON_ATTRIBUTE_COMPARISON) {
    return "its discovery document names another issuer";
  }
  return "its discovery document is not a JSON object with an issuer";
}
