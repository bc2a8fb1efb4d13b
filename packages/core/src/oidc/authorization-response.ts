import * as jose from "jose";
import * as oauth from "oauth4webapi";
import { TegataError } from "../base/errors.ts";
import { maxTokenCharacters, printable, saysSomething, tooLong, wordsOf } from "../base/foreign-text.ts";
import type { Ports } from "../base/ports.ts";
import { again, hint } from "../base/wording.ts";
import { signInDenied } from "./device-token-polling.ts";
import type { GrantRequest, PersonTokens } from "./grant.ts";
import { clientAuthentication } from "./oauth-client.ts";
import { requestOptions, tokenEndpointOf } from "./openid-provider.ts";
import { askForTokens, failedResponse, type OAuthRefusal, pageOf } from "./token-response.ts";

/**
 * The response with its code: who sent it is judged first (RFC 9207), then whether it is a refusal.
 *
 * @throws TegataError `idp_invalid_response`, and what a refusal means
 */
export function judgeAuthorizationResponse(
  response: URLSearchParams,
  state: string,
  { provider, client, refused }: GrantRequest,
): URLSearchParams {
  const error = response.getAll("error");
  const [iss, ...others] = response.getAll("iss");
  const { metadata } = provider;
  if (others.length > 0) {
    throw invalid("it names several providers as the one that it comes from");
  }
  if (iss !== undefined && iss !== provider.issuer) {
    throw invalid(`it comes from another provider, ${printable(iss, 200)}, than ${provider.issuer}`);
  }
  if (iss === undefined && metadata.authorization_response_iss_parameter_supported === true) {
    throw invalid("it does not say which provider it comes from, as this one announces");
  }
  if (error.length > 0) {
    const refusal = refusalIn(response);
    if (refusal.error === "") {
      throw invalid("it is an error without a name");
    }
    throw refused(refusal, refusal.error === "access_denied" ? signInDenied(refusal) : undefined);
  }
  const codes = response.getAll("code");
  const [code = ""] = codes;
  const problem =
    codes.length !== 1 || !saysSomething(code) ? "it holds no code" : tooLong("code", code, maxTokenCharacters);
  if (problem !== undefined) {
    throw invalid(problem);
  }
  try {
    return oauth.validateAuthResponse(metadata, { client_id: client.clientId }, response, state);
  } catch {
    throw invalid("it holds something else than a code");
  }
}

function refusalIn(response: URLSearchParams): OAuthRefusal {
  const description = response.get("error_description");
  return {
    error: printable(response.get("error") ?? "", 80),
    description: saysSomething(description) ? wordsOf(description) : undefined,
    uri: pageOf(response.get("error_uri")),
    status: undefined,
    retryAfterSeconds: undefined,
  };
}

function invalid(reason: string): TegataError {
  return new TegataError("idp_invalid_response", `the response that the browser brought makes no sense: ${reason}`, {
    hint: hint`${again}; if it stays, tell the administrator of the identity provider`,
  });
}

/** Trades the code for tokens. Sent once: a code that is used twice may end what the first use gave (RFC 6749 section 4.1.2). */
export async function redeemCode(
  { provider, client, refused }: GrantRequest,
  response: URLSearchParams,
  { redirectUri, codeVerifier }: { readonly redirectUri: string; readonly codeVerifier: string },
  ports: Ports,
): Promise<PersonTokens> {
  const given = await askForTokens(
    () =>
      oauth.authorizationCodeGrantRequest(
        provider.metadata,
        { client_id: client.clientId },
        clientAuthentication(client),
        response,
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
    case "no_response":
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
export function judgeNonce(idToken: string | undefined, nonce: string): string | undefined {
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
  // Nothing of these claims has been judged yet.
  const named = [email, sub].find(saysSomething);
  return named === undefined ? undefined : printable(named, 100);
}
