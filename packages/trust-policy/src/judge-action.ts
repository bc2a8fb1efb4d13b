import { shownValue, sourceIdentityInToken, tagsInToken, type TokenClaims } from "@tegata/core";
import type { TrustStatement } from "./read-policy.ts";
import { matchesPattern, patternOf } from "./wildcard.ts";

/** What a statement has to allow for the request to get through. */
export interface NeededAction {
  /** As AWS writes it: `sts:TagSession`. */
  readonly action: string;
  /** Why the request needs it, to stand behind the action in a sentence; `undefined`: it is the request. */
  readonly because: string | undefined;
}

const assumeAction = "sts:AssumeRoleWithWebIdentity";

/**
 * The actions of a request with this token. Each of them is judged for itself, by the same conditions.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required
 */
export function neededActions(claims: TokenClaims): readonly NeededAction[] {
  return [
    { action: assumeAction, because: undefined },
    ...(tagsInToken(claims).state === "present"
      ? [{ action: "sts:TagSession", because: "which the session tags of the token need" }]
      : []),
    ...(sourceIdentityInToken(claims).state === "present"
      ? [{ action: "sts:SetSourceIdentity", because: "which the source identity of the token needs" }]
      : []),
  ];
}

/** True where Action names the action, or NotAction leaves it in. */
export function isAbout({ actions, isNotAction }: TrustStatement, action: string): boolean {
  const isNamed = actions.some((pattern) => matchesPattern(action.toLowerCase(), patternOf(pattern.toLowerCase())));
  return isNamed !== isNotAction;
}

/** Why a statement is about none of the actions. */
export function explainAction({ actions, isNotAction }: TrustStatement): string {
  if (isNotAction) {
    return `NotAction leaves ${assumeAction} out`;
  }
  const near = actions.find((action) => /assumerole/i.test(action)) ?? actions[0];
  if (near === undefined) {
    return "Action names nothing";
  }
  const meant: Readonly<Record<string, string>> = {
    "sts:assumerole": "which lets AWS principals in",
    "sts:assumerolewithsaml": "which lets SAML providers in",
    "sts:tagsession": "which is needed besides, for session tags",
    "sts:setsourceidentity": "which is needed besides, for a source identity",
    assumerolewithwebidentity: "without sts: in front",
  };
  const lower = near.toLowerCase();
  const known = Object.hasOwn(meant, lower) ? meant[lower] : undefined;
  return `Action is ${shownValue(near, 80)}${known === undefined ? "" : `, ${known}`}: a web identity needs ${assumeAction}`;
}
