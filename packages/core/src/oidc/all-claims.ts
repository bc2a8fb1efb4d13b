import * as v from "valibot";

/** What stands in a token, for people. Nobody has verified it: it proves nothing. */
export interface UnverifiedToken {
  readonly header: Readonly<Record<string, unknown>>;
  /** Every claim, as it stands there. */
  readonly claims: Readonly<Record<string, unknown>>;
}

// A list would be a record of its places.
const objectSchema = v.pipe(
  v.unknown(),
  v.check((payload) => !Array.isArray(payload)),
  v.record(v.string(), v.unknown()),
);

/**
 * Every claim that stands in a JWT, none of them verified or judged; none of what is no JWT. Of a token that is a
 * `VerifiedIdToken`, they are what its issuer says.
 */
export function allClaimsOf(jwt: string): Readonly<Record<string, unknown>> {
  return objectIn(jwt.split(".")[1] ?? "") ?? {};
}

/**
 * Takes a signed token apart without looking at its signature: for telling, and for judging what others would say of it, never
 * for signing in.
 *
 * @returns `undefined` for what is no signed JWT in its compact form (RFC 7519 section 7.2)
 */
export function readWithoutVerifying(jwt: string): UnverifiedToken | undefined {
  const parts = jwt.split(".");
  const header = objectIn(parts[0] ?? "");
  const claims = objectIn(parts[1] ?? "");
  return parts.length === 3 && header !== undefined && claims !== undefined ? { header, claims } : undefined;
}

function objectIn(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const bytes = Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
    return v.parse(objectSchema, JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return undefined;
  }
}
