import { rootCertificates } from "node:tls";
import type { Fetch } from "@tegata/core";
import { EnvHttpProxyAgent, install, setGlobalDispatcher } from "undici";
import type { ProxyAndCa } from "./proxy-and-ca.ts";

/**
 * Node 20's fetch knows no proxy and no CA file of AWS's. The npm package undici does; its fetch replaces the built-in one
 * because the two do not take each other's dispatchers.
 */
export function createFetch({ caCertificates }: ProxyAndCa): Fetch {
  const tls = caCertificates === undefined ? {} : { ca: [...rootCertificates, caCertificates] };
  setGlobalDispatcher(new EnvHttpProxyAgent({ connect: tls, requestTls: tls, proxyTls: tls }));
  install();
  return (url, init) => fetch(url, init);
}
