import * as v from "valibot";
import {
  type Hint,
  type HintInput,
  hintInWords,
  hintOf,
  hintSchema,
  inWords,
  plainVocabulary,
  type Words,
  wordsSchema,
} from "./wording.ts";

/**
 * Every way in which a run can end badly. The area comes first; the list is closed, so that anyone who maps codes (exit
 * statuses, the documentation page, a script) is told by the compiler when one is missing. `docs/errors.md` gives each
 * its meaning and what to do; a test holds that page and this list together.
 */
export const errorCodes = [
  "usage_invalid",
  "settings_not_found",
  "settings_unreadable",
  "settings_syntax",
  "settings_invalid",
  "settings_incomplete",
  "storage_unwritable",
  "storage_unreadable",
  "storage_unsafe",
  "storage_locked",
  "output_failed",
  "file_unreadable",
  "file_unwritable",
  "process_failed",
  "plugin_untrusted",
  "plugin_invalid",
  "plugin_check_failed",
  "sign_in_required",
  "workload_not_found",
  "workload_token_missing",
  "client_credential_invalid",
  "sign_in_expired",
  "sign_in_denied",
  "idp_unreachable",
  "idp_unavailable",
  "idp_invalid_response",
  "idp_untrusted_url",
  "idp_grant_disabled",
  "idp_client_rejected",
  "idp_session_expired",
  "idp_rejected",
  "id_token_missing",
  "id_token_invalid",
  "id_token_expired",
  "id_token_signature_invalid",
  "id_token_wrong_account",
  "sts_unreachable",
  "sts_unavailable",
  "sts_throttled",
  "sts_invalid_response",
  "sts_access_denied",
  "sts_provider_unknown",
  "sts_audience_rejected",
  "sts_id_token_rejected",
  "sts_id_token_expired",
  "sts_claim_rejected",
  "sts_role_not_listed",
  "sts_source_rejected",
  "sts_verification_key_unavailable",
  "sts_idp_unreachable",
  "sts_duration_rejected",
  "sts_request_invalid",
  "sts_policy_rejected",
  "sts_region_disabled",
  "sts_rejected",
  "federation_unreachable",
  "federation_unavailable",
  "federation_invalid_response",
  "federation_rejected",
  "browser_failed",
  "port_taken",
  "exec_not_found",
  "exec_not_executable",
  "interrupted",
  "internal",
] as const;

/** Says what failed, and with it the exit status: docs/errors.md explains each. */
export type ErrorCode = (typeof errorCodes)[number];

/** What an error says besides its code and its message. */
export interface TegataErrorOptions {
  /**
   * The next command to run, or the next thing to change: short sentences, lower case, no full stop. What is called otherwise on
   * another surface is a part of its own: `` hint`pass ${setting("duration", "1h")}` ``.
   */
  readonly hint?: HintInput | undefined;
  /** Facts for a program (`--error-format json`). Never a token, a key or a device code. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
  readonly cause?: unknown;
}

/** What an error says, for a surface to put into its own words. */
export interface Wording {
  readonly message: Words;
  readonly hint: Hint | undefined;
}

/**
 * The one error class. Compare `code`, not the class: two copies of this package can meet in one process.
 *
 * The message names the field or the value at fault, lower case, no full stop, and holds no secret. `message` and `hint` are the
 * plain words for a program that looks at them; a surface shows what `wordingOf` gives, in its own words. `cause` is for a
 * debugger only and is never printed: errors of libraries carry raw tokens in theirs.
 */
export class TegataError extends Error {
  override readonly name = "TegataError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly wording: Wording;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(code: ErrorCode, message: string | Words, options: TegataErrorOptions = {}) {
    const wording: Wording = {
      message: typeof message === "string" ? [message] : message,
      hint: options.hint === undefined ? undefined : hintOf(options.hint),
    };
    super(
      inWords(wording.message, plainVocabulary),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.wording = wording;
    this.hint = wording.hint && hintInWords(wording.hint, plainVocabulary);
    this.details = options.details ?? {};
  }
}

/** True for an error of ours, from another copy of this package too: the name counts, not the class. */
export function isTegataError(error: unknown): error is TegataError {
  return error instanceof Error && error.name === "TegataError" && "code" in error;
}

const wordingSchema = v.object({ message: wordsSchema, hint: v.optional(hintSchema) });

/** What an error says. One of another copy of this package may have its words only as text. */
export function wordingOf(error: TegataError): Wording {
  const judged = v.safeParse(wordingSchema, error.wording);
  return judged.success
    ? { message: judged.output.message, hint: judged.output.hint }
    : { message: [error.message], hint: error.hint === undefined ? undefined : hintOf(error.hint) };
}

/** The same error with other words; what is left out stays. */
export function reworded(
  error: TegataError,
  { message, hint }: { readonly message?: string | Words; readonly hint?: HintInput | undefined },
): TegataError {
  const said = wordingOf(error);
  return new TegataError(error.code, message ?? said.message, {
    hint: hint ?? said.hint,
    details: error.details,
    cause: error,
  });
}
