import type { Clock } from "@tegata/core";

/**
 * Time for several runs in one event loop: it stands still while any of them does something, and goes on to the next
 * instant that one waits for as soon as all of them wait. However slow the machine is, the same happens at the same time.
 */
interface VirtualTime {
  readonly clock: Clock;
  /** A run of its own. Everything that waits within it waits on `clock`. */
  run<Value>(work: () => Promise<Value>): Promise<Value>;
  /** What a run waits for that is no time: time goes on meanwhile. */
  wait<Value>(promise: Promise<Value>): Promise<Value>;
}

/** @param start milliseconds since the epoch */
export function virtualTime(start: number): VirtualTime {
  let passed = 0;
  let busy = 0;
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  const goOn = () => {
    if (busy > 0 || sleepers.size === 0) {
      return;
    }
    const [first] = [...sleepers].toSorted((one, other) => one.until - other.until);
    if (first !== undefined) {
      passed = Math.max(passed, first.until);
      first.wake();
    }
  };

  return {
    clock: {
      now: () => start + passed,
      monotonic: () => passed,
      sleep: (milliseconds, signal) =>
        new Promise((resolve, reject) => {
          const end = (then: () => void) => {
            sleepers.delete(sleeper);
            signal?.removeEventListener("abort", giveUp);
            busy += 1;
            then();
          };
          // The reason is what the caller gave to abort().
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors
          const giveUp = () => end(() => reject(signal?.reason));
          const sleeper = { until: passed + milliseconds, wake: () => end(resolve) };
          sleepers.add(sleeper);
          signal?.addEventListener("abort", giveUp, { once: true });
          busy -= 1;
          if (signal?.aborted === true) {
            giveUp();
          } else {
            goOn();
          }
        }),
    },
    wait: async (promise) => {
      busy -= 1;
      goOn();
      try {
        return await promise;
      } finally {
        busy += 1;
      }
    },
    run: async (work) => {
      busy += 1;
      try {
        return await work();
      } finally {
        busy -= 1;
        goOn();
      }
    },
  };
}
