import { deviceCodeExpired, signInDenied } from "./device-token-polling.ts";
import { type ErrorCode, TegataError } from "../base/errors.ts";
import type { HintInput } from "../base/wording.ts";
import type { Flow } from "./grant.ts";
import { shownValue } from "../base/shown-value.ts";
import { type OAuthRefusal, refusalDetails } from "./token-response.ts";

/** One way in which a provider refuses, and what it means. */
export type RefusalRow = {
  /** The OAuth error code; any when left out. */
  readonly error?: string;
  /** What its description must hold. */
  readonly says?: RegExp;
  /** The flow that was refused; any when left out. */
  readonly flow?: Flow;
} & (
  | { readonly code: ErrorCode; readonly hint: HintInput }
  /** Its own word for an error code of RFC 8628. */
  | { readonly means: "access_denied" | "expired_token" }
);

/**
 * The `explain` of a descriptor, from a table: the first row that fits counts, and what none fits is left to the usual
 * explanation.
 *
 * @param provider stands at the beginning of the message: `Okta`
 */
export function refusalTable(provider: string, rows: readonly RefusalRow[]) {
  return (
    refusal: OAuthRefusal,
    settings: { readonly client_id: string },
    refused: Flow | "renewal",
  ): TegataError | undefined => {
    const said = refusal.description ?? refusal.error;
    const row = rows.find(
      ({ error = refusal.error, says = /^/, flow = refused }) =>
        error === refusal.error && says.test(said) && flow === refused,
    );
    if (row === undefined) {
      return undefined;
    }
    if ("means" in row) {
      return row.means === "access_denied" ? signInDenied(refusal) : deviceCodeExpired();
    }
    return new TegataError(row.code, `${provider} refuses the client ${shownValue(settings.client_id)}: ${said}`, {
      hint: row.hint,
      details: refusalDetails(refusal),
    });
  };
}
