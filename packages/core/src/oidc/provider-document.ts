import type { Ports, ProviderDocument, ProviderDocuments } from "../base/ports.ts";
import { parseJson } from "./token-response.ts";

/**
 * However short a lifetime a server names, and where it names none: providers say 15 seconds of documents that change
 * once a year. docs/decisions/0022 says why that is safe.
 */
const minLifetimeSeconds = 86_400;
/** However long a lifetime a server names. */
const maxLifetimeSeconds = 7 * 86_400;
/** Clocks are corrected by seconds all the time; a document from further in the future says nothing. */
const clockStepMilliseconds = 60_000;
/** Real ones have a few kilobytes; a larger one is used, but not stored. */
const maxKeptCharacters = 262_144;

/** A public document of an OpenID provider: where it is, how it is asked for, and how it is judged. */
export interface DocumentRequest<Value> {
  /** What it is called in a log line. */
  readonly what: string;
  readonly url: string;
  /**
   * Asks the provider.
   *
   * @throws TegataError for every answer but one with status 200
   */
  send(): Promise<Response>;
  /**
   * The same for a stored document and for a new one.
   *
   * @throws TegataError
   */
  judge(body: unknown): Value;
}

/** The stored document, while it may be used and as far as it holds; else undefined. */
export async function storedDocument<Value>(request: DocumentRequest<Value>, ports: Ports): Promise<Value | undefined> {
  const stored = await ports.documents?.load(request.url);
  if (stored === undefined || !isUsable(stored, ports.clock.now())) {
    return undefined;
  }
  try {
    return request.judge(parseJson(stored.body));
  } catch {
    // What is wrong with it would be a riddle to a person: the new one is judged in a moment, and its error counts.
    ports.log(`the stored ${request.what} does not hold`);
    return undefined;
  }
}

/** The document from the provider. It replaces what was stored. */
export async function readDocument<Value>(request: DocumentRequest<Value>, ports: Ports): Promise<Value> {
  const response = await request.send();
  const body = await response.text();
  const value = request.judge(parseJson(body));
  const lifetimeSeconds = body.length > maxKeptCharacters ? undefined : lifetimeOf(response.headers);
  const document = lifetimeSeconds === undefined ? undefined : { body, lifetimeSeconds, readAt: ports.clock.now() };
  await ports.documents?.save(request.url, document);
  return value;
}

/**
 * For how long a document may be used, in seconds: what its headers say, but at least a day and at most a week.
 *
 * @returns `undefined`: it must not be stored
 * @see RFC 9111 sections 4.2 and 5.2.2
 */
export function lifetimeOf(headers: Headers): number | undefined {
  const directives = (headers.get("cache-control") ?? "").split(",").map((directive) => directive.trim().toLowerCase());
  if (directives.includes("no-store")) {
    return undefined;
  }
  const [maxAge] = directives.flatMap((directive) => /^max-age="?(\d+)"?$/.exec(directive)?.[1] ?? []);
  const named = maxAge === undefined ? expiresIn(headers) : Number(maxAge) - ageOf(headers);
  return Math.min(Math.max(named, minLifetimeSeconds), maxLifetimeSeconds);
}

/** `Age` in seconds: how long ago the provider gave an answer that comes out of a cache on the way. */
export function ageOf(headers: Headers): number {
  const age = headers.get("age")?.trim() ?? "";
  return /^\d{1,9}$/.test(age) ? Number(age) : 0;
}

function expiresIn(headers: Headers): number {
  const seconds = (Date.parse(headers.get("expires") ?? "") - Date.parse(headers.get("date") ?? "")) / 1000;
  return Number.isFinite(seconds) ? seconds : 0;
}

function isUsable({ readAt, lifetimeSeconds }: ProviderDocument, now: number): boolean {
  return now >= readAt - clockStepMilliseconds && now < readAt + Math.min(lifetimeSeconds, maxLifetimeSeconds) * 1000;
}

/** Documents of one run: they become stored ones only when they have led to something. */
interface HeldBackDocuments extends ProviderDocuments {
  /** Keeps what was read, from now on at once. */
  release(): Promise<void>;
}

/**
 * Holds back what is read until the run has shown that it is good for something: a provider that only leads to errors
 * leaves nothing behind.
 *
 * @param again Nothing that was stored before is used.
 */
export function heldBack(documents: ProviderDocuments, again: boolean): HeldBackDocuments {
  const held = new Map<string, ProviderDocument | undefined>();
  let released = false;
  return {
    load: (url) => {
      if (held.has(url)) {
        return Promise.resolve(held.get(url));
      }
      return again ? Promise.resolve(undefined) : documents.load(url);
    },
    save: async (url, document) => {
      held.set(url, document);
      if (released) {
        await documents.save(url, document);
      }
    },
    release: async () => {
      released = true;
      for (const [url, document] of held) {
        await documents.save(url, document);
      }
    },
  };
}
