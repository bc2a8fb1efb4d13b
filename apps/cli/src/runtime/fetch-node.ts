import { rootCertificates } from "node:tls";
import type { Fetch } from "@tegata/core";
import { EnvHttpProxyAgent, fetch as fetchOfUndici } from "undici";
import type { ProxyAndCa } from "./proxy-and-ca.ts";

type FetchThroughDispatcher = (
  url: string,
  init: RequestInit & { readonly dispatcher: EnvHttpProxyAgent },
) => Promise<Response>;

/**
 * Node 20's fetch knows no proxy and no CA file of AWS's. The npm package undici does; its own fetch goes with it, because
 * the built-in one does not take its dispatchers. Nothing global is set: tegata may be a library in another program.
 */
export function createFetch({ caCertificates }: ProxyAndCa): Fetch {
  const tls = caCertificates === undefined ? {} : { ca: [...rootCertificates, caCertificates] };
  const dispatcher = new EnvHttpProxyAgent({ connect: tls, requestTls: tls, proxyTls: tls });
  // The same standard, declared twice: by the library and by TypeScript.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const send = fetchOfUndici as unknown as FetchThroughDispatcher;
  return (url, init) => send(url, { ...init, dispatcher });
}
