import { type Fetch, HttpFailure, isTegataError, observeClocks, type Ports } from "@tegata/core";

/** A request that was sent, and what came of it. */
export interface Exchange {
  readonly method: string;
  /** Without query, which may hold anything. */
  readonly url: string;
  readonly host: string;
  /** `undefined`: no response came. */
  readonly status: number | undefined;
  /** Why none came. */
  readonly problem: string | undefined;
  /** How far the server's clock is ahead of this machine's, in milliseconds, by its `Date`. */
  readonly clockOffsetMilliseconds: number | undefined;
}

/** Requests that are watched while they are sent. */
export interface Exchanges {
  readonly fetch: Fetch;
  readonly list: () => readonly Exchange[];
  /** What a GET of this run answered last at this address; `undefined`: nothing that was read. */
  readonly textOf: (url: string) => string | undefined;
}

/** Watches what is sent. Nothing is changed, and no more is sent. */
export function watchExchanges(ports: Ports): Exchanges {
  const exchanges: Exchange[] = [];
  const texts = new Map<string, string>();
  const fetch: Fetch = async (url, init) => {
    const { origin, pathname, host } = new URL(url);
    const method = init.method ?? "GET";
    const told = { method, url: `${origin}${pathname}`, host };
    const observed = observeClocks(ports);
    try {
      const response = await observed.fetch(url, init);
      if (method === "GET") {
        texts.set(url, await response.clone().text());
      }
      exchanges.push({
        ...told,
        status: response.status,
        problem: undefined,
        clockOffsetMilliseconds: observed.clockOffset?.(),
      });
      return response;
    } catch (error) {
      const problem = error instanceof HttpFailure || isTegataError(error) ? error.message : "no response";
      exchanges.push({ ...told, status: undefined, problem, clockOffsetMilliseconds: undefined });
      throw error;
    }
  };
  return { fetch, list: () => exchanges, textOf: (url) => texts.get(url) };
}
