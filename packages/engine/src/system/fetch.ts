import { type Fetch, tlsFailure } from "@tegata/core";
import type { TrustedAuthorities } from "./ca-files.ts";
import type { SendThrough } from "./send-through.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The runtime's fetch, with the proxy and the CA files that the variables name: `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`,
 * `AWS_CA_BUNDLE`, `NODE_EXTRA_CA_CERTS`. What each runtime does of that by itself differs, so each has a file here, and is
 * told everything. Certificates are always verified, and nothing is written about a request: no variable changes that.
 *
 * The variables are judged and the files are read at the first request.
 *
 * @throws TegataError (the fetch) `settings_unreadable` for a CA file that cannot be read, `settings_invalid` for a
 *   variable that does not name a proxy
 * @throws HttpFailure (the fetch) for a TLS handshake or a proxy that failed; other errors are the runtime's own
 */
export function runtimeFetch(env: Environment): Fetch {
  let made: Promise<Fetch> | undefined;
  return async (url, init) => (await (made ??= makeFetch(env)))(url, init);
}

async function makeFetch(env: Environment): Promise<Fetch> {
  const [authorities, { proxies }, { createFetch }] = await Promise.all([
    trustedAuthorities(env),
    import("./proxy.ts"),
    implementation(),
  ]);
  const proxyFor = proxies(env);
  const send = createFetch(authorities);
  return async (url, init) => {
    const proxy = proxyFor(url);
    try {
      return await send(url, init, proxy);
    } catch (error) {
      const { proxyFailure } = await import("./proxy-failure.ts");
      throw (
        (proxy === undefined ? undefined : proxyFailure(error, url, proxy)) ??
        tlsFailure(error, url, Date.now(), authorities.files) ??
        error
      );
    }
  };
}

const caVariables = ["AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];

/** The CA files that variables name, by variable. */
export function namedAuthorities(env: Environment): ReadonlyMap<string, string> {
  return new Map(caVariables.map((name) => [name, env[name] ?? ""] as const).filter(([, path]) => path !== ""));
}

/** Who names no file does not load what reads certificates, which is a fiftieth of a renewal. */
async function trustedAuthorities(env: Environment): Promise<TrustedAuthorities> {
  const named = namedAuthorities(env);
  return named.size === 0
    ? { certificates: [], all: undefined, files: [] }
    : (await import("./ca-files.ts")).readTrustedAuthorities(named);
}

function implementation(): Promise<{ createFetch: (authorities: TrustedAuthorities) => SendThrough }> {
  if ("Bun" in globalThis) {
    return import("./fetch-bun.ts");
  }
  return "Deno" in globalThis ? import("./fetch-deno.ts") : import("./fetch-node.ts");
}
