import type { Fetch } from "@tegata/core";
import type { ProxyAndCa } from "./proxy-and-ca.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The runtime's fetch, with the proxy and the CA file that the variables name: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`,
 * `AWS_CA_BUNDLE`, `NODE_EXTRA_CA_CERTS`. What each runtime does of that by itself differs, so each has a file here.
 *
 * The CA file is read at the first request.
 *
 * @throws TegataError (the fetch) `settings_unreadable` for a CA file that cannot be read
 */
export function runtimeFetch(env: Environment): Fetch {
  let made: Promise<Fetch> | undefined;
  return async (url, init) => (await (made ??= makeFetch(env)))(url, init);
}

async function makeFetch(env: Environment): Promise<Fetch> {
  const { readProxyAndCa } = await import("./proxy-and-ca.ts");
  const settings = await readProxyAndCa(env);
  if (settings.caCertificates === undefined && settings.proxy === undefined) {
    return (url, init) => fetch(url, init);
  }
  return (await implementation()).createFetch(settings);
}

function implementation(): Promise<{ createFetch(settings: ProxyAndCa): Fetch | Promise<Fetch> }> {
  if ("Bun" in globalThis) {
    return import("./fetch-bun.ts");
  }
  return "Deno" in globalThis ? import("./fetch-deno.ts") : import("./fetch-node.ts");
}
