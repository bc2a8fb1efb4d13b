import { rootCertificates } from "node:tls";
import type { Fetch } from "@tegata/core";
import type { ProxyAndCa } from "./proxy-and-ca.ts";

/** Bun's fetch goes through a proxy by itself, but reads neither `NODE_EXTRA_CA_CERTS` nor AWS's variable (1.4.5). */
export function createFetch({ caCertificates }: ProxyAndCa): Fetch {
  if (caCertificates === undefined) {
    return (url, init) => fetch(url, init);
  }
  // `ca` replaces the roots, so they come along.
  const tls = { ca: [...rootCertificates, caCertificates] };
  return (url, init) => {
    const withTls: RequestInit & { readonly tls: typeof tls } = { ...init, tls };
    return fetch(url, withTls);
  };
}
