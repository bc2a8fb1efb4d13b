import { compactVerify, createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, type JWTPayload } from "jose";
import * as v from "valibot";
import { STS_USER_AGENT } from "../request-log.ts";
import type { RegisteredProvider } from "./iam.ts";
import { invalidIdentityToken, noVerificationKey, StsError } from "./sts-error.ts";

const ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];
const FETCH_TIMEOUT_MILLISECONDS = 5000;

const discoveryDocument = v.object({ issuer: v.string(), jwks_uri: v.string() });
const jsonWebKeySet = v.object({ keys: v.array(v.looseObject({ kty: v.string() })) });
const sessionTags = v.object({
  principal_tags: v.record(v.string(), v.pipe(v.array(v.string()), v.length(1))),
  transitive_tag_keys: v.optional(v.array(v.string()), []),
});

/** Claims of a token that STS looks at. */
export interface WebIdentityClaims {
  issuer: string;
  subject: string;
  audiences: readonly string[];
  authorizedParty: string | undefined;
  /** Seconds since the epoch. */
  expiresAt: number;
  sourceIdentity: string | undefined;
  /** Session tags (claim `https://aws.amazon.com/tags`), by key. */
  tags: ReadonlyMap<string, string>;
  transitiveTagKeys: readonly string[];
  /** The roles that the token is for (claim `https://aws.amazon.com/roles`); undefined: any. */
  roles: readonly string[] | undefined;
}

/** Reads a token that nobody has verified yet, and refuses what is no ID token that IAM could take. */
export function readWebIdentityToken(token: string): WebIdentityClaims {
  const notAJwt = invalidIdentityToken(
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
  );
  let claims: JWTPayload;
  try {
    if (!ALGORITHMS.includes(decodeProtectedHeader(token).alg ?? "")) {
      throw notAJwt;
    }
    claims = decodeJwt(token);
  } catch {
    throw notAJwt;
  }
  const { iss, sub, aud, exp, iat, azp } = claims;
  const required: Record<string, unknown> = { iss, sub, aud, exp, iat };
  const missing = Object.entries(required).find(([, value]) => value === undefined || value === "");
  if (missing !== undefined) {
    throw invalidIdentityToken(`Missing a required claim: ${missing[0]}`);
  }
  if (iss === undefined || sub === undefined || aud === undefined || !Number.isInteger(exp) || !Number.isInteger(iat)) {
    throw notAJwt;
  }
  const sourceIdentity = claims["https://aws.amazon.com/source_identity"];
  return {
    issuer: iss,
    subject: sub,
    audiences: typeof aud === "string" ? [aud] : aud,
    authorizedParty: typeof azp === "string" ? azp : undefined,
    expiresAt: Number(exp),
    sourceIdentity: typeof sourceIdentity === "string" ? sourceIdentity : undefined,
    ...tagsOf(claims),
    roles: rolesOf(claims["https://aws.amazon.com/roles"]),
  };
}

/** Checks signature, expiry and audience against the provider; `now` in milliseconds since the epoch. */
export async function verifyWebIdentityToken(
  token: string,
  claims: WebIdentityClaims,
  provider: RegisteredProvider,
  now: number,
): Promise<void> {
  const keys = await readKeys(provider.url);
  // AWS goes by the key id alone; jose would try the only key of a set.
  if (decodeProtectedHeader(token).kid === undefined) {
    throw noVerificationKey();
  }
  try {
    await compactVerify(token, keys, { algorithms: ALGORITHMS });
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
      throw noVerificationKey();
    }
    throw invalidIdentityToken("The web identity token that was passed could not be validated: bad signature.");
  }
  const seconds = Math.floor(now / 1000);
  if (seconds >= claims.expiresAt) {
    throw new StsError(
      "ExpiredTokenException",
      400,
      `Token expired: current date/time ${seconds} must be before the expiration date/time ${claims.expiresAt}`,
    );
  }
  if (!comparedAudiences(claims).some((audience) => provider.clientIds.includes(audience))) {
    throw invalidIdentityToken("Incorrect token audience");
  }
}

/** What is compared with the client ids of the provider in IAM: `azp` alone where there is one. */
export function comparedAudiences({ authorizedParty, audiences }: WebIdentityClaims): readonly string[] {
  return authorizedParty === undefined ? audiences : [authorizedParty];
}

function unreachable(): StsError {
  return new StsError("IDPCommunicationError", 400, "Could not communicate with the identity provider.");
}

async function readKeys(issuer: string): Promise<ReturnType<typeof createLocalJWKSet>> {
  const discovery = v.safeParse(
    discoveryDocument,
    await readJson(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, unreachable),
  );
  if (!discovery.success) {
    throw unreachable();
  }
  const keys = v.safeParse(jsonWebKeySet, await readJson(discovery.output.jwks_uri, noVerificationKey));
  if (!keys.success) {
    throw noVerificationKey();
  }
  return createLocalJWKSet(keys.output);
}

async function readJson(url: string, refusal: () => StsError): Promise<unknown> {
  try {
    const response = await fetch(url, {
      headers: { "User-Agent": STS_USER_AGENT, Connection: "close" },
      redirect: "error",
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MILLISECONDS),
    });
    if (!response.ok) {
      throw refusal();
    }
    return await response.json();
  } catch {
    throw refusal();
  }
}

const TAGS = "https://aws.amazon.com/tags";

/** Nested, or flat: a claim for each tag. */
function tagsOf(claims: JWTPayload): Pick<WebIdentityClaims, "tags" | "transitiveTagKeys"> {
  const flat = Object.entries(claims).flatMap(([name, value]): [string, unknown][] =>
    name.startsWith(`${TAGS}/principal_tags/`) ? [[name.slice(`${TAGS}/principal_tags/`.length), [value].flat()]] : [],
  );
  const nested = claims[TAGS] ?? {
    principal_tags: Object.fromEntries(flat),
    transitive_tag_keys: claims[`${TAGS}/transitive_tag_keys`],
  };
  const parsed = v.safeParse(sessionTags, nested);
  if (!parsed.success) {
    throw invalidIdentityToken("The session tags in the web identity token are malformed.");
  }
  const { principal_tags: tags, transitive_tag_keys: transitiveTagKeys } = parsed.output;
  return { tags: new Map(Object.entries(tags).map(([key, [value = ""]]) => [key, value])), transitiveTagKeys };
}

function rolesOf(claim: unknown): readonly string[] | undefined {
  const parsed = v.safeParse(v.optional(v.union([v.string(), v.array(v.string())])), claim);
  if (!parsed.success) {
    throw invalidIdentityToken("The roles claim in the web identity token is malformed.");
  }
  return parsed.output === undefined ? undefined : [parsed.output].flat();
}
