import * as v from "valibot";

// A list would be a record of its places.
const claimsSchema = v.pipe(
  v.unknown(),
  v.check((payload) => !Array.isArray(payload)),
  v.record(v.string(), v.unknown()),
);

/**
 * Every claim that stands in a JWT, none of them verified or judged; none of what is no JWT. Of a token that is a
 * `VerifiedIdToken`, they are what its issuer says.
 */
export function allClaimsOf(jwt: string): Readonly<Record<string, unknown>> {
  const payload = jwt.split(".")[1] ?? "";
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (each) =>
      each.charCodeAt(0),
    );
    return v.parse(claimsSchema, JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return {};
  }
}
