import * as v from "valibot";

const namespace = "https://aws.amazon.com/";
const nestedTags = v.object({ principal_tags: v.record(v.string(), v.unknown()) });
const payloadSchema = v.record(v.string(), v.unknown());

/** All claims of an ID token, as they stand in it; none for what is no such token. They prove nothing. */
export function payloadOf(jwt: string): Readonly<Record<string, unknown>> {
  try {
    const [, payload = ""] = jwt.split(".");
    const text = Buffer.from(payload, "base64url").toString("utf8");
    return v.parse(payloadSchema, JSON.parse(text));
  } catch {
    return {};
  }
}

/**
 * What an ID token has for AWS by claims of AWS's own names: keys of session tags, a source identity, how many roles.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
 */
export function claimsForAws(claims: Readonly<Record<string, unknown>>): {
  readonly tagKeys: readonly string[];
  readonly sourceIdentity: string | undefined;
  /** `undefined`: there is no such claim. */
  readonly roles: number | undefined;
} {
  const flat = `${namespace}tags/principal_tags/`;
  const nested = v.safeParse(nestedTags, claims[`${namespace}tags`]);
  const own = Object.keys(claims).flatMap((name) => (name.startsWith(flat) ? [name.slice(flat.length)] : []));
  const source = claims[`${namespace}source_identity`];
  const roles = claims[`${namespace}roles`];
  return {
    tagKeys: [...(nested.success ? Object.keys(nested.output.principal_tags) : []), ...own],
    sourceIdentity: typeof source === "string" ? source : undefined,
    roles:
      typeof roles === "string"
        ? roles.split(";").filter((role) => role.trim() !== "").length
        : Array.isArray(roles)
          ? roles.length
          : undefined,
  };
}
