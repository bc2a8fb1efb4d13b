import { isTegataError, reworded, TegataError } from "./errors.ts";
import { commandOfRun, hint, setting } from "./wording.ts";

/** Why an identity provider does not renew a sign-in. Nothing in it is secret; it is stored with the session. */
export interface RenewalRefusal {
  /** Its own words, made safe to print, and what they mean where that is known. */
  readonly words: string;
  /** The OAuth error code. */
  readonly error?: string | undefined;
  /** The page about it (`error_uri`). */
  readonly errorUri?: string | undefined;
  /** True: the refresh token is not to be sent again. It is stored to be revoked. */
  readonly isFinal?: boolean | undefined;
}

/** Only a person can help. */
export function signInRequired(refusal?: RenewalRefusal): TegataError {
  const why = refusal === undefined ? "" : `: the identity provider did not renew the last one (${refusal.words})`;
  const { error, errorUri } = refusal ?? {};
  return new TegataError("sign_in_required", `a sign-in in the browser is needed${why}`, {
    hint: hint`${commandOfRun("login")}`,
    details: { ...(error === undefined ? {} : { error }), ...(errorUri === undefined ? {} : { errorUri }) },
  });
}

/**
 * Only a person can help, and no flow may wait for one here: the same command again would end the same way.
 *
 * @param error that says that a person is needed
 * @param flow by which a person could sign in
 */
export function personNeededElsewhere(error: TegataError, flow = "device"): TegataError {
  return reworded(error, {
    message: `${error.message}, and on CI nobody is asked unless a flow is named`,
    hint: hint`if a person waits for it, use ${setting("flow", flow)}`,
  });
}

/** True for an error that says that only a person can help. */
export function isSignInRequired(error: unknown): error is TegataError {
  return isTegataError(error) && error.code === "sign_in_required";
}
