import type { PeerCertificate } from "node:tls";
import type { TrustedAuthorities } from "./ca-files.ts";
import type { SendThrough } from "./send-through.ts";

/** What Bun's fetch takes besides (1.4.5). Every one of these would be the variables' without it. */
interface BunOptions {
  readonly tls: { readonly rejectUnauthorized: true; readonly ca?: readonly string[] };
  /** `BUN_CONFIG_VERBOSE_FETCH` prints requests, with their tokens. */
  readonly verbose: false;
  /** `false` is no proxy; `""`, null and undefined are what the variables say. */
  readonly proxy: string | false;
}

const patienceMilliseconds = 3000;

/** Bun's fetch goes through a proxy by itself, but reads neither `NODE_EXTRA_CA_CERTS` nor AWS's variable (1.4.5). */
export function createFetch({ all: ca }: TrustedAuthorities): SendThrough {
  const tls: BunOptions["tls"] = ca === undefined ? { rejectUnauthorized: true } : { rejectUnauthorized: true, ca };
  return async (url, init, proxy) => {
    const options: RequestInit & BunOptions = { ...init, tls, verbose: false, proxy: proxy?.url ?? false };
    try {
      return await fetch(url, options);
    } catch (error) {
      throw proxy === undefined && codeOf(error) === "ERR_TLS_CERT_ALTNAME_INVALID"
        ? new Error((await namesOf(new URL(url), ca)) ?? "its names are not known", { cause: error })
        : error;
    }
  };
}

/**
 * The host names of a server's certificate, which Bun does not tell: the handshake is done once more, and given up when the
 * certificate is there. Nothing is sent.
 */
async function namesOf({ hostname, port }: URL, ca: readonly string[] | undefined): Promise<string | undefined> {
  const [{ connect }, { isIP }] = await Promise.all([import("node:tls"), import("node:net")]);
  return new Promise((resolve) => {
    const host = hostname.replace(/^\[(.*)\]$/, "$1");
    const socket = connect({
      host,
      port: port === "" ? 443 : Number(port),
      // RFC 6066 section 3: no address is a name.
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === undefined ? {} : { ca: [...ca] }),
      rejectUnauthorized: true,
      checkServerIdentity: (_host: string, { subjectaltname }: Partial<PeerCertificate>) => {
        resolve(subjectaltname === undefined ? undefined : `altnames: ${subjectaltname}`);
        return new Error("only looked at");
      },
    });
    const end = () => {
      resolve(undefined);
      socket.destroy();
    };
    socket.setTimeout(patienceMilliseconds, end);
    socket.on("error", end).on("secureConnect", end);
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
