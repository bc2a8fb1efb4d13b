/**
 * The claim by which an identity provider lists the roles that a sign-in may assume. AWS refuses any other role before it looks
 * at the trust policy.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
 */
export const rolesClaim = "https://aws.amazon.com/roles";

/**
 * What a claim lists as roles: one text, one with `;` between the roles, or a list of texts. As they stand there, in that order and
 * each once; nobody has judged whether they are ARNs.
 */
export function rolesInClaim(claim: unknown): readonly string[] {
  const texts = [claim].flat().filter((each) => typeof each === "string");
  const roles = texts.flatMap((text) => text.split(";")).map((role) => role.trim());
  return [...new Set(roles.filter((role) => role !== ""))];
}
