import type { Fetch, Listen, Ports, ProviderDocuments } from "@tegata/core";
import { fakeListen } from "./fake-listen.ts";
import { fakeClock, type FakeClock } from "./fake-clock.ts";

/** Ports without a network, whose clock and log a test can look at. */
export interface FakePorts extends Ports {
  readonly clock: FakeClock;
  /** What was said to `log`. */
  readonly lines: readonly string[];
}

/** Ports whose clock stands still, whose dice always show the same, and whose fetch is given. */
export function fakePorts(options: {
  fetch: Fetch;
  clock?: FakeClock;
  signal?: AbortSignal;
  /** Left out, servers have no network. */
  listen?: Listen;
  /** Left out, no document is stored. */
  documents?: ProviderDocuments;
}): FakePorts {
  const lines: string[] = [];
  return {
    fetch: options.fetch,
    clock: options.clock ?? fakeClock(),
    random: () => 0.5,
    signal: options.signal ?? new AbortController().signal,
    log: (line) => lines.push(line),
    listen: options.listen ?? fakeListen().listen,
    documents: options.documents,
    lines,
  };
}
