const TIMER_TOLERANCE_MILLISECONDS = 50;

/** What the device-code polls of one identity provider have been like. */
export class PollingWatch {
  readonly #codes = new Map<string, { intervalSeconds: number; lastPoll: number | undefined }>();
  readonly #expiredTold = new Set<string>();
  readonly #intervalSeconds: number;
  readonly #stepSeconds: number;

  readonly #now: () => number;

  /** `now` in milliseconds from any fixed point; it must not jump. */
  constructor(
    { intervalSeconds, stepSeconds }: { intervalSeconds: number; stepSeconds: number },
    now: () => number = () => performance.now(),
  ) {
    this.#intervalSeconds = intervalSeconds;
    this.#stepSeconds = stepSeconds;
    this.#now = now;
  }

  issued(deviceCode: unknown): void {
    if (typeof deviceCode === "string") {
      this.#codes.set(deviceCode, { intervalSeconds: this.#intervalSeconds, lastPoll: undefined });
    }
  }

  /** Whether this poll came too early. Each time it does, the code's interval grows (RFC 8628, section 3.5). */
  tooFast(deviceCode: string): boolean {
    const code = this.#codes.get(deviceCode);
    if (code === undefined) {
      return false;
    }
    const now = this.#now();
    const waited = code.lastPoll === undefined ? Infinity : now - code.lastPoll;
    code.lastPoll = now;
    if (waited + TIMER_TOLERANCE_MILLISECONDS >= code.intervalSeconds * 1000) {
      return false;
    }
    code.intervalSeconds += this.#stepSeconds;
    return true;
  }

  /** True the first time, false ever after: Auth0 says `expired_token` exactly once. */
  tellsExpired(deviceCode: string): boolean {
    const first = !this.#expiredTold.has(deviceCode);
    this.#expiredTold.add(deviceCode);
    return first;
  }
}
