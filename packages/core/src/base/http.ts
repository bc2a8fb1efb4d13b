import type { Clock, Fetch } from "./ports.ts";
import { printable } from "./foreign-text.ts";
import { isTegataError, TegataError, type ErrorCode } from "./errors.ts";
import { HttpFailure } from "./http-failure.ts";
import { isLoopbackHost } from "./loopback-host.ts";
import { tlsFailure } from "./tls-failure.ts";
import { commandOfRun, hint, type HintInput, or } from "./wording.ts";

export { HttpFailure, type HttpFailureKind } from "./http-failure.ts";
export { isLocalHost, isLoopbackHost } from "./loopback-host.ts";

/** What one HTTP exchange may take. */
export interface HttpLimits {
  /** For the whole exchange, the body included. */
  readonly timeoutMilliseconds: number;
  /** Of the decoded body: a compressed answer can be a thousand times as large. */
  readonly maxBodyBytes: number;
}

/** Ten seconds and one mebibyte: the answers of providers and of STS are a few kilobytes. */
export const defaultHttpLimits: HttpLimits = { timeoutMilliseconds: 10_000, maxBodyBytes: 1_048_576 };

/** True for an https URL, and for an http URL of a loopback host. */
export function isSecureUrl(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopbackHost(url.hostname));
}

/** Machines that have IPv6 only reach it by its name. */
const metadataOrigins = new Set(["http://169.254.169.254", "http://metadata.google.internal"]);

/**
 * True for a request to the metadata server of Google Cloud, which knows no TLS. Its address never leaves the host of the
 * virtual machine; the header that it demands keeps every other request, such as one to an endpoint that a server named,
 * away from it.
 */
function asksMetadataServer(url: URL, { headers }: RequestInit): boolean {
  return metadataOrigins.has(url.origin) && new Headers(headers).get("metadata-flavor") === "Google";
}

/**
 * A fetch that always ends: a time limit over the whole exchange, a size limit on the decoded body, no redirects, no
 * plain http beyond loopback and a machine's own metadata server. The body has been read when the promise resolves.
 *
 * The runtimes' own fetch has no such limits: a server that stops in the middle of an answer holds it for ever.
 */
export function limitedFetch(fetch: Fetch, clock: Clock, limits: HttpLimits = defaultHttpLimits): Fetch {
  return async (url, init) => {
    if (!isSecureUrl(new URL(url)) && !asksMetadataServer(new URL(url), init)) {
      throw new HttpFailure("http_not_allowed", "plain http is taken only for a loopback address");
    }
    const controller = new AbortController();
    const onAbort = () => controller.abort(init.signal?.reason);
    init.signal?.throwIfAborted();
    init.signal?.addEventListener("abort", onAbort, { once: true });
    const timer = new AbortController();
    const timeout = new HttpFailure("timeout", `no complete answer within ${limits.timeoutMilliseconds / 1000} s`);
    const expired = clock.sleep(limits.timeoutMilliseconds, timer.signal).then(
      () => controller.abort(timeout),
      () => undefined,
    );
    try {
      // Some runtimes do not end a body read when the signal is aborted: race it as well.
      return await Promise.race([
        exchange(fetch, url, { ...init, redirect: "manual", signal: controller.signal }, limits.maxBodyBytes),
        rejectOnAbort(controller.signal),
      ]);
    } catch (error) {
      // No matter what went wrong, the connection goes: a server that keeps sending must not be listened to.
      controller.abort(error);
      init.signal?.throwIfAborted();
      // A fetch of ours says TegataError for what is no matter of the network, such as a CA file that is not there.
      if (error instanceof HttpFailure || isTegataError(error)) {
        throw error;
      }
      throw tlsFailure(error, url, clock.now()) ?? new HttpFailure("unreachable", reasonOf(error), { cause: error });
    } finally {
      timer.abort();
      init.signal?.removeEventListener("abort", onAbort);
      await expired;
    }
  };
}

