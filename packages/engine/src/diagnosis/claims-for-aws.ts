import { rolesInToken, sourceIdentityInToken, tagsInToken, type TokenClaims } from "@tegata/core";

/** What an ID token has for AWS by claims of AWS's own names: keys of session tags, a source identity, how many roles. */
export function claimsForAws(claims: TokenClaims): {
  readonly tagKeys: readonly string[];
  readonly sourceIdentity: string | undefined;
  /** `undefined`: there is no such claim, or AWS cannot read it. */
  readonly roles: number | undefined;
} {
  const tags = tagsInToken(claims);
  const sourceIdentity = sourceIdentityInToken(claims);
  const roles = rolesInToken(claims);
  return {
    tagKeys: tags.state === "present" ? [...tags.value.tags.keys()] : [],
    sourceIdentity: sourceIdentity.state === "present" ? sourceIdentity.value : undefined,
    roles: roles.state === "present" ? roles.value.length : undefined,
  };
}
