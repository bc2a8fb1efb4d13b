import {
  discover,
  HttpFailure,
  limitedFetch,
  type AcquireContext,
  type InteractiveIdp,
  type OptionsSchema,
  type Ports,
  type SignInPrompt,
} from "@tegata/core";
import * as v from "valibot";
import { fakeListen } from "./fake-listen.ts";
import { heldClock } from "./held-clock.ts";
import type { IdpUnderTest } from "./idp-under-test.ts";

/** What happens to a run. */
export interface RunOptions {
  readonly person: "nobody" | "allows" | "denies" | "aborts";
  readonly refreshToken?: string;
  /** `offline`: no request gets through. `lossy`: what is posted arrives, and its response is lost. */
  readonly network?: "good" | "offline" | "lossy";
  /** The discovery document is a kept one whose token endpoint nobody answers at any more. */
  readonly documents?: "new" | "outdated";
}

/** One run of an IdP against a provider, and what could be seen of it. */
export interface IdpRun {
  readonly ports: Ports;
  readonly context: AcquireContext;
  readonly requests: readonly string[];
  readonly lines: readonly string[];
  /** The refresh tokens that were made durable by the time of looking. */
  readonly kept: readonly string[];
  readonly dropped: () => number;
  readonly prompts: { readonly shown: number; readonly ended: number };
  readonly abortReason: Error;
}

const movedFrom = "https://moved.invalid/token";

/** Everything that `acquire` needs for one run against a provider, with a person who does as told and a clock that never waits. */
export function startRun<Schema extends OptionsSchema>(
  idp: InteractiveIdp<Schema>,
  provider: IdpUnderTest,
  { person, refreshToken, network = "good", documents = "new" }: RunOptions,
): IdpRun {
  const controller = new AbortController();
  const abortReason = new Error("interrupted");
  const requests: string[] = [];
  const lines: string[] = [];
  const kept: string[] = [];
  const prompts = { shown: 0, ended: 0 };
  let dropped = 0;
  let decided: Promise<void> = Promise.resolve();
  const startedAt = performance.now();
  let skipped = 0;

  // The clock that stands still means that no request runs out of time.
  const reach = provider.fetch ?? limitedFetch((url, init) => fetch(url, init), heldClock());
  const ports: Ports = {
    fetch: async (url, init) => {
      requests.push(`${init.method ?? "GET"} ${url}`);
      if (network === "offline" || url === movedFrom) {
        throw new HttpFailure("unreachable", "there is no network");
      }
      const response = await reach(url, init);
      if (network === "lossy" && init.method === "POST") {
        throw new HttpFailure("timeout", "the answer was lost");
      }
      return response;
    },
    clock: {
      now: () => Date.now(),
      monotonic: () => performance.now() - startedAt + skipped,
      // Waits for the person instead of for time: polls come right after the decision.
      sleep: async (milliseconds, signal) => {
        await decided;
        skipped += milliseconds;
        signal?.throwIfAborted();
      },
    },
    random: () => 0.5,
    signal: controller.signal,
    log: (line) => lines.push(line),
    listen: fakeListen().listen,
  };
  const decide = (prompt: SignInPrompt) => {
    if (prompt.kind !== "device") {
      throw new Error("the contract suite tries the device grant");
    }
    const { userCode } = prompt;
    const uri = prompt.verificationUriComplete ?? prompt.verificationUri;
    switch (person) {
      case "allows":
        decided = provider.approve(uri, userCode);
        break;
      case "denies":
        decided = provider.deny(uri, userCode);
        break;
      case "aborts":
        controller.abort(abortReason);
        break;
      case "nobody":
        break;
    }
    // Anyone who polls hears of a person who could not decide; an IdP that never polls must not bring the process down.
    decided.catch(() => undefined);
  };
  const settings = v.parse(idp.settings, provider.settings);
  return {
    ports,
    requests,
    lines,
    kept,
    prompts,
    abortReason,
    dropped: () => dropped,
    context: {
      ...ports,
      refreshToken,
      discover: async () => {
        const found = await discover(idp.expectations(settings).issuer, ports);
        const metadata = { ...found.metadata, token_endpoint: movedFrom };
        return documents === "new" ? found : { ...found, metadata, readAgain: () => Promise.resolve(found) };
      },
      promptPerson:
        person === "nobody"
          ? undefined
          : (prompt) => {
              prompts.shown += 1;
              decide(prompt);
              return () => {
                prompts.ended += 1;
              };
            },
      // A disk takes its time: anyone who does not await it returns before the token is safe.
      storeRefreshToken: async (token) => {
        await nextTurn();
        kept.push(token);
      },
      dropRefreshToken: async () => {
        await nextTurn();
        dropped += 1;
      },
    },
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve);
  });
}
