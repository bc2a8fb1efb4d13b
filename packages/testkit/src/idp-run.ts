import {
  discover,
  HttpFailure,
  limitedFetch,
  type AcquireContext,
  type InteractiveIdp,
  type OptionsSchema,
  type PersonFlow,
  type Ports,
  type SignInPrompt,
} from "@tegata/core";
import * as v from "valibot";
import { type FakeListen, fakeListen } from "./fake-listen.ts";
import { heldClock } from "./held-clock.ts";
import type { IdpUnderTest } from "./idp-under-test.ts";

/** What happens to a run. */
export interface RunOptions {
  readonly person: "nobody" | "allows" | "denies" | "aborts";
  readonly refreshToken?: string;
  /** How the person signs in. Left out: as the IdP has it best. */
  readonly flow?: PersonFlow;
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
  /** Of the prompts that were shown, in their order. */
  readonly kinds: readonly SignInPrompt["kind"][];
  readonly abortReason: Error;
}

const movedFrom = "https://moved.invalid/token";

/** Everything that `acquire` needs for one run against a provider, with a person who does as told and a clock that never waits. */
export function startRun<Schema extends OptionsSchema>(
  idp: InteractiveIdp<Schema>,
  provider: IdpUnderTest,
  { person, refreshToken, flow, network = "good", documents = "new" }: RunOptions,
): IdpRun {
  const controller = new AbortController();
  const abortReason = new Error("interrupted");
  const requests: string[] = [];
  const lines: string[] = [];
  const kept: string[] = [];
  const kinds: SignInPrompt["kind"][] = [];
  const prompts = { shown: 0, ended: 0 };
  let dropped = 0;
  let waitsForBrowser = false;
  let decided: Promise<void> = Promise.resolve();
  const startedAt = performance.now();
  let skipped = 0;

  // The clock that stands still means that no request runs out of time.
  const loopback = fakeListen();
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
        if (waitsForBrowser) {
          // The browser has been here, or comes for as long as it is waited for: time does not pass.
          await untilAborted(signal);
        }
        skipped += milliseconds;
        signal?.throwIfAborted();
      },
    },
    random: () => 0.5,
    signal: controller.signal,
    log: (line) => lines.push(line),
    listen: loopback.listen,
  };
  const decide = (prompt: SignInPrompt) => {
    waitsForBrowser = prompt.kind === "browser";
    switch (person) {
      case "allows":
        decided = decideAt(prompt, "allow", provider, loopback);
        break;
      case "denies":
        decided = decideAt(prompt, "deny", provider, loopback);
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
  const settings = v.parse(idp.settings, settingsUnderTest(provider, flow));
  return {
    ports,
    requests,
    lines,
    kept,
    prompts,
    kinds,
    abortReason,
    dropped: () => dropped,
    context: {
      ...ports,
      refreshToken,
      ...(flow === undefined ? {} : { flows: [flow] }),
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
              kinds.push(prompt.kind);
              decide(prompt);
              return () => {
                prompts.ended += 1;
                const showEnd = prompt.kind === "browser" ? prompt.showEnd : undefined;
                showEnd?.({ kind: "done", facts: [] }).catch(() => undefined);
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

/** The settings with which a flow is tried. */
export function settingsUnderTest(
  { settings, browser }: IdpUnderTest,
  flow: PersonFlow | undefined,
): Readonly<Record<string, unknown>> {
  return flow === "browser" ? (browser?.settings ?? settings) : settings;
}

async function decideAt(
  prompt: SignInPrompt,
  outcome: "allow" | "deny",
  provider: IdpUnderTest,
  loopback: FakeListen,
): Promise<void> {
  if (prompt.kind === "device") {
    const uri = prompt.verificationUriComplete ?? prompt.verificationUri;
    await (outcome === "allow" ? provider.approve(uri, prompt.userCode) : provider.deny(uri, prompt.userCode));
    return;
  }
  if (provider.browser === undefined) {
    throw new Error("the IdP has the browser flow: the provider under test must have browser");
  }
  const back = new URL(await provider.browser.authorize(prompt.authorizationUri, outcome));
  // Answered when the whole sign-in is over.
  loopback.send(`${back.pathname}${back.search}`, { headers: { host: back.host } }).catch(() => undefined);
}

function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
    }
    signal?.addEventListener("abort", () => resolve(), { once: true });
  });
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve);
  });
}
