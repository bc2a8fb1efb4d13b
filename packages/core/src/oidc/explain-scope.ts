import { TegataError } from "../base/errors.ts";
import { shownValue } from "../base/shown-value.ts";
import { type Clause, hint, or, setting } from "../base/wording.ts";
import { type OAuthRefusal, refusalDetails, saidBy } from "./token-response.ts";

/** What was asked for, and what the provider says that it has. */
export interface RefusedScope {
  readonly clientId: string;
  /** As it was sent. */
  readonly scope: string;
  /** `scopes_supported` of the discovery document. */
  readonly scopesSupported: readonly string[] | undefined;
}

const withoutRenewal = hint`without offline_access a sign-in lasts as long as its ID token, and then a person is asked again`;

/** A refusal of the scope: which part of it is odd, and the one that works instead. */
export function explainScope(refusal: OAuthRefusal, refused: RefusedScope): TegataError {
  const { scope } = refused;
  const odd = oddScopes(refusal, refused);
  const said = saidBy(refusal);
  const sent = `${shownValue(scope)} was sent`;
  if (odd.length === 0) {
    return new TegataError("idp_rejected", `the identity provider does not accept the scope (${said})`, {
      hint: [
        hint`ask its administrator which scopes this client may have (${sent})`,
        or`take the least: ${setting("scope", "openid")}`,
      ],
      details: refusalDetails(refusal),
    });
  }
  const names = odd.map((each) => shownValue(each)).join(" and ");
  return new TegataError("idp_rejected", `the identity provider does not accept the scope ${names} (${said})`, {
    hint: [hint`leave it out: ${setting("scope", rest(scope, odd))}`, ...inFile(scope, odd), ...aboutRenewal(odd)],
    details: { ...refusalDetails(refusal), scope: odd.join(" ") },
  });
}

/**
 * `invalid_request` that names `offline_access`: the client may not have refresh tokens, as OpenIddict has it.
 *
 * @returns `undefined` for any other one
 */
export function explainOfflineAccess(
  refusal: OAuthRefusal,
  { clientId, scope }: RefusedScope,
): TegataError | undefined {
  const odd = ["offline_access"];
  if (!scope.split(" ").includes("offline_access") || !wordsIn(refusal).includes("offline_access")) {
    return undefined;
  }
  return new TegataError(
    "idp_rejected",
    `the identity provider gives the client ${shownValue(clientId)} no refresh token (${saidBy(refusal)})`,
    {
      hint: [
        hint`ask its administrator to allow the refresh token grant for this client`,
        or`leave offline_access out: ${setting("scope", rest(scope, odd))}`,
        ...aboutRenewal(odd),
      ],
      details: { ...refusalDetails(refusal), scope: "offline_access" },
    },
  );
}

/** By the discovery document; where that does not tell, the one scope that the refusal names. */
function oddScopes(refusal: OAuthRefusal, { scope, scopesSupported }: RefusedScope): readonly string[] {
  const sent = scope.split(" ");
  const isList = scopesSupported?.includes("openid") === true;
  const unknown = isList ? sent.filter((each) => !scopesSupported.includes(each)) : [];
  if (unknown.length > 0) {
    return unknown;
  }
  const said = wordsIn(refusal);
  const named = sent.filter((each) => said.includes(each));
  // Of several, nobody can tell those that are refused from those that are allowed.
  return named.length === 1 && named[0] !== "openid" ? named : [];
}

function wordsIn({ description = "" }: OAuthRefusal): readonly string[] {
  return description.split(/[\s"'`()[\]<>,;]+/).map((word) => word.replace(/[.:!]+$/, ""));
}

function rest(scope: string, odd: readonly string[]): string {
  return scope
    .split(" ")
    .filter((each) => !odd.includes(each))
    .join(" ");
}

function inFile(scope: string, odd: readonly string[]): readonly Clause[] {
  return [or`write scope = ${JSON.stringify(rest(scope, odd))} into the section of the identity provider`];
}

function aboutRenewal(odd: readonly string[]): readonly Clause[] {
  return odd.includes("offline_access") ? [withoutRenewal] : [];
}
