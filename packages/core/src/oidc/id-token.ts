import * as jose from "jose";
import { hint, setting } from "../base/wording.ts";
import * as v from "valibot";
import { isTegataError, type TegataError } from "../base/errors.ts";
import { shownValue } from "../base/shown-value.ts";
import { jwksRequest, verifySignature } from "./id-token-signature.ts";
import { epochSeconds, judgeIssuer, judgeTimes, readClaims, toIdTokenClaims } from "./token-claims.ts";
import { storedProvider, mayBeGone, type OpenIdProvider } from "./openid-provider.ts";
import { type IdTokenProfile, invalid, judgeHeader, refuseRepeatedMember } from "./id-token-header.ts";
import type { Ports } from "../base/ports.ts";
import { storedDocument, readDocument } from "./provider-document.ts";
import type { IdTokenClaims, VerifiedIdToken } from "./verified-id-token.ts";

/** Who must have issued the ID token, and for whom: what `verifyIdToken` holds it against. */
export interface IdTokenExpectations {
  /** The issuer's URL as a person wrote it; the discovery document's own `issuer` is the one that counts. */
  readonly issuer: string;
  /** The client id: `aud` must hold it. */
  readonly audience: string;
}

/** AWS refuses an ID token that was issued longer ago, no matter what its `exp` says; a little less, for the way there. */
const maxAgeSeconds = 24 * 3600 - 600;

/**
 * Verifies an ID token: its header, its signature with a key of the issuer's JWKS, then `iss`, `aud`, `azp`, `exp`, `iat`,
 * `nbf`, `sub`. Cached tokens are verified like fresh ones.
 *
 * Kept keys will do. A token that does not verify with them is held against keys that are read again, and where that is in
 * vain as well, or they are not there any more, against those that the discovery document read again names.
 *
 * @param audience the client id
 * @param profile what the token's platform documents besides; left out, an ID token for a client
 * @throws TegataError `id_token_invalid`, `id_token_expired`, `id_token_signature_invalid`, `idp_unreachable`,
 *   `idp_unavailable`, `idp_invalid_response` (the JWKS)
 * @see OpenID Connect Core 1.0 section 3.1.3.7
 */
export async function verifyIdToken(
  jwt: string,
  provider: OpenIdProvider,
  audience: string,
  ports: Ports,
  profile: IdTokenProfile = {},
): Promise<VerifiedIdToken> {
  judgeHeader(jwt, profile);
  return verifyToken(
    jwt,
    provider,
    (payload, issuer) => judgeClaims(payload, { issuer, audience }, ports, profile),
    ports,
  );
}

/** Judges the claims of a token whose signature holds. */
export type JudgeClaims = (payload: unknown, issuer: string) => IdTokenClaims;

/**
 * Verifies the signature of a token whose header has been judged, then its claims by the rules of its kind. Only for
 * `verifyIdToken` and `verifyAccessToken`, which know those rules.
 *
 * @throws TegataError as `verifyIdToken` has it; what `judge` throws
 */
export async function verifyToken(
  jwt: string,
  provider: OpenIdProvider,
  judge: JudgeClaims,
  ports: Ports,
): Promise<VerifiedIdToken> {
  try {
    return await verifyWith(jwt, provider, judge, ports);
  } catch (error) {
    const again = mayBeOfYesterday(error) ? await provider.readAgain?.() : undefined;
    const same = again?.issuer === provider.issuer && again.metadata.jwks_uri === provider.metadata.jwks_uri;
    if (again === undefined || same) {
      throw error;
    }
    return verifyWith(jwt, again, judge, ports);
  }
}

async function verifyWith(
  jwt: string,
  provider: OpenIdProvider,
  judge: JudgeClaims,
  ports: Ports,
): Promise<VerifiedIdToken> {
  const request = jwksRequest(provider, ports);
  const readAgain = async () => verifySignature(jwt, await readDocument(request, ports), provider.issuer);
  const stored = await storedDocument(request, ports);
  const byStored = stored && (await verifySignature(jwt, stored, provider.issuer).catch(() => undefined));
  const payload = parsePayload(byStored ?? (await readAgain()));
  const claims = judge(payload, provider.issuer);
  const verifyAgain = async () => {
    await readAgain();
  };
  // Only this code may say so.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { jwt, claims, verifyAgain: byStored && verifyAgain } as VerifiedIdToken;
}

/** True for errors that a stored discovery document can be the reason of. */
function mayBeOfYesterday(error: unknown): boolean {
  return (
    mayBeGone(error) ||
    (isTegataError(error) && (error.code === "id_token_signature_invalid" || error.details["claim"] === "iss"))
  );
}

