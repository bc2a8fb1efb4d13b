import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { TegataError, type Clock } from "@tegata/core";

/** How long the browser may take to come for the address. */
const patienceMilliseconds = 60_000;

export interface HandoffOptions {
  readonly openUrl: (url: string) => Promise<void>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Brings the browser to a URL that is itself a secret. Opening it directly would put it into the argument list of the
 * program that opens browsers, where every user of the machine can read it; so the browser is sent to a loopback address
 * with a random path, which answers once, with a redirect.
 *
 * A file with the redirect was the alternative: browsers in a snap or flatpak cannot read it.
 *
 * @throws TegataError `browser_failed` when no browser starts, or none comes in a minute
 */
export async function handOff(secretUrl: string, { openUrl, clock, signal }: HandoffOptions): Promise<void> {
  const path = `/${randomBytes(32).toString("base64url")}`;
  const server = createServer();
  try {
    const fetched = new Promise<void>((resolve) => {
      server.on("request", (request, response) => {
        if (answer(request, response, path, secretUrl)) {
          resolve();
        }
      });
    });
    const port = await listen(server);
    await openUrl(`http://127.0.0.1:${port}${path}`).catch((error: unknown) => {
      throw new TegataError("browser_failed", "no browser could be started", { hint: printInstead, cause: error });
    });
    const waited = new AbortController();
    const stop = () => waited.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    const tooLate = clock.sleep(patienceMilliseconds, waited.signal).then(
      () => {
        throw new TegataError("browser_failed", "the browser did not come for the console within a minute", {
          hint: printInstead,
        });
      },
      () => signal.throwIfAborted(),
    );
    try {
      await Promise.race([fetched, tooLate]);
    } finally {
      waited.abort();
      signal.removeEventListener("abort", stop);
      tooLate.catch(() => undefined);
    }
  } finally {
    server.close();
    server.closeIdleConnections();
  }
}

const printInstead = "print the address instead: tegata console-url";

function answer(request: IncomingMessage, response: ServerResponse, path: string, secretUrl: string): boolean {
  const headers = { "cache-control": "no-store", "referrer-policy": "no-referrer", connection: "close" };
  // Browsers ask for icons and prefetch with HEAD: only the page itself uses the address up.
  if (request.method !== "GET" || request.url !== path) {
    response.writeHead(404, headers).end();
    return false;
  }
  response.writeHead(303, { ...headers, location: secretUrl }).end();
  return true;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") {
        reject(new Error("the loopback server has no port"));
      } else {
        resolve(address.port);
      }
    });
  });
}
