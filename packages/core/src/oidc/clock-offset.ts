import { TegataError } from "../base/errors.ts";
import type { Fetch, Ports } from "../base/ports.ts";
import { ageOf } from "./provider-document.ts";

/** Clocks that differ by more are not made up for. AWS takes no signed request beyond it either. */
const maxOffsetMilliseconds = 5 * 60_000;

/**
 * The same ports, which from now on know by how much this machine's clock is off: every answer tells by its `Date` what
 * time it is elsewhere (RFC 9110 section 6.6.1). What is stored from earlier runs tells nothing.
 */
export function observeClocks(ports: Ports): Ports {
  const { clock } = ports;
  let offset: number | undefined;
  let surely = false;
  const fetch: Fetch = async (url, init) => {
    const sentAt = clock.now();
    const response = await ports.fetch(url, init);
    const seen = offsetOf(response.headers, sentAt, clock.now());
    // An answer to a POST comes from the server itself; one to a GET may come out of somebody's cache.
    const sure = init.method !== undefined && init.method !== "GET";
    if (seen !== undefined && (sure || !surely)) {
      offset = seen;
      surely = sure;
    }
    return response;
  };
  return { ...ports, fetch, clockOffset: () => offset };
}

/**
 * Milliseconds since the epoch, by the servers' clock where this run has seen one and the difference is one of minutes:
 * a server's `Date` can make five minutes out of nothing, never more.
 */
export function correctedNow({ clock, clockOffset }: Ports): number {
  const offset = clockOffset?.() ?? 0;
  return clock.now() + (Math.abs(offset) > maxOffsetMilliseconds ? 0 : offset);
}

/**
 * The latest instant that it can be elsewhere, in milliseconds since the epoch: a `Date` that is wrong must not make a good
 * token one of the future, and before the first answer of a run nobody knows.
 */
export function latestNow(ports: Ports): number {
  const { clock, clockOffset } = ports;
  const unknown = clockOffset !== undefined && clockOffset() === undefined;
  return unknown ? clock.now() + maxOffsetMilliseconds : Math.max(clock.now(), correctedNow(ports));
}

/** The error for a clock that is off by more than can be made up for; undefined while it is not, or nobody knows. */
export function wrongClock(ports: Ports): TegataError | undefined {
  const description = describeWrongClock(ports);
  return description === undefined
    ? undefined
    : new TegataError("id_token_invalid", `${description}, and more than 5 minutes are not made up for`, {
        hint: "set the clock of this machine, best by a time server",
        details: { clockOffsetSeconds: Math.round((ports.clockOffset?.() ?? 0) / 1000) },
      });
}

/** `the clock of this machine is 7 minutes behind the servers'`, for a clock that cannot be made up for. */
export function describeWrongClock({ clockOffset }: Ports): string | undefined {
  const offset = clockOffset?.() ?? 0;
  if (Math.abs(offset) <= maxOffsetMilliseconds) {
    return undefined;
  }
  const minutes = Math.round(Math.abs(offset) / 60_000);
  const amount = minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`;
  return `the clock of this machine is ${amount} ${offset > 0 ? "behind" : "ahead of"} the servers'`;
}

/**
 * `Date` has whole seconds, and an answer takes its time: the truth lies between two bounds. The one nearer to zero counts,
 * and zero where it lies between them: then nothing speaks against this machine's clock.
 */
function offsetOf(headers: Headers, sentAt: number, receivedAt: number): number | undefined {
  const date = Date.parse(headers.get("date") ?? "");
  if (!Number.isFinite(date)) {
    return undefined;
  }
  const there = date + ageOf(headers) * 1000;
  const [least, most] = [there - receivedAt, there + 1000 - sentAt];
  return least > 0 ? least : Math.min(most, 0);
}
