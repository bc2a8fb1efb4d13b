import type { TrustedAuthorities } from "./ca-files.ts";
import type { SendThrough } from "./send-through.ts";

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

const proxyVariables = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/** A client reads the proxy variables when it is made, and has no option for none. */
function createClient(caCerts: readonly string[], proxy: string | undefined): object {
  if (proxy !== undefined) {
    return Deno.createHttpClient({ caCerts, proxy: { url: proxy } });
  }
  const before = proxyVariables.map((name) => [name, process.env[name]] as const);
  try {
    proxyVariables.forEach((name) => setVariable(name, undefined));
    return Deno.createHttpClient({ caCerts });
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
