import * as oauth from "oauth4webapi";
import * as v from "valibot";
import { TegataError } from "../base/errors.ts";
import { maxUrlCharacters } from "../base/foreign-text.ts";
import { unreachable } from "../base/http.ts";
import type { Ports } from "../base/ports.ts";
import type { GrantRequest } from "./grant.ts";
import { clientAuthentication } from "./oauth-client.ts";
import { requestOptions, unavailable } from "./openid-provider.ts";
import { readJson, refusalOf } from "./token-response.ts";

const pushedSchema = v.object({ request_uri: v.pipe(v.string(), v.nonEmpty(), v.maxLength(maxUrlCharacters)) });

/**
 * Hands the parameters of an authorization request to a provider that takes them in no other way.
 *
 * @returns what stands for them in the URL
 * @throws TegataError `idp_unreachable`, `idp_unavailable`, `idp_invalid_response`, and what a refusal means
 * @see RFC 9126 section 2
 */
export async function pushAuthorizationRequest(
  { provider, client, refused }: GrantRequest,
  parameters: Readonly<Record<string, string>>,
  ports: Ports,
): Promise<string> {
  const { metadata, issuer } = provider;
  const endpoint = metadata.pushed_authorization_request_endpoint;
  if (endpoint === undefined) {
    throw invalid(`${issuer} wants pushed authorization requests and names no pushed_authorization_request_endpoint`);
  }
  const response = await oauth
    .pushedAuthorizationRequest(
      metadata,
      { client_id: client.clientId },
      clientAuthentication(client),
      new URLSearchParams(parameters),
      requestOptions(new URL(issuer), ports),
    )
    .catch((error: unknown) => {
      throw unreachable("idp_unreachable", "the identity provider", endpoint, error);
    });
  if (response.status === 429 || response.status >= 500) {
    throw unavailable(new URL(endpoint), "pushed authorization request", response.status);
  }
  const body = await readJson(response);
  const refusal = refusalOf(response, body, ports.clock.now());
  if (refusal !== undefined) {
    throw refused(refusal);
  }
  const pushed = v.safeParse(pushedSchema, body);
  if (response.status !== 201 || !pushed.success) {
    const { host } = new URL(endpoint);
    throw invalid(`the response of the endpoint for pushed authorization requests at ${host} makes no sense`);
  }
  return pushed.output.request_uri;
}

function invalid(message: string): TegataError {
  return new TegataError("idp_invalid_response", message, { hint: "tell the administrator of the identity provider" });
}
