/**
 * Every way in which a run can end badly. The area comes first; the list is closed, so that whoever maps codes (exit
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
  "program_failed",
  "plugin_untrusted",
  "plugin_invalid",
  "plugin_check_failed",
  "sign_in_required",
  "workload_not_found",
  "workload_token_missing",
  "device_code_expired",
  "device_denied",
  "idp_unreachable",
  "idp_unavailable",
  "idp_invalid_response",
  "idp_untrusted_url",
  "idp_device_grant_disabled",
  "idp_client_rejected",
  "idp_session_expired",
  "idp_rejected",
  "id_token_missing",
  "id_token_invalid",
  "id_token_expired",
  "id_token_signature_invalid",
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
  "exec_not_found",
  "exec_not_executable",
  "interrupted",
  "internal",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export interface TegataErrorOptions {
  /** The next command to run, or the next thing to change: one short sentence, lower case, no full stop. */
  readonly hint?: string;
  /**
   * A command that helps, after what the hint asks for. Each surface names it in its own way: the command line with the profile of
   * the run, a job, where nobody signs in, not at all.
   */
  readonly nextCommand?: "login";
  /** Facts for a program (`--error-format json`). Never a token, a key or a device code. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
  readonly cause?: unknown;
}

/**
 * The one error class. Compare `code`, not the class: two copies of this package can meet in one process.
 *
 * `message` names the field or the value at fault, lower case, no full stop, and holds no secret. `cause` is for a
 * debugger only and is never printed: errors of libraries carry raw tokens in theirs.
 */
export class TegataError extends Error {
  override readonly name = "TegataError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly nextCommand: "login" | undefined;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(code: ErrorCode, message: string, options: TegataErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.nextCommand = options.nextCommand;
    this.details = options.details ?? {};
  }
}

export function isTegataError(error: unknown): error is TegataError {
  return error instanceof Error && error.name === "TegataError" && "code" in error;
}