/**
 * When an ID token ends for AWS, in seconds since the epoch: by its `exp`, or by its age where that is sooner. Without any
 * check: only to decide whether verifying it is worth a request. Undefined when it is no token at all.
 */
export function expiryWithoutVerifying(jwt: string): number | undefined {
  return timesWithoutVerifying(jwt).expiresAt;
}

/** The same, and when it was issued, both in seconds since the epoch. */
export function timesWithoutVerifying(jwt: string): {
  readonly issuedAt: number | undefined;
  readonly expiresAt: number | undefined;
} {
  try {
    const { exp, iat } = jose.decodeJwt(jwt);
    const issuedAt = v.is(epochSeconds, iat) ? iat : undefined;
    const expiresAt = v.is(epochSeconds, exp) ? exp : undefined;
    return issuedAt === undefined || expiresAt === undefined
      ? { issuedAt, expiresAt }
      : { issuedAt, expiresAt: Math.min(expiresAt, issuedAt + maxAgeSeconds) };
  } catch {
    return { issuedAt: undefined, expiresAt: undefined };
  }
}

/**
 * The claims of an ID token that nobody has verified: for what has to be known before that, and for refusing early what
 * AWS would refuse. They prove nothing.
 *
 * @throws TegataError `id_token_invalid` for what is no JWT that AWS takes, or lacks a claim that AWS wants
 */
export function decodeIdToken(jwt: string, profile?: IdTokenProfile): IdTokenClaims {
  judgeHeader(jwt, profile);
  return toIdTokenClaims(readClaims(decodePayload(jwt)));
}

function decodePayload(jwt: string): unknown {
  const [, payload = ""] = jwt.split(".");
  return parsePayload(jose.base64url.decode(payload));
}

/**
 * Judges the claims of a token whose signature nobody here can verify, as `verifyIdToken` does. Only for a token that goes to
 * AWS on the word of a platform: `signInAsWorkload`.
 *
 * @throws TegataError `id_token_invalid`, `id_token_expired`
 */
export function judgeWithoutVerifying(
  jwt: string,
  expectations: IdTokenExpectations,
  ports: Ports,
  profile: IdTokenProfile = {},
): IdTokenClaims {
  judgeHeader(jwt, profile);
  return judgeClaims(decodePayload(jwt), expectations, ports, profile);
}

/**
 * What stored keys of the issuer say against a token: that its signature does not match the key that it names. A key that they
 * lack may be a new one, and says nothing.
 */
export async function contradictedByKeptKeys(
  jwt: string,
  issuer: string,
  ports: Ports,
): Promise<TegataError | undefined> {
  const provider = await storedProvider(issuer, ports);
  const keys = provider && (await storedDocument(jwksRequest(provider, ports), ports));
  try {
    if (keys !== undefined) {
      await verifySignature(jwt, keys, issuer);
    }
  } catch (error) {
    if (!isTegataError(error)) {
      throw error;
    }
    return error.details["keyFound"] === true ? error : undefined;
  }
  return undefined;
}

function parsePayload(payload: Uint8Array): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(payload);
    const parsed: unknown = JSON.parse(text);
    refuseRepeatedMember(text, "payload");
    return parsed;
  } catch (error) {
    if (isTegataError(error)) {
      throw error;
    }
    throw invalid("its payload is not JSON", "tell the administrator of the identity provider", error);
  }
}

function judgeClaims(
  payload: unknown,
  { issuer, audience }: IdTokenExpectations,
  ports: Ports,
  { authorizedParty = "audience" }: IdTokenProfile,
): IdTokenClaims {
  const given = readClaims(payload);
  const claims = toIdTokenClaims(given);
  const { aud } = claims;
  judgeIssuer(claims, issuer, "check the issuer or the domain");
  if (!aud.includes(audience)) {
    throw invalid(
      `it is meant for ${aud.map((each) => shownValue(each, 200)).join(", ")}, not for the client id ${shownValue(audience, 200)}`,
      hint`check ${setting("client_id")}`,
    );
  }
  if (aud.length > 1 && claims.azp !== audience) {
    throw invalid(
      `it has several audiences and its azp is ${claims.azp === undefined ? "missing" : shownValue(claims.azp, 200)}, not ${shownValue(audience, 200)}`,
      hint`check ${setting("client_id")}`,
    );
  }
  // AWS compares azp with the client ids of the IAM provider where there is one, not aud.
  if (claims.azp !== undefined && claims.azp !== audience && authorizedParty === "audience") {
    throw invalid(
      `it was made for another client: its azp is ${shownValue(claims.azp, 200)}, not ${shownValue(audience, 200)}`,
      hint`check ${setting("client_id")}`,
    );
  }
  judgeTimes(given, ports);
  return claims;
}
