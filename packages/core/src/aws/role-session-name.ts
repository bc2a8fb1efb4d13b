const pattern = /^[\w+=,.@-]{2,64}$/;
const allowed = /^[\w+=,.@-]$/;
const maxCharacters = 64;

/** What stands in CloudTrail when nothing of the candidate is left. */
const fallback = "tegata";

/**
 * True for what STS takes as `RoleSessionName`: 2 to 64 ASCII letters, digits and `_+=,.@-`.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export function isRoleSessionName(text: string): boolean {
  return pattern.test(text);
}

/**
 * The nearest role session name: each character that STS refuses becomes `-`, what is too long is cut. The first candidate
 * of which at least two characters are left counts; where there is none, it is `tegata`.
 */
export function toRoleSessionName(...candidates: readonly string[]): string {
  for (const candidate of candidates) {
    const characters = Array.from(candidate).slice(0, maxCharacters);
    if (characters.filter((character) => allowed.test(character)).length >= 2) {
      return characters.map((character) => (allowed.test(character) ? character : "-")).join("");
    }
  }
  return fallback;
}
