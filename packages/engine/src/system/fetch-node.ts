import { Agent, type Dispatcher, fetch as fetchOfUndici, ProxyAgent } from "undici";
import type { TrustedAuthorities } from "./ca-files.ts";
import type { SendThrough } from "./send-through.ts";

type FetchThroughDispatcher = (
  url: string,
  init: RequestInit & { readonly dispatcher: Dispatcher },
) => Promise<Response>;

/**
 * Node 20's fetch knows no proxy, no CA file of AWS's, and obeys `NODE_TLS_REJECT_UNAUTHORIZED`. The npm package undici has
 * options for all of it; its own fetch goes with it, because the built-in one does not take its dispatchers. Nothing global is
 * set: tegata may be a library in another program.
 */
export function createFetch({ all: ca }: TrustedAuthorities): SendThrough {
  const tls = ca === undefined ? { rejectUnauthorized: true } : { rejectUnauthorized: true, ca: [...ca] };
  const dispatchers = new Map<string, Dispatcher>();
  // The same standard, declared twice: by the library and by TypeScript.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const send = fetchOfUndici as unknown as FetchThroughDispatcher;
  return (url, init, proxy) => {
    const name = proxy?.url ?? "";
    const dispatcher =
      dispatchers.get(name) ??
      (proxy === undefined
        ? new Agent({ connect: tls })
        : new ProxyAgent({ uri: proxy.url, requestTls: tls, proxyTls: tls }));
    dispatchers.set(name, dispatcher);
    return send(url, { ...init, dispatcher });
  };
}
