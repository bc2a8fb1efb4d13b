import { TegataError } from "../base/errors.ts";
import type { LoopbackRequest, LoopbackServer, Peer } from "../base/listen.ts";
import type { Clock, SignInEnd } from "../base/ports.ts";
import { again, type Clause, hint } from "../base/wording.ts";
import { endPage, endPageHeaders, type EndPage } from "./end-page.ts";

/** As long as most device codes live. */
export const patienceSeconds = 600;
/** How long the browser waits for the end of the whole sign-in before the page is shown without it. */
const endPatienceMilliseconds = 30_000;
/** How long the page may take to the browser before the process goes on. */
const deliveryMilliseconds = 2000;

interface Expected {
  readonly host: string;
  readonly path: string;
  readonly state: string;
  /** Where the page is, without a query. Nobody can guess it: who is sent there has brought the answer. */
  readonly endPath: string;
}

/** What comes to the redirect address, and what it is answered. One answer counts; everything else changes nothing. */
export class Callback {
  readonly #expected: Expected;
  readonly #clock: Clock;
  readonly #arrival: Deferred<URLSearchParams> = deferred();
  readonly #ending: Deferred<SignInEnd | undefined> = deferred();
  readonly #ended = new AbortController();
  /** The page was sent. */
  readonly #shown: Deferred<void> = deferred();
  /** Whom the ID token names: shown once it has been verified. */
  who: string | undefined;
  #hasArrived = false;
  #isSentOn = false;
  #isAskedFor = false;

  constructor(expected: Expected, clock: Clock) {
    this.#expected = expected;
    this.#clock = clock;
  }

