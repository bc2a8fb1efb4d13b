import { HttpFailure, printable, runtimeErrorText } from "@tegata/core";
import type { Proxy } from "./proxy.ts";

/**
 * What a proxy did wrong, as words that name it. On the way through a proxy the runtime connects to nothing but the proxy, so
 * every failed connection is the proxy's.
 *
 * @returns `undefined` where the proxy did its work and something behind it went wrong
 */
export function proxyFailure(error: unknown, url: string, proxy: Proxy): HttpFailure | undefined {
  const target = new URL(url);
  const host = printable(target.hostname);
  const name = `the proxy ${proxy.shown} (${proxy.variable})`;
  const past = `put ${host} into NO_PROXY if it can be reached without the proxy`;
  const failure = (kind: "unreachable" | "proxy_refused", message: string, hint: string) =>
    new HttpFailure(kind, `${name} ${message}`, { cause: error, hint, isOfProxy: true });
  const text = runtimeErrorText(error);
  const status = statusIn(text);
  if (status === 407) {
    return proxy.hasPassword
      ? failure(
          "proxy_refused",
          "does not accept its user name and password (HTTP 407)",
          `correct ${proxy.variable}, or ${past}`,
        )
      : failure(
          "proxy_refused",
          "wants a user name and a password (HTTP 407)",
          `write ${proxy.variable}=${proxy.shown.replace("://", "://USER:PASSWORD@")}, or ${past}`,
        );
  }
  if (status !== undefined && status >= 500) {
    return failure("unreachable", `answers HTTP ${status}`, "try again in a moment, or ask the proxy's administrator");
  }
  if (status !== undefined) {
    const said = status === 0 ? "" : ` (HTTP ${status})`;
    const hint = `ask the proxy's administrator to allow ${host}:${target.port === "" ? "443" : target.port}, or ${past}`;
    return failure("proxy_refused", `does not let the request through${said}`, hint);
  }
  const [reason] =
    /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|Connection refused|dns error|No route to host|Network is unreachable/.exec(
      text,
    ) ?? [];
  return reason === undefined
    ? undefined
    : failure("unreachable", `cannot be reached (${reason})`, `check ${proxy.variable} and the network, or ${past}`);
}

/**
 * The status of a proxy that opened no tunnel; 0 where the runtime does not tell it.
 *
 * Bun: "Proxy refused to open a tunnel: 403". undici: "Proxy response (403) !== 200 when HTTP Tunneling". Deno: "proxy
 * authentication required", "unsuccessful tunnel".
 */
function statusIn(text: string): number | undefined {
  const [, digits] = /(?:open a tunnel: |Proxy response \()(\d{3})/.exec(text) ?? [];
  if (digits !== undefined) {
    return Number(digits);
  }
  return /proxy authentication required/.test(text) ? 407 : /unsuccessful tunnel/.test(text) ? 0 : undefined;
}
