import { isTegataError, type Clock } from "@tegata/core";
import { type CredentialsRecord, isAlive, isFresh } from "../storage/credentials-cache.ts";

/** An SDK gives up after a second or two: what still lives is better than what comes later. */
const patienceMilliseconds = 500;
/** When renewing failed, and what there is still lives. */
const pauseMilliseconds = 30_000;

export interface Renewal {
  readonly first: CredentialsRecord;
  /** May hand out what still lives when there is nothing better. */
  readonly renew: () => Promise<CredentialsRecord>;
  /** False: the sign-in that they came from has ended, and they are not handed out any more, alive or not. */
  readonly mayHandOut?: (record: CredentialsRecord) => Promise<boolean>;
  readonly clock: Clock;
  /**
   * Told when there is nothing left to hand out, once until it works again.
   *
   * @param isAlive false: what there was ran out; true: it may not be handed out
   */
  readonly onFailure: (error: unknown, isAlive: boolean) => void;
}

/**
 * Credentials that are always good, from memory while they are fresh. However many ask at once, one renewal runs; while
 * the old ones live, nobody waits long for it.
 *
 * @returns A function that throws what `renew` throws, when nothing that lives is left.
 */
export function renewingCredentials({
  first,
  renew,
  mayHandOut,
  clock,
  onFailure,
}: Renewal): () => Promise<CredentialsRecord> {
  let current = first;
  let running: Promise<CredentialsRecord> | undefined;
  let notBefore = Number.NEGATIVE_INFINITY;
  let isFailureTold = false;
  let mayGive = true;

  const renewOnce = (): Promise<CredentialsRecord> =>
    (running ??= renew()
      .then((record) => {
        current = record;
        isFailureTold = false;
        return record;
      })
      .catch((error: unknown) => {
        const isOver = isTegataError(error) && error.code === "interrupted";
        const lives = isAlive(current, clock.now());
        if (!isFailureTold && !isOver && !(lives && mayGive)) {
          isFailureTold = true;
          onFailure(error, lives);
        }
        throw error;
      })
      .finally(() => {
        running = undefined;
        if (!isFresh(current, clock.now())) {
          notBefore = clock.monotonic() + pauseMilliseconds;
        }
      }));

  return async () => {
    if (mayHandOut !== undefined) {
      mayGive = await mayHandOut(current);
    }
    if (mayGive && isFresh(current, clock.now())) {
      return current;
    }
    if (!mayGive || !isAlive(current, clock.now())) {
      return renewOnce();
    }
    if (clock.monotonic() < notBefore) {
      return current;
    }
    const old = current;
    const enough = new AbortController();
    const patience = clock.sleep(patienceMilliseconds, enough.signal).catch(() => undefined);
    const renewed = await Promise.race([renewOnce().catch(() => old), patience]);
    enough.abort();
    return renewed ?? old;
  };
}
