import type { STSClientConfig } from "@aws-sdk/client-sts";
import { isTegataError } from "../base/errors.ts";
import { printable } from "../base/foreign-text.ts";
import { HttpFailure, unreachable } from "../base/http.ts";
import type { Ports } from "../base/ports.ts";

/** The part of the SDK's `HttpRequest` that a request to STS uses. */
interface StsHttpRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Every runtime sets these itself, and some refuse to be told. */
const headersOfFetch = new Set(["host", "content-length"]);

/**
 * Sends the SDK's requests through the port, so that time limits, size limits, proxy and CA settings are the ones of
 * every other request. Throws `sts_unreachable`, or `sts_invalid_response` for an answer that leads elsewhere or never
 * ends.
 */
export function stsHttpHandler({ fetch, signal }: Ports): NonNullable<STSClientConfig["requestHandler"]> {
  return {
    async handle(request: StsHttpRequest) {
      const url = urlOf(request);
      const response = await fetch(url, {
        method: request.method,
        headers: Object.entries(request.headers).filter(([name]) => !headersOfFetch.has(name.toLowerCase())),
        body: typeof request.body === "string" ? request.body : null,
        // The body holds the ID token: a 307 would carry it to any host.
        redirect: "manual",
        signal,
      }).catch((error: unknown) => {
        signal.throwIfAborted();
        // What is wrong here, a CA file for example, is not for STS to be blamed for.
        throw isTegataError(error) ? error : explainFailure(url, error);
      });
      if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) {
        await response.body?.cancel();
        throw explainFailure(url, new HttpFailure("redirect", "the answer redirects elsewhere"));
      }
      const body = new Uint8Array(await response.arrayBuffer());
      const headers = Object.fromEntries(response.headers);
      return { response: { statusCode: response.status, reason: response.statusText, headers, body } };
    },
  };
}

function urlOf({ protocol, hostname, port, path, query = {} }: StsHttpRequest): string {
  const url = new URL(`${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}`);
  for (const [name, value] of Object.entries(query)) {
    for (const item of typeof value === "object" ? (value ?? []) : [value]) {
      url.searchParams.append(name, item);
    }
  }
  return url.href;
}

function explainFailure(url: string, error: unknown): unknown {
  const failure =
    error instanceof HttpFailure
      ? error
      : new HttpFailure("unreachable", printable(error instanceof Error ? error.message : String(error)), {
          cause: error,
        });
  const code = failure.kind === "redirect" || failure.kind === "too_large" ? "sts_invalid_response" : "sts_unreachable";
  return unreachable(code, "STS", url, failure);
}
