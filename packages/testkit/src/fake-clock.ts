import type { Clock } from "@tegata/core";

/** A clock that a test sets. Instants are milliseconds since the epoch. */
export interface FakeClock extends Clock {
  /** Every wait so far, in milliseconds. */
  readonly sleeps: readonly number[];
  /** Time passes, on the wall clock and on the monotonic one. */
  advance(milliseconds: number): void;
  /** A laptop sleeps: only the wall clock goes on. */
  suspend(milliseconds: number): void;
  /** Somebody sets the wall clock; the monotonic one does not move. */
  set(epochMilliseconds: number): void;
}

/**
 * A clock that stands still until somebody sleeps: `sleep` returns at once and time has passed. Nothing waits, and what
 * was waited for can be read afterwards.
 *
 * @param start milliseconds since the epoch
 */
export function fakeClock(start = Date.UTC(2030, 0, 1)): FakeClock {
  let wall = start;
  let monotonic = 0;
  const sleeps: number[] = [];
  const advance = (milliseconds: number) => {
    wall += milliseconds;
    monotonic += milliseconds;
  };
  return {
    now: () => wall,
    monotonic: () => monotonic,
    async sleep(milliseconds, signal) {
      signal?.throwIfAborted();
      sleeps.push(milliseconds);
      advance(milliseconds);
      await Promise.resolve();
      signal?.throwIfAborted();
    },
    sleeps,
    advance,
    suspend: (milliseconds) => {
      wall += milliseconds;
    },
    set: (epochMilliseconds) => {
      wall = epochMilliseconds;
    },
  };
}