/** Turns a failed exchange into the area's own code; anything else is passed on as it is. */
export function unreachable(code: ErrorCode, what: string, url: string, error: unknown, seenByDoctor = true): unknown {
  return error instanceof HttpFailure ? unreachableError(code, what, url, error, seenByDoctor) : error;
}

/** @param seenByDoctor false for a server that is none of a sign-in: `doctor` has nothing to say of it */
export function unreachableError(
  code: ErrorCode,
  what: string,
  url: string,
  failure: HttpFailure,
  seenByDoctor = true,
): TegataError {
  const { host } = new URL(url);
  const message = failure.isOfProxy
    ? `${failure.message}, on the way to ${what} (${printable(host)})`
    : `${what} cannot be reached at ${printable(host)}: ${failure.message}`;
  return new TegataError(code, message, {
    hint: failure.hint ?? hintFor(failure, seenByDoctor),
    details: { host, reason: failure.kind },
    cause: failure,
  });
}

/** True where nothing answered. A certificate that is not trusted is an answer, and so is a proxy's refusal. */
export function isBrokenConnection({ details: { reason } }: TegataError): boolean {
  return reason === "unreachable" || reason === "timeout";
}

function hintFor(failure: HttpFailure, seenByDoctor: boolean): HintInput {
  switch (failure.kind) {
    case "redirect":
    case "too_large":
      return "check the host name; a proxy or the sign-in page of a network may have answered instead";
    case "http_not_allowed":
      return "write the URL with https";
    case "unreachable":
    case "timeout":
    case "tls":
    case "proxy_refused":
      return [
        hint`check the network, the proxy variables (HTTPS_PROXY, NO_PROXY) and the host name`,
        ...(seenByDoctor ? [or`find out how far it gets: ${commandOfRun("doctor")}`] : []),
      ];
  }
}

async function exchange(fetch: Fetch, url: string, init: RequestInit, maxBodyBytes: number): Promise<Response> {
  const response = await fetch(url, init);
  if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) {
    throw new HttpFailure("redirect", `the answer redirects elsewhere (HTTP ${response.status})`, {
      redirectsTo: response.headers.get("location") ?? undefined,
    });
  }
  if (response.status < 200 || response.status > 599) {
    throw new HttpFailure("unreachable", `the answer has a status that does not exist (HTTP ${response.status})`);
  }
  const body = await readBody(response, maxBodyBytes);
  const headers = new Headers(response.headers);
  // The body is decoded already; the old headers would describe the bytes on the wire.
  headers.delete("content-encoding");
  headers.delete("content-length");
  // Without the reason phrase: it is the server's own text, and one with odd bytes makes this constructor throw.
  return new Response([204, 205].includes(response.status) ? null : body, { status: response.status, headers });
}

async function readBody(response: Response, maxBodyBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (response.body !== null) {
    for await (const chunk of response.body) {
      size += chunk.byteLength;
      if (size > maxBodyBytes) {
        throw new HttpFailure("too_large", `the answer is larger than ${maxBodyBytes} bytes`);
      }
      chunks.push(chunk);
    }
  }
  const body = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return body;
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    // An abort reason is what was given: here an HttpFailure or the caller's own reason.
    signal.addEventListener("abort", () => reject(asError(signal.reason)), { once: true });
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** The most telling message: runtimes put the operating system's reason into `cause`. */
function reasonOf(error: unknown): string {
  const { cause } = error instanceof Error ? error : { cause: undefined };
  const inner = cause instanceof Error && cause.message !== "" ? cause : error;
  const code =
    inner instanceof Error && "code" in inner && typeof inner.code === "string" && !inner.message.includes(inner.code)
      ? ` (${inner.code})`
      : "";
  const message = inner instanceof Error ? inner.message : String(inner);
  // Bun adds the URL and advice for programmers.
  const words = message.replace(/(?: fetching "[^"]*")?\. For more information, pass .*$/s, "");
  return printable(`${words}${code}`, 200);
}
