import { TegataError, type Ports } from "@tegata/core";
import type { Locks } from "./lock.ts";

/** Waits grow from the first to the second, so that fifty processes do not look all at once and all the time. */
const firstWaitMilliseconds = 15;
const longestWaitMilliseconds = 120;

interface Flight<Result> {
  readonly locks: Locks;
  readonly name: string;
  /** What is being waited for, in an error: `the credentials of arn:…`. */
  readonly what: string;
  /** How long to wait while another process is at it; 0: not at all. */
  readonly patienceMilliseconds: number;
  /** Told once, when another process turns out to be at it. */
  readonly onWait?: () => void;
  /** What another process may have left by now. Looked at before the work, and again and again while waiting. */
  readonly find: () => Promise<Result | undefined>;
  /** Done by one process at a time. */
  readonly work: () => Promise<Result>;
}

/**
 * Of many processes that want the same thing at once, one does the work and the others take what it left: lock, look again,
 * work.
 *
 * @throws TegataError `storage_locked` when patience ends; what `find` and `work` throw
 */
export async function singleFlight<Result>(
  flight: Flight<Result>,
  ports: Pick<Ports, "clock" | "random" | "signal">,
): Promise<Result> {
  const { locks, name, what, patienceMilliseconds, find, work } = flight;
  const { clock, random, signal } = ports;
  const start = clock.monotonic();
  let wait = firstWaitMilliseconds;
  let waited = false;
  for (;;) {
    signal.throwIfAborted();
    const lock = await locks.tryAcquire(name);
    if (lock !== undefined) {
      try {
        return (await find()) ?? (await work());
      } finally {
        await lock.release();
      }
    }
    const found = await find();
    if (found !== undefined) {
      return found;
    }
    if (clock.monotonic() - start >= patienceMilliseconds) {
      throw new TegataError("storage_locked", `another process is busy with ${what}`, {
        hint: "try again in a moment",
      });
    }
    if (!waited) {
      waited = true;
      flight.onWait?.();
    }
    await clock.sleep(wait * (0.5 + random()), signal);
    wait = Math.min(longestWaitMilliseconds, wait * 1.5);
  }
}
