import * as v from "valibot";
import { isTegataError, reworded, type TegataError, wordingOf } from "../base/errors.ts";
import type { Ports } from "../base/ports.ts";
import { shownValue } from "../base/shown-value.ts";
import { hint, type HintInput, setting } from "../base/wording.ts";
import { invalid, judgeHeader } from "./id-token-header.ts";
import { verifyToken } from "./id-token.ts";
import type { OpenIdProvider } from "./openid-provider.ts";
import { judgeRequiredClaims, type RequiredClaim } from "./required-claims.ts";
import { judgeIssuer, judgeTimes, readClaims, toIdTokenClaims } from "./token-claims.ts";
import type { IdTokenClaims, VerifiedIdToken } from "./verified-id-token.ts";

/**
 * What an access token has to be that a provider gives to a client for itself, by what that provider documents of it. No rule of
 * ID tokens is loosened for it: `aud` is another's there, and who asked is in another claim.
 */
export interface AccessTokenRules {
  /** The client that asked for it. */
  readonly clientId: string;
  /** Whom it must be for: `aud`. */
  readonly audience: string;
  /**
   * Claims by which the provider says who asked, such as `azp`, `cid` and `client_id`. One of them must be there, and each that is
   * there must name the client.
   */
  readonly clientClaims: readonly [string, ...string[]];
  /** What `sub` must be, where the provider documents it. */
  readonly subject?: string | undefined;
  /** What it must say because the settings ask for it. */
  readonly required?: readonly RequiredClaim[] | undefined;
  /** What to do about a token that is for somebody else. */
  readonly audienceHint: HintInput;
  /** What to do about another issuer. Default: check the issuer. */
  readonly issuerHint?: HintInput | undefined;
}

/** RFC 9068 section 2.1: a JWT that says it is an access token. */
const accessTokenType = "at+jwt";

const payloadSchema = v.record(v.string(), v.unknown());

/**
 * Verifies an access token that is a JWT: header and signature as those of an ID token, then `iss`, the claims that name the
 * client, `sub`, `aud`, `exp`, `iat`, `nbf`. AWS takes it where the IAM provider lists `azp`, or `aud` if there is no `azp`.
 *
 * @throws TegataError as `verifyIdToken` has it
 * @see RFC 9068 section 4; https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export async function verifyAccessToken(
  jwt: string,
  provider: OpenIdProvider,
  rules: AccessTokenRules,
  ports: Ports,
): Promise<VerifiedIdToken> {
  try {
    judgeHeader(jwt, { types: [accessTokenType] });
    const verified = await verifyToken(jwt, provider, (payload, issuer) => judge(payload, issuer, rules, ports), ports);
    judgeRequiredClaims(verified, rules.required ?? [], true);
    return verified;
  } catch (error) {
    throw isTegataError(error) ? aboutAccessToken(error) : error;
  }
}

function judge(payload: unknown, issuer: string, rules: AccessTokenRules, ports: Ports): IdTokenClaims {
  const given = readClaims(payload);
  const claims = toIdTokenClaims(given);
  judgeIssuer(claims, issuer, rules.issuerHint ?? "check the issuer or the domain");
  judgeClient(v.parse(payloadSchema, payload), rules);
  if (rules.subject !== undefined && claims.sub !== rules.subject) {
    throw invalid(
      `its subject is ${shownValue(claims.sub, 200)}, not ${shownValue(rules.subject, 200)}: it is not the client's own`,
      hint`check ${setting("client_id")}`,
    );
  }
  judgeAudience(claims, rules);
  judgeTimes(given, ports);
  return claims;
}

function judgeClient(
  payload: Readonly<Record<string, unknown>>,
  { clientId, clientClaims }: Pick<AccessTokenRules, "clientId" | "clientClaims">,
): void {
  const named = [...new Set([...clientClaims, "azp"])].filter((name) => payload[name] !== undefined);
  const foreign = named.find((name) => payload[name] !== clientId);
  if (foreign !== undefined) {
    throw invalid(
      `it was made for another client: its ${foreign} is ${shownValue(payload[foreign], 200)}, not ${shownValue(clientId, 200)}`,
      hint`check ${setting("client_id")}`,
    );
  }
  if (named.length === 0) {
    throw invalid(
      `nothing in it says which client asked for it (${clientClaims.join(", ")})`,
      "tell the administrator of the identity provider",
    );
  }
}

function judgeAudience({ aud, azp }: IdTokenClaims, { audience, audienceHint }: AccessTokenRules): void {
  if (!aud.includes(audience)) {
    throw invalid(
      `it is meant for ${aud.map((each) => shownValue(each, 200)).join(", ")}, not for ${shownValue(audience, 200)}`,
      audienceHint,
    );
  }
  // Of several AWS goes by azp; without one there is no word of it.
  if (aud.length > 1 && azp === undefined) {
    throw invalid(
      `it is meant for several at once (${aud.map((each) => shownValue(each, 200)).join(", ")}), and AWS takes one`,
      audienceHint,
    );
  }
}

/** What it has in common with an ID token is said of an ID token. */
function aboutAccessToken(error: TegataError): TegataError {
  const message = wordingOf(error).message.map((part) =>
    typeof part === "string" ? part.replace(/^the ID token\b/, "the access token") : part,
  );
  return reworded(error, { message });
}
