import { randomBytes, randomInt } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Clause, type Clock, hint, isLoopbackHost, TegataError, type Words } from "@tegata/core";
import { listenOnLoopback } from "./listen.ts";
import type { PeerOf } from "./peer-user.ts";
import { isSameText } from "./same-text.ts";
import { numberPageHeaders, renderNumberPage } from "./number-page.ts";

/** How long the browser may take to come for the address. */
const patienceMilliseconds = 60_000;
/** And how much longer for a person to type a number. */
const typingMilliseconds = 120_000;
const tries = 3;
const maxFormBytes = 1024;

export interface HandoffOptions {
  readonly openUrl: (url: string) => Promise<void>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly peerOf: PeerOf;
  /** Shows the number that the page asks for. Called once, and only where nothing tells who opened the page. */
  readonly showNumber: (number: string) => void;
  /** Another user of this machine asked for the address, and did not get it. */
  readonly onStranger: (uid: number) => void;
  /** The next commands, for hints: the same again, and the address as text. */
  readonly again: Words;
  readonly printInstead: Words;
}

/**
 * Brings the browser to a URL that is itself a secret. Opening it directly would put it into the argument list of the
 * program that opens browsers, where every user of the machine can read it; so the browser is sent to a loopback address
 * with a random path, which answers once, with a redirect, and to this user only. Where nothing tells which user asks, a
 * page asks for a number that stands in the terminal.
 *
 * A file with the redirect was the alternative: browsers in a snap or flatpak cannot read it.
 *
 * @throws TegataError `browser_failed` when no browser starts, when nobody fetches the address in time, or after three
 *   wrong numbers
 */
export async function handOff(secretUrl: string, options: HandoffOptions): Promise<void> {
  const { openUrl, clock, signal, again, printInstead } = options;
  const path = `/${randomBytes(32).toString("base64url")}`;
  const server = createServer();
  const handover = new Handover(secretUrl, path, options);
  try {
    const ended = new Promise<"fetched" | "closed">((resolve) => {
      server.on("request", (request, response) => {
        void handover.answer(request, response).then(
          (end) => end !== undefined && resolve(end),
          // Who hung up has got nothing.
          () => undefined,
        );
      });
    });
    const port = await listenOnLoopback(server);
    const notOpened = openUrl(`http://127.0.0.1:${port}${path}`).then(
      () => new Promise<never>(() => undefined),
      (error: unknown) => {
        throw failed(
          `no browser could be started${reasonOf(error)}`,
          hint`print the address instead: ${printInstead}`,
          error,
        );
      },
    );
    const waited = new AbortController();
    const stop = () => waited.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    const late = clock
      .sleep(patienceMilliseconds, waited.signal)
      .then(() => (handover.isNumberShown ? clock.sleep(typingMilliseconds, waited.signal) : undefined))
      .then(
        () => "late" as const,
        () => {
          signal.throwIfAborted();
          return "late" as const;
        },
      );
    try {
      const end = await Promise.race([ended, late, notOpened]);
      if (end === "closed") {
        throw failed("three wrong numbers were typed, so nothing was opened", hint`try again: ${again}`);
      }
      if (end === "late") {
        const reason = handover.isNumberShown ? "the number was not typed" : "the browser did not come within a minute";
        throw failed(`nobody fetched it: ${reason}`, hint`print the address instead: ${printInstead}`);
      }
    } finally {
      waited.abort();
      signal.removeEventListener("abort", stop);
      late.catch(() => undefined);
    }
  } finally {
    server.close();
    // Others may hold connections open for as long as they like.
    server.closeAllConnections();
  }
}

const reasonOf = (error: unknown) => (error instanceof Error && error.message !== "" ? `: ${error.message}` : "");

const failed = (message: string, advice: Clause, cause?: unknown) =>
  new TegataError("browser_failed", message, { hint: advice, cause });

/** What is known of one address between its requests. */
class Handover {
  readonly #number = String(randomInt(1_000_000)).padStart(6, "0");
  readonly #secretUrl: string;
  readonly #path: string;
  readonly #options: HandoffOptions;
  readonly #strangers = new Set<number>();
  #triesLeft = tries;
  #isDone = false;
  isNumberShown = false;

