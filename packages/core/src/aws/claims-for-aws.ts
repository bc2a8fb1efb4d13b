import * as v from "valibot";
import { shownValue } from "../base/shown-value.ts";
import { rolesClaim, rolesInClaim } from "./roles-claim.ts";
import { sourceIdentitySchema } from "./session-tags.ts";

/*
 * What STS reads from an ID token besides who it is about: claims of AWS's own names.
 */

/** The claims of a token, as its payload has them. */
export type TokenClaims = Readonly<Record<string, unknown>>;

/** Session tags that a token carries. */
export interface TokenTags {
  readonly tags: ReadonlyMap<string, string>;
  readonly transitiveKeys: readonly string[];
}

/** What STS reads from claims of AWS's own names; `problem` where it cannot. */
export type AwsClaim<Value> =
  | { readonly state: "absent" }
  | { readonly state: "present"; readonly value: Value }
  | { readonly state: "invalid"; readonly problem: string };

const tagsClaim = "https://aws.amazon.com/tags";
const sourceIdentityClaim = "https://aws.amazon.com/source_identity";

const oneValue = v.union([
  v.string(),
  v.pipe(
    v.strictTuple([v.string()]),
    v.transform(([value]) => value),
  ),
]);
const nestedTagsSchema = v.object({
  principal_tags: v.record(v.string(), oneValue),
  transitive_tag_keys: v.optional(v.array(v.string()), []),
});

/**
 * Session tags by the claim `https://aws.amazon.com/tags`, nested, or flat as claims of their own
 * (`https://aws.amazon.com/tags/principal_tags/KEY`).
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
 */
export function tagsInToken(claims: TokenClaims): AwsClaim<TokenTags> {
  if (Object.hasOwn(claims, tagsClaim)) {
    const parsed = v.safeParse(nestedTagsSchema, claims[tagsClaim]);
    return parsed.success
      ? present({
          tags: new Map(Object.entries(parsed.output.principal_tags)),
          transitiveKeys: parsed.output.transitive_tag_keys,
        })
      : invalid(
          `the claim ${tagsClaim} must hold a table of principal tags, lists of one text each, and may hold the keys of transitive ones, a list of texts`,
        );
  }
  const prefix = `${tagsClaim}/principal_tags/`;
  const transitiveClaim = `${tagsClaim}/transitive_tag_keys`;
  const tags = new Map<string, string>();
  for (const [name, value] of Object.entries(claims)) {
    if (name.startsWith(prefix)) {
      const parsed = v.safeParse(oneValue, value);
      if (!parsed.success) {
        return invalid(`the claim ${shownValue(name)} must be one text`);
      }
      tags.set(name.slice(prefix.length), parsed.output);
    }
  }
  const transitive = v.safeParse(v.optional(v.array(v.string()), []), claims[transitiveClaim]);
  if (!transitive.success) {
    return invalid(`the claim ${transitiveClaim} must be a list of texts`);
  }
  return tags.size === 0 && transitive.output.length === 0
    ? { state: "absent" }
    : present({ tags, transitiveKeys: transitive.output });
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html */
export function sourceIdentityInToken(claims: TokenClaims): AwsClaim<string> {
  if (!Object.hasOwn(claims, sourceIdentityClaim)) {
    return { state: "absent" };
  }
  const value = claims[sourceIdentityClaim];
  return v.is(sourceIdentitySchema, value)
    ? present(value)
    : invalid(
        `the claim ${sourceIdentityClaim} is ${shownValue(value)}: it must be 2 to 64 ASCII letters, digits and _+=,.@-`,
      );
}

/** The roles that the provider lets this token assume: one text, texts with `;` between them, or a list. */
export function rolesInToken(claims: TokenClaims): AwsClaim<readonly string[]> {
  const value = claims[rolesClaim];
  if (value === undefined || value === null) {
    return { state: "absent" };
  }
  if (![value].flat().every((each) => typeof each === "string")) {
    return invalid(`the claim ${rolesClaim} must be a text or a list of texts`);
  }
  const roles = rolesInClaim(value);
  return roles.length === 0 ? invalid(`the claim ${rolesClaim} lists no role`) : present(roles);
}

function present<Value>(value: Value): AwsClaim<Value> {
  return { state: "present", value };
}

function invalid(problem: string): { readonly state: "invalid"; readonly problem: string } {
  return { state: "invalid", problem };
}
