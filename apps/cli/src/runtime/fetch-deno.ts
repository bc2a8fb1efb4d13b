import type { Fetch } from "@tegata/core";
import type { ProxyAndCa } from "./proxy-and-ca.ts";

declare const Deno: { createHttpClient(options: { readonly caCerts: readonly string[] }): object };

/** Deno's fetch goes through a proxy by itself and reads `NODE_EXTRA_CA_CERTS`, but not AWS's variable (2.9). */
export function createFetch({ caCertificates }: ProxyAndCa): Fetch {
  if (caCertificates === undefined) {
    return (url, init) => fetch(url, init);
  }
  const client = Deno.createHttpClient({ caCerts: [caCertificates] });
  return (url, init) => {
    const withClient: RequestInit & { readonly client: object } = { ...init, client };
    return fetch(url, withClient);
  };
}
