import * as jose from "jose";
import { TegataError } from "../base/errors.ts";
import { saysSomething } from "../base/foreign-text.ts";
import { shownValue } from "../base/shown-value.ts";
import { commandOfRun, hint, or, setting, words } from "../base/wording.ts";
import type { VerifiedIdToken } from "./verified-id-token.ts";

/** What an ID token must say besides what every one says: the answer to a parameter of the sign-in. */
export interface RequiredClaim {
  /** The claim's name: `org_id`. */
  readonly name: string;
  readonly value: string;
  /** True where the provider compares the value in lower case. Left out: it is compared exactly. */
  readonly ignoresCase?: boolean;
  /** The setting that asks for it, for messages. */
  readonly setting: string;
}

/**
 * Whether an ID token says what was asked for. A claim that is missing is as good as a wrong one: the provider may not know the parameter.
 *
 * @param isOfMachine true for the token of a client, which nobody can sign out
 * @throws TegataError `id_token_invalid`, with `claim` in its details
 */
export function judgeRequiredClaims(
  { jwt }: VerifiedIdToken,
  required: readonly RequiredClaim[],
  isOfMachine = false,
): void {
  if (required.length === 0) {
    return;
  }
  const claims = jose.decodeJwt(jwt);
  for (const { name, value, ignoresCase = false, setting: key } of required) {
    const said = claims[name];
    const fold = (text: string) => (ignoresCase ? text.toLowerCase() : text);
    if (typeof said !== "string" || fold(said) !== fold(value)) {
      const is = saysSomething(said) ? `is ${shownValue(said)}` : "is missing";
      throw new TegataError(
        "id_token_invalid",
        words`the ID token cannot be used: its ${name} ${is}, and ${setting(key)} is ${shownValue(value)}`,
        {
          hint: isOfMachine
            ? [hint`check ${setting(key)}`, or`let the identity provider give the client access to it`]
            : [
                hint`sign out at the identity provider in your browser, or use a private window, then ${commandOfRun("login")}`,
                or`check ${setting(key)}`,
              ],
          details: { claim: name },
        },
      );
    }
  }
}
