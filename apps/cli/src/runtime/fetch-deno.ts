import type { TrustedAuthorities } from "./ca-files.ts";
import type { SendThrough } from "./fetch.ts";

interface ClientOptions {
  readonly caCerts: readonly string[];
  readonly proxy?: { readonly url: string };
}
declare const Deno: { createHttpClient(options: ClientOptions): object };

/** Deno's fetch goes through a proxy by itself and reads `NODE_EXTRA_CA_CERTS`, but not AWS's variable (2.9). */
export function createFetch({ certificates }: TrustedAuthorities): SendThrough {
  const clients = new Map<string, object>();
  return (url, init, proxy) => {
    const name = proxy?.url ?? "";
    const client = clients.get(name) ?? createClient(certificates, proxy?.url);
    clients.set(name, client);
    const withClient: RequestInit & { readonly client: object } = { ...init, client };
    return fetch(url, withClient);
  };
}

/**
 * A client reads variables when it is made, and has no options against them: those that name proxies, and the one that makes it
 * write down the secrets of each TLS connection.
 */
function createClient(caCerts: readonly string[], proxy: string | undefined): object {
  const noSecrets = { SSLKEYLOGFILE: undefined };
  return proxy === undefined
    ? during({ ...noSecrets, no_proxy: "*", NO_PROXY: "*" }, () => Deno.createHttpClient({ caCerts }))
    : during(noSecrets, () => Deno.createHttpClient({ caCerts, proxy: { url: proxy } }));
}

/** Calls a function while variables of this process have other values. */
function during<Made>(values: Readonly<Record<string, string | undefined>>, make: () => Made): Made {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  try {
    Object.entries(values).forEach(([name, value]) => setVariable(name, value));
    return make();
  } finally {
    before.forEach(([name, value]) => setVariable(name, value));
  }
}

function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) {
    delete process.env[name];
  } else {
    process.env[name] = value;
  }
}
