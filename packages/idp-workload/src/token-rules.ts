import {
  correctedNow,
  decodeIdToken,
  hint,
  type HintInput,
  hintOf,
  type IdTokenClaims,
  type IdTokenProfile,
  isTegataError,
  or,
  printable,
  reworded,
  secureUrlSchema,
  setting,
  shownValue,
  TegataError,
  type WorkloadContext,
  type WorkloadToken,
} from "@tegata/core";
import * as v from "valibot";
import type { TokenSettings } from "./settings.ts";

/** What a platform's token must be, so far as that can be told without its signature. */
export interface TokenRules {
  /** Undefined: the issuer that the token itself names; its signature is then verified with that issuer's keys. */
  readonly issuer: IssuerRule | undefined;
  /** Undefined: the pipeline's author or the platform chooses it, and what it is may be right. */
  readonly audience: string | undefined;
  /** What the platform documents of its tokens, besides what every ID token is. */
  readonly profile?: IdTokenProfile;
  /** What to do about a token that is none, or for somebody else, or has ended. */
  readonly hints: TokenHints;
}

export interface IssuerRule {
  /** For people: `https://gitlab.com`. */
  readonly documented: string;
  matches(issuer: string): boolean;
}

interface TokenHints {
  readonly notAToken: HintInput;
  readonly audience: HintInput;
  /** True where another audience may be right: the hint then says how to take the token's own. */
  readonly anyAudience?: boolean;
  readonly expired: HintInput;
}

/**
 * For a token that a person names, from any platform: a JWT-SVID may say `JOSE`, and where `azp` differs, AWS compares it
 * with what the IAM provider lists.
 */
export const anyPlatform: IdTokenProfile = { types: ["JOSE"], authorizedParty: "any" };

/** Before the first answer of a run nobody knows how far the clock is off; more than that is not made up for. */
const unknownClockSeconds = 300;

/**
 * Refuses a token that is certain to fail, before it is sent anywhere. Its signature is verified afterwards.
 *
 * @throws TegataError `id_token_invalid`, `id_token_expired`
 */
export function judgeToken(token: string, rules: TokenRules, context: WorkloadContext): WorkloadToken {
  const claims = readToken(token, rules.hints, rules.profile);
  judgeIssuer(claims.iss, rules.issuer);
  const audience = judgeAudience(claims, rules);
  judgeExpiry(claims, rules.hints, context);
  return { idToken: token, issuer: claims.iss, audience, profile: rules.profile };
}

/**
 * The claims of a token that nobody has verified.
 *
 * @throws TegataError `id_token_invalid` with a hint of the platform's own
 */
export function readToken(
  token: string,
  { notAToken }: Pick<TokenHints, "notAToken">,
  profile?: IdTokenProfile,
): IdTokenClaims {
  try {
    return decodeIdToken(token, profile);
  } catch (error) {
    if (!isTegataError(error)) {
      throw error;
    }
    throw reworded(error, { hint: notAToken });
  }
}

/** What tells the holder of a token from others, and stays when the token is replaced by the next. */
export function subjectTraits({ iss, sub, aud }: IdTokenClaims): readonly string[] {
  return [iss, sub, ...aud];
}

/** The issuer that a person named, else the documented one. */
export function issuerRule({ issuer }: TokenSettings, documented: IssuerRule): IssuerRule {
  return issuer === undefined ? documented : oneIssuer(issuer);
}

/** For platforms that are issuers of their own, each cluster another. */
export function issuerRuleIfNamed({ issuer }: TokenSettings): IssuerRule | undefined {
  return issuer === undefined ? undefined : oneIssuer(issuer);
}

/** `https://host` and `https://host/` are the same; the discovery document says which one counts. */
export function oneIssuer(documented: string): IssuerRule {
  return { documented, matches: (issuer) => withoutSlash(issuer) === withoutSlash(documented) };
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, "");
}

export function issuerLike(documented: string, pattern: RegExp): IssuerRule {
  return { documented, matches: (issuer) => pattern.test(issuer) };
}

function judgeIssuer(issuer: string, rule: IssuerRule | undefined): void {
  const url = v.safeParse(secureUrlSchema, issuer);
  if (rule !== undefined && !rule.matches(issuer)) {
    throw invalid(
      `its issuer is ${shownValue(issuer, 200)}, not ${shownValue(rule.documented, 200)}`,
      url.success && isPastable(issuer)
        ? hint`if that issuer is right, pass ${setting("issuer", printable(issuer, 500))}`
        : "correct the issuer of the token, or take another token",
    );
  }
  if (!url.success) {
    throw invalid(
      `its issuer ${shownValue(issuer, 200)} ${url.issues[0].message}`,
      "AWS takes no other: correct the issuer of the token, or take another token",
    );
  }
}

function judgeAudience({ aud, azp }: IdTokenClaims, { audience, hints }: TokenRules): string {
  const meantFor = aud.map((each) => shownValue(each, 200)).join(", ");
  if (audience !== undefined && !aud.includes(audience)) {
    const [own = "", another] = aud;
    const orOwn = hints.anyAudience === true && another === undefined && isPastable(own);
    throw invalid(`it is meant for ${meantFor}, not for ${shownValue(audience, 200)}`, [
      ...hintOf(hints.audience),
      ...(orOwn ? [or`pass ${setting("audience", own)} if IAM has that one`] : []),
    ]);
  }
  const [first = "", second] = aud;
  if (second === undefined) {
    return first;
  }
  // Of several audiences, AWS goes by the authorized party.
  if (azp === undefined || !aud.includes(azp) || (audience !== undefined && azp !== audience)) {
    throw invalid(`it is meant for several at once (${meantFor}), and AWS takes one`, hints.audience);
  }
  return azp;
}

function judgeExpiry({ exp }: IdTokenClaims, hints: TokenHints, context: WorkloadContext): void {
  const ago = Math.floor(correctedNow(context) / 1000) - exp;
  const { clockOffset } = context;
  const leewaySeconds = clockOffset !== undefined && clockOffset() === undefined ? unknownClockSeconds : 0;
  if (ago >= leewaySeconds) {
    throw new TegataError("id_token_expired", `the ID token ended ${ago} s ago`, { hint: hints.expired });
  }
}

function invalid(reason: string, advice: HintInput): TegataError {
  return new TegataError("id_token_invalid", `the ID token cannot be used: ${reason}`, { hint: advice });
}

/** True for a word that every shell takes as it is. */
export function isPastable(word: string): boolean {
  return word.length <= 500 && /^[\w@%+=:,./-]+$/.test(word);
}
