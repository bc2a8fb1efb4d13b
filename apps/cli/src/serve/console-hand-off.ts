import { randomBytes, randomInt } from "node:crypto";
import {
  type Clause,
  type Clock,
  hint,
  type Listen,
  type LoopbackRequest,
  type LoopbackResponse,
  TegataError,
  type Words,
} from "@tegata/core";
import { isSameText } from "./same-text.ts";
import { numberPageHeaders, renderNumberPage } from "./number-page.ts";

/** How long the browser may take to come for the address. */
const patienceMilliseconds = 60_000;
/** And how much longer for a person to type a number. */
const typingMilliseconds = 120_000;
const tries = 3;
const maxFormBytes = 1024;

interface HandoffOptions {
  readonly openUrl: (url: string) => Promise<void>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly listen: Listen;
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
  const { openUrl, clock, signal, listen, again, printInstead } = options;
  const path = `/${randomBytes(32).toString("base64url")}`;
  const handover = new Handover(secretUrl, path, options);
  let end: ((how: "fetched" | "closed") => void) | undefined;
  const ended = new Promise<"fetched" | "closed">((resolve) => {
    end = resolve;
  });
  const { port, close } = await listen(async (request) => {
    const how = await handover.answer(request);
    if (how !== undefined) {
      end?.(how);
    }
  });
  try {
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
      const how = await Promise.race([ended, late, notOpened]);
      if (how === "closed") {
        throw failed("three wrong numbers were typed, so nothing was opened", hint`try again: ${again}`);
      }
      if (how === "late") {
        const reason = handover.isNumberShown ? "the number was not typed" : "the browser did not come within a minute";
        throw failed(`nobody fetched it: ${reason}`, hint`print the address instead: ${printInstead}`);
      }
    } finally {
      waited.abort();
      signal.removeEventListener("abort", stop);
      late.catch(() => undefined);
    }
  } finally {
    close();
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
  async answer(request: LoopbackRequest): Promise<"fetched" | "closed" | undefined> {
    const peer = await request.peer();
    if (peer.kind === "other" || peer.kind === "gone") {
      if (peer.kind === "other") {
        this.#tell(peer.uid);
      }
      await send(request, { status: 403 });
      return undefined;
    }
    // Browsers ask for icons, with HEAD, and for what may be opened soon: only the page itself uses the address up.
    const isAhead = /prefetch/i.test(request.headers["sec-purpose"] ?? request.headers["purpose"] ?? "");
    const isPage = request.target === this.#path && ["GET", "POST"].includes(request.method) && !isAhead;
    if (this.#isDone || !isPage) {
      await send(request, { status: 404 });
      return undefined;
    }
    const isPost = request.method === "POST";
    if (peer.kind === "own") {
      return this.#redirect(request);
    }
    if (!this.isNumberShown) {
      this.isNumberShown = true;
      this.#options.showNumber(`${this.#number.slice(0, 3)} ${this.#number.slice(3)}`);
    }
    return isPost ? this.#judge(await formNumber(request), request) : this.#ask(request, false);
  }

  async #judge(typed: string | undefined, request: LoopbackRequest): Promise<"fetched" | "closed" | undefined> {
    // Others may have been judged while this form came in.
    if (this.#isDone) {
      await send(request, { status: 404 });
      return undefined;
    }
    if (isSameText(typed ?? "", this.#number)) {
      return this.#redirect(request);
    }
    this.#triesLeft -= 1;
    if (this.#triesLeft > 0) {
      return this.#ask(request, true);
    }
    this.#isDone = true;
    await this.#page(request, 403, "Three wrong numbers. The terminal says how to go on.");
    return "closed";
  }

  async #redirect(request: LoopbackRequest): Promise<"fetched" | undefined> {
    this.#isDone = true;
    // Who hung up has not got it.
    this.#isDone = await send(request, { status: 303, headers: { location: this.#secretUrl } });
    return this.#isDone ? "fetched" : undefined;
  }

  async #ask(request: LoopbackRequest, isWrong: boolean): Promise<undefined> {
    await this.#page(request, 200, "Type the number that your terminal shows. It shows that this is you.", {
      isWrong,
    });
  }

  async #page(request: LoopbackRequest, status: number, text: string, form?: { readonly isWrong: boolean }) {
    const body = renderNumberPage({ title: "Open the AWS console", text, form });
    await send(request, { status, headers: numberPageHeaders(this.#secretUrl), body });
  }

  #tell(uid: number): void {
    if (!this.#strangers.has(uid)) {
      this.#strangers.add(uid);
      this.#options.onStranger(uid);
    }
  }
}

function send(request: LoopbackRequest, { headers, ...response }: LoopbackResponse): Promise<boolean> {
  return request.respond({
    ...response,
    headers: {
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      connection: "close",
      ...headers,
    },
  });
}

/** The digits of a form; `undefined` when there is no such field, or too much of it. */
async function formNumber(request: LoopbackRequest): Promise<string | undefined> {
  const form = await request.text(maxFormBytes);
  return form === undefined ? undefined : new URLSearchParams(form).get("number")?.replaceAll(/[\s-]/g, "");
}
