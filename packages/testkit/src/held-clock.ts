import type { Clock } from "@tegata/core";

/** A clock that a test lets go on. Durations are milliseconds. */
export interface HeldClock extends Clock {
  /** How many waits have neither ended nor been given up: 0 proves that no timer was left behind. */
  readonly sleepers: number;
  /** Time passes, and anyone who has waited for long enough goes on. */
  advance(milliseconds: number): void;
}

/**
 * A clock on which time passes only by `advance`. For code that waits beside something else, such as a time limit:
 * `fakeClock` would let the limit pass at once.
 *
 * @param start milliseconds since the epoch
 */
export function heldClock(start = Date.UTC(2030, 0, 1)): HeldClock {
  let passed = 0;
  const sleepers = new Set<{ readonly until: number; wake(): void }>();
  return {
    now: () => start + passed,
    monotonic: () => passed,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = {
          until: passed + milliseconds,
          wake: () => {
            sleepers.delete(sleeper);
            signal?.removeEventListener("abort", giveUp);
            resolve();
          },
        };
        const giveUp = () => {
          sleepers.delete(sleeper);
          // The reason is what the caller gave to abort().
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors
          reject(signal?.reason);
        };
        if (signal?.aborted === true) {
          giveUp();
          return;
        }
        sleepers.add(sleeper);
        signal?.addEventListener("abort", giveUp, { once: true });
      }),
    get sleepers() {
      return sleepers.size;
    },
    advance: (milliseconds) => {
      passed += milliseconds;
      for (const sleeper of [...sleepers].filter(({ until }) => until <= passed)) {
        sleeper.wake();
      }
    },
  };
}
