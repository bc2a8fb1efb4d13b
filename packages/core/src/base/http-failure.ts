import { type Hint, type HintInput, hintOf } from "./wording.ts";

/**
 * What went wrong before an answer could be judged. Only `unreachable` and `timeout` may pass by themselves.
 *
 * * `tls`: a certificate that is not accepted, or no TLS at all
 * * `proxy_refused`: a proxy that wants a password, or does not let the request through
 */
export type HttpFailureKind =
  | "unreachable"
  | "timeout"
  | "tls"
  | "proxy_refused"
  | "too_large"
  | "redirect"
  | "http_not_allowed";

interface HttpFailureOptions {
  readonly cause?: unknown;
  /** The next step, where it is known better than by the kind. */
  readonly hint?: HintInput;
  /** Where the answer leads instead, as it came. */
  readonly redirectsTo?: string | undefined;
  /** The proxy is to blame, and named in the message: the server was never asked. */
  readonly isOfProxy?: boolean;
}

/** Thrown by `limitedFetch`; callers turn it into the code of their area with `unreachable`. */
export class HttpFailure extends Error {
  override readonly name = "HttpFailure";
  readonly kind: HttpFailureKind;
  readonly hint: Hint | undefined;
  readonly isOfProxy: boolean;
  /** Of a `redirect`: where it leads, as it came. */
  readonly redirectsTo: string | undefined;

  constructor(kind: HttpFailureKind, message: string, options: HttpFailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.hint = options.hint === undefined ? undefined : hintOf(options.hint);
    this.redirectsTo = options.redirectsTo;
    this.isOfProxy = options.isOfProxy === true;
  }
}
