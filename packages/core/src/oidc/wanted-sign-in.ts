import * as v from "valibot";
import { TegataError } from "../base/errors.ts";
import { printable } from "../base/foreign-text.ts";
import { shownValue } from "../base/shown-value.ts";
import { commandOfRun, hint, or, setting, words, type Words } from "../base/wording.ts";
import { leewaySeconds } from "./token-claims.ts";
import type { IdTokenClaims } from "./verified-id-token.ts";

/**
 * As whom a person is to sign in, how recently and how. A flow sends what it can carry of it, and every token is held against
 * all of it. What is left out, nobody has asked for.
 */
export interface WantedSignIn {
  /** An e-mail address, a `preferred_username`, a `upn` or a `sub`: sent as `login_hint`. */
  readonly account?: string | undefined;
  /** How long ago, in seconds, the person may have proven who they are when the sign-in begins: `max_age`. */
  readonly maxAgeSeconds?: number | undefined;
  /** Authentication context classes, one of which it has to be: `acr_values`. */
  readonly acrValues?: readonly string[] | undefined;
  /** Domains, in lower case, of which the person's e-mail address has to be one. */
  readonly accountDomains?: readonly string[] | undefined;
  /** What the provider is to ask the person: `prompt`. */
  readonly prompt?: readonly string[] | undefined;
}

/** As the setting `account` may be: a `sub` has at most 255 characters (OpenID Connect Core 1.0 section 2), an address 254. */
export const accountSchema = v.pipe(
  v.string("must be text"),
  v.trim(),
  v.nonEmpty("must not be empty"),
  v.maxLength(255, "must have at most 255 characters"),
  v.check((account) => printable(account) === account, "must hold no character that cannot be seen"),
);

/**
 * Whether an ID token is for the account that was asked for. Evidence is `sub`, compared exactly, and, in any case of letters,
 * the e-mail address where `email_verified` says so, `preferred_username` and `upn`. An address that nobody has verified is
 * none: at many a provider people write there what they like.
 *
 * @param sameSubject true for a token that renews a sign-in which was judged before, with the same `sub`: a provider may leave
 *   the names out there (OpenID Connect Core 1.0 section 12.2)
 * @throws TegataError `id_token_wrong_account`
 */
export function judgeAccount(claims: IdTokenClaims, account: string | undefined, sameSubject: boolean): void {
  const { sub, names, email } = claims;
  const is = (name: string | undefined) => name?.toLowerCase() === account?.toLowerCase();
  if (account === undefined || sub === account || names.some(is) || (sameSubject && names.length === 0)) {
    return;
  }
  const other = names[0] ?? sub;
  const message = is(email)
    ? `the identity provider does not vouch for the account ${shownValue(account)}: its ID token does not say that this e-mail address is verified`
    : `the identity provider signed in ${shownValue(other)}, not the account ${shownValue(account)}`;
  throw new TegataError("id_token_wrong_account", message, {
    hint: is(email)
      ? [hint`ask its administrator to verify the address`, or`use ${setting("account", sub)}`]
      : [
          hint`sign out at the identity provider in your browser, or use a private window, then ${commandOfRun("login")}`,
          hint`if ${shownValue(other)} is right, change ${setting("account")}`,
        ],
    details: { account, signedInAs: other },
  });
}

/**
 * Whether an ID token is for an e-mail address of one of these domains, which the provider has not called unverified. A token without
 * an address is refused: nothing in it tells whose it is.
 *
 * @param sameSubject as `judgeAccount` has it
 * @throws TegataError `id_token_wrong_account`
 */
export function judgeAccountDomain(
  { email, isEmailUnverified }: IdTokenClaims,
  domains: readonly string[] | undefined,
  sameSubject: boolean,
): void {
  const domain = email?.slice(email.lastIndexOf("@") + 1).toLowerCase();
  const isOfOne = domain !== undefined && email?.includes("@") === true && domains?.includes(domain) === true;
  if (domains === undefined || (isOfOne && isEmailUnverified !== true)) {
    return;
  }
  if (email === undefined && sameSubject) {
    return;
  }
  const allowed = domains
    .slice(0, 12)
    .map((each) => shownValue(each))
    .join(" or ");
  const problem =
    email === undefined
      ? "its ID token has no e-mail address"
      : isOfOne
        ? `its ID token says that the address ${shownValue(email)} is not verified`
        : `it signed in ${shownValue(email)}`;
  throw new TegataError(
    "id_token_wrong_account",
    `the identity provider must sign in an e-mail address of ${allowed} on this machine, and ${problem}`,
    {
      hint:
        email === undefined
          ? [hint`let ${setting("scope")} hold email`, or`ask the administrator of the identity provider`]
          : [
              hint`sign out at the identity provider in your browser, or use a private window, then ${commandOfRun("login")}`,
            ],
      details: email === undefined ? {} : { signedInAs: email },
    },
  );
}

/** Space-separated values of a parameter, as a list. */
const listSchema = v.pipe(
  v.string("must be text"),
  v.trim(),
  v.nonEmpty("must not be empty"),
  v.regex(/^[\x21\x23-\x5b\x5d-\x7e ]+$/, "must be printable ASCII"),
  v.transform((text) => text.split(/ +/)),
);

/** As the setting `acr_values` may be. */
export const acrValuesSchema = listSchema;

/** As the setting `idp_prompt` may be. `none` is not: it forbids the provider to show its pages, and a person waits for them. */
export const idpPromptSchema = v.pipe(
  listSchema,
  v.check(
    (prompts) => prompts.every((prompt) => ["login", "consent", "select_account"].includes(prompt)),
    "must be login, consent or select_account, or several of them",
  ),
);

/**
 * Whether the person signed in as recently, and in the way, that was asked for.
 *
 * @param startedAt when the sign-in began, in seconds since the epoch by the servers' clock; `undefined`: the token renews a sign-in
 *   that was judged before, whose time stays the same and whose class the provider may leave out
 * @throws TegataError `id_token_invalid`, with `claim` in its details
 * @see OpenID Connect Core 1.0 sections 3.1.2.1 and 3.1.3.7
 */
export function judgeAuthentication(
  { authTime, acr }: IdTokenClaims,
  { maxAgeSeconds, acrValues }: WantedSignIn,
  startedAt: number | undefined,
): void {
  if (maxAgeSeconds !== undefined && startedAt !== undefined) {
    if (authTime === undefined) {
      throw notAsAsked("auth_time", "it does not say when the person signed in (auth_time)", "max_age");
    }
    const age = Math.round(startedAt - authTime);
    if (age > maxAgeSeconds + leewaySeconds) {
      throw notAsAsked(
        "auth_time",
        words`the person signed in ${age} s before it was asked for (auth_time), and ${setting("max_age")} is ${maxAgeSeconds} s`,
        "max_age",
      );
    }
  }
  if (acrValues !== undefined && !(acr === undefined ? startedAt === undefined : acrValues.includes(acr))) {
    const wanted = acrValues.map((value) => shownValue(value)).join(" or ");
    const is = acr === undefined ? "it has no acr" : `its acr is ${shownValue(acr)}`;
    throw notAsAsked("acr", `${is}, not ${wanted}`, "acr_values");
  }
}

function notAsAsked(claim: string, problem: string | Words, key: string): TegataError {
  return new TegataError("id_token_invalid", words`the ID token cannot be used: ${problem}`, {
    hint: [hint`check whether the identity provider knows ${setting(key)}`, or`ask its administrator`],
    details: { claim },
  });
}