  constructor(secretUrl: string, path: string, options: HandoffOptions) {
    this.#secretUrl = secretUrl;
    this.#path = path;
    this.#options = options;
  }

  /** @returns how it ended, with the answer that ended it */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<"fetched" | "closed" | undefined> {
    const peer = await this.#options.peerOf(request.socket);
    if (peer.kind === "other" || peer.kind === "gone") {
      if (peer.kind === "other") {
        this.#tell(peer.uid);
      }
      await send(response, 403, {});
      return undefined;
    }
    // A page in a browser can make a name of its own mean this address, but not call it by ours.
    const isOurs = isLoopbackHost((request.headers.host ?? "").replace(/:\d+$/, ""));
    // Browsers ask for icons, with HEAD, and for what may be opened soon: only the page itself uses the address up.
    const isAhead = /prefetch/i.test(String(request.headers["sec-purpose"] ?? request.headers["purpose"] ?? ""));
    const isPage = request.url === this.#path && ["GET", "POST"].includes(request.method ?? "") && !isAhead;
    if (this.#isDone || !isOurs || !isPage) {
      await send(response, 404, {});
      return undefined;
    }
    const isPost = request.method === "POST";
    if (peer.kind === "own") {
      return this.#redirect(response);
    }
    if (!this.isNumberShown) {
      this.isNumberShown = true;
      this.#options.showNumber(`${this.#number.slice(0, 3)} ${this.#number.slice(3)}`);
    }
    return isPost ? this.#judge(await formNumber(request), response) : this.#ask(response, false);
  }

  async #judge(typed: string | undefined, response: ServerResponse): Promise<"fetched" | "closed" | undefined> {
    // Others may have been judged while this form came in.
    if (this.#isDone) {
      return send(response, 404, {});
    }
    if (isSameText(typed ?? "", this.#number)) {
      return this.#redirect(response);
    }
    this.#triesLeft -= 1;
    if (this.#triesLeft > 0) {
      return this.#ask(response, true);
    }
    this.#isDone = true;
    // It is closed whether the answer is waited for or not.
    await this.#page(response, 403, "Three wrong numbers. The terminal says how to go on.").catch(() => undefined);
    return "closed";
  }

  async #redirect(response: ServerResponse): Promise<"fetched" | undefined> {
    this.#isDone = true;
    const isSent = await send(response, 303, { location: this.#secretUrl }).then(
      () => true,
      () => false,
    );
    // Who hung up has not got it.
    this.#isDone = isSent;
    return isSent ? "fetched" : undefined;
  }

  async #ask(response: ServerResponse, isWrong: boolean): Promise<undefined> {
    await this.#page(response, 200, "Type the number that your terminal shows. It shows that this is you.", {
      isWrong,
    });
  }

  async #page(response: ServerResponse, status: number, text: string, form?: { readonly isWrong: boolean }) {
    const page = renderNumberPage({ title: "Open the AWS console", text, form });
    await send(response, status, numberPageHeaders(this.#secretUrl), page);
  }

  #tell(uid: number): void {
    if (!this.#strangers.has(uid)) {
      this.#strangers.add(uid);
      this.#options.onStranger(uid);
    }
  }
}

/** Resolves when the answer has been sent and the connection closed; rejects when the other side hung up before. */
function send(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body = "",
): Promise<undefined> {
  return new Promise((resolve, reject) => {
    let isSent = false;
    response.once("finish", () => {
      isSent = true;
    });
    response.once("close", () => (isSent ? resolve(undefined) : reject(new Error("the other side hung up"))));
    response.writeHead(status, {
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      connection: "close",
      ...headers,
    });
    response.end(body);
  });
}

/** The digits of a form; `undefined` when there is no such field, or too much of it. */
function formNumber(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = "";
    request.setEncoding("latin1").on("data", (chunk: string) => {
      text += chunk;
      if (text.length > maxFormBytes) {
        resolve(undefined);
        request.removeAllListeners("data").resume();
      }
    });
    request.once("close", () => resolve(undefined));
    request.once("end", () => resolve(new URLSearchParams(text).get("number")?.replaceAll(/[\s-]/g, "")));
  });
}
