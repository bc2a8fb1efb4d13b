import { get } from "node:http";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";

/** What a server answered a browser. */
export interface Hop {
  readonly status: number;
  readonly body: string;
  /** Where it sends the browser. */
  readonly next: string | undefined;
}

/** As many redirects as a browser follows. */
const maxHops = 20;
const connectMilliseconds = 2000;
const responseMilliseconds = 10_000;
const maxBytes = 1_048_576;

/** A browser that does what a rule wants to see, instead of what a person wants. It knows servers of this machine only. */
export class ScriptedBrowser {
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Where the provider sends the browser to from that page; `undefined`: it stays there. */
  async answerOf(authorizationUri: string): Promise<string | undefined> {
    const hop = await hopTo(authorizationUri, this.#signal);
    return hop?.next;
  }

  /** Goes to an address and on from there, as far as it is sent. Empty where nobody answers. */
  async open(address: string): Promise<readonly Hop[]> {
    const hops: Hop[] = [];
    let next: string | undefined = address;
    while (next !== undefined && hops.length < maxHops) {
      const hop: Hop | undefined = await hopTo(next, this.#signal);
      next = hop?.next;
      hops.push(...(hop === undefined ? [] : [hop]));
    }
    return hops;
  }
}

/** `undefined` where nobody answers: the program may have ended, and a rule finds that out by itself. */
function hopTo(address: string, signal: AbortSignal): Promise<Hop | undefined> {
  if (new URL(address).protocol !== "http:") {
    return Promise.resolve(undefined);
  }
  return new Promise((resolve) => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(responseMilliseconds)]);
    const none = () => resolve(undefined);
    const request = get(address, { signal: limit, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body = (body + chunk).slice(0, maxBytes);
      });
      response.once("error", none);
      response.once("end", () => {
        resolve({ status: response.statusCode ?? 0, body, next: locationOf(response.headers.location, address) });
      });
    });
    request.once("error", none);
  });
}

function locationOf(location: string | undefined, base: string): string | undefined {
  return location === undefined || !URL.canParse(location, base) ? undefined : new URL(location, base).href;
}

/** The first address besides those of a loopback redirect at which a port of this machine is open; others may reach it there. */
export async function openElsewhere(port: number): Promise<string | undefined> {
  const own = Object.values(networkInterfaces()).flatMap((addresses) =>
    // A link-local address means nothing without its interface.
    (addresses ?? []).flatMap(({ internal, address }) => (internal || address.startsWith("fe80:") ? [] : [address])),
  );
  // Not one of a redirect, and without a network there is no other: Linux has all of 127.0.0.0/8.
  for (const address of [...own, "127.0.0.2"]) {
    if (await isOpen(address, port)) {
      return address;
    }
  }
  return undefined;
}

function isOpen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: connectMilliseconds });
    const end = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.once("timeout", () => end(false));
  });
}