  /** @param port of this server */
  async serve(request: LoopbackRequest, port: number): Promise<void> {
    const { method, target, headers } = request;
    const { host, path, state, endPath } = this.#expected;
    const url = new URL(`http://localhost${target.startsWith("/") ? target : "/"}`);
    const isAhead = /prefetch|prerender/i.test(headers["sec-purpose"] ?? headers["purpose"] ?? headers["x-moz"] ?? "");
    // A browser leaves out the port of http.
    if ((headers["host"] ?? "").toLowerCase() !== new URL(`http://${host}:${port}`).host) {
      await say(request, 400, "This request is meant for another address.");
    } else if (url.pathname !== path && url.pathname !== endPath) {
      await say(request, 404, "There is nothing here.");
    } else if (isAhead) {
      // The code is to be used by the page that a person sees.
      await request.respond({ status: 204, headers: { ...plainHeaders } });
    } else if (method !== "GET") {
      await say(request, 405, "Only GET is answered.", { allow: "GET" });
    } else if (url.pathname === path && !isSame(url.searchParams.getAll("state"), state)) {
      await this.#page(request, 400, {
        title: "That is not the answer",
        text: "This page is not the answer to the sign-in that is under way. The sign-in goes on: use the tab that was opened for it.",
      });
    } else if (!mayAnswer(await request.peer())) {
      await this.#page(request, 403, {
        title: "This sign-in is another user's",
        text: "Another user of this machine has started it, and waits for it. Start it as the user who runs this browser.",
        isBad: true,
      });
    } else if (url.pathname === path) {
      await this.#takeAnswer(request, url.searchParams);
    } else {
      await this.#showEnd(request);
    }
  }

  /** RFC 9700 section 4.2.4: code and state do not stay in the address bar, and the browser keeps the bare path in its history. */
  async #takeAnswer(request: LoopbackRequest, answer: URLSearchParams): Promise<void> {
    if (!this.#hasArrived) {
      this.#hasArrived = true;
      this.#arrival.resolve(answer);
    }
    if (this.#isSentOn) {
      await this.#page(request, 200, answeredBefore);
      return;
    }
    this.#isSentOn = true;
    const headers = { ...plainHeaders, location: this.#expected.endPath };
    // A browser that hung up before it knew where to go asks again.
    this.#isSentOn = await request.respond({ status: 303, headers });
  }

  async #showEnd(request: LoopbackRequest): Promise<void> {
    if (this.#isAskedFor) {
      await this.#page(request, 200, answeredBefore);
      return;
    }
    this.#isAskedFor = true;
    const end = await this.#ending.promise;
    this.#isAskedFor = await this.#page(request, 200, endingPage(end, this.who));
    if (this.#isAskedFor) {
      this.#shown.resolve();
    }
  }

  /**
   * The parameters of the first answer with the right state.
   *
   * @throws TegataError `sign_in_expired`; the reason of `signal`
   */
  async answer(signal: AbortSignal, advice: readonly Clause[]): Promise<URLSearchParams> {
    const waited = new AbortController();
    const late = this.#clock.sleep(patienceSeconds * 1000, AbortSignal.any([signal, waited.signal])).then(() => {
      throw new TegataError("sign_in_expired", "the browser did not come back with the sign-in in time", {
        hint: [hint`${again}`, ...advice],
      });
    });
    try {
      return await Promise.race([this.#arrival.promise, late]);
    } finally {
      waited.abort();
      late.catch(() => undefined);
    }
  }

  /** Shows it to the browser that waits, if one does, and closes the server. */
  async end(end: SignInEnd | undefined, server: LoopbackServer): Promise<void> {
    this.#ending.resolve(end);
    const limit = new AbortController();
    await Promise.race([
      this.#shown.promise,
      this.#clock.sleep(deliveryMilliseconds, limit.signal).catch(() => undefined),
    ]);
    limit.abort();
    this.#ended.abort();
    server.close();
  }

  /** Where nobody says how the sign-in ended, or no browser waits for it. */
  closeInTheEnd(server: LoopbackServer, signal: AbortSignal): void {
    if (!this.#hasArrived) {
      this.#ended.abort();
      server.close();
      return;
    }
    this.#clock
      .sleep(endPatienceMilliseconds, AbortSignal.any([signal, this.#ended.signal]))
      .catch(() => undefined)
      .then(() => this.end(undefined, server))
      .catch(() => undefined);
  }

  /** @returns false when the browser hung up */
  async #page(request: LoopbackRequest, status: number, page: EndPage): Promise<boolean> {
    const headers = { ...plainHeaders, ...(await endPageHeaders()) };
    return request.respond({ status, headers, body: endPage(page) });
  }
}

/** For another tab, a reload, or somebody who has read the address: nothing of the sign-in. */
const answeredBefore: EndPage = {
  title: "This sign-in has its answer",
  text: "The tab that brought it says how the sign-in ended, and so does the program that you started. You can close this tab.",
};

const plainHeaders = {
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  connection: "close",
} as const;

function say(
  request: LoopbackRequest,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  const type = { "content-type": "text/plain; charset=utf-8" };
  return request.respond({ status, headers: { ...plainHeaders, ...type, ...headers }, body: `${text}\n` });
}

function endingPage(end: SignInEnd | undefined, who: string | undefined): EndPage {
  switch (end?.kind) {
    case "done":
      return {
        title: "You are signed in",
        text: "You can close this tab.",
        facts: [...(who === undefined ? [] : [["Signed in as", who] as const]), ...end.facts],
      };
    case "failed":
      return { title: "The sign-in did not succeed", text: end.message, next: end.hint, isBad: true };
    case undefined:
      return {
        title: "The browser has done its part",
        text: "The program that you started says how the sign-in ended. You can close this tab.",
      };
  }
}

/**
 * The address that the browser is started with holds the state, and every user of this machine can read it there. With it, they
 * could sign in as themselves and have that taken for the person's own sign-in, or be shown who has signed in. Root can do more
 * than that without any of it.
 */
function mayAnswer(peer: Peer): boolean {
  return peer.kind === "own" || peer.kind === "unknown" || (peer.kind === "other" && peer.uid === 0);
}

/** Compared whole, even if they begin with the same text. */
function isSame(given: readonly string[], expected: string): boolean {
  const [text = ""] = given;
  let difference = given.length === 1 && text.length === expected.length ? 0 : 1;
  for (let index = 0; index < expected.length; index += 1) {
    difference |= text.charCodeAt(index) ^ expected.charCodeAt(index);
  }
  return difference === 0;
}

interface Deferred<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
}

function deferred<Value>(): Deferred<Value> {
  const ends: ((value: Value) => void)[] = [];
  const promise = new Promise<Value>((resolve) => {
    ends.push(resolve);
  });
  return { promise, resolve: (value) => ends.forEach((end) => end(value)) };
}
