import type { Listen } from "./listen.ts";
import type { Hint } from "./wording.ts";

/**
 * What the outside world looks like to `core` and to plugins. One composition root builds the real ones
 * (`apps/cli/src/this-process.ts`); tests pass their own.
 */

/** Time, and waiting for it to pass. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z, as the operating system believes. It can be set back or forth. */
  now(): number;
  /** Milliseconds since some fixed instant, never set back. It may stand still while a laptop sleeps. */
  monotonic(): number;
  /**
   * Resolves after `milliseconds`; rejects with the signal's reason as soon as it is aborted.
   */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** A number in [0, 1), for jitter. */
export type Random = () => number;

/** The Fetch standard's function, reduced to what is used here: a URL as a string, no `Request` object. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** A device authorization as a person is to see it. The `device_code` is not part of it: nobody must see that. */
export interface DevicePrompt {
  readonly kind: "device";
  /** `verification_uri`: proved to be https (or loopback) on an expected host. */
  readonly verificationUri: string;
  /** `verification_uri_complete`, proved likewise; carries the user code, so that nothing has to be typed. */
  readonly verificationUriComplete: string | undefined;
  /** Always shown, so that the person can compare it with the page (RFC 8628 section 3.3.1). */
  readonly userCode: string;
  /** Milliseconds since the epoch at which the code stops working. */
  readonly expiresAt: number;
  /** What may help if the page shows an error: only the person sees that page. */
  readonly advice?: Hint | undefined;
}

/** A page on which a person signs in with a browser of this machine. There is nothing to compare and nothing to type. */
export interface BrowserPrompt {
  readonly kind: "browser";
  /** The authorization request (RFC 6749 section 4.1.1), on an expected host. It holds no secret, but is good for one sign-in only. */
  readonly authorizationUri: string;
  /** Where the browser brings the answer: an address of this machine. `undefined`: not known here. */
  readonly redirectUri: string | undefined;
  /** When tegata stops waiting for the answer, in milliseconds since the epoch. */
  readonly expiresAt: number;
  /** What may help if the page shows an error: only the person sees that page. */
  readonly advice?: Hint | undefined;
  /**
   * Shows the browser, which waits for it, how the whole sign-in ended. Resolves when the page has been sent, or cannot be sent. If it
   * is not called, the page does not say how it ended. Left out: the page is not ours.
   */
  readonly showEnd?: ((end: SignInEnd) => Promise<void>) | undefined;
}

/** How a sign-in ended, in the words of a surface. */
export type SignInEnd =
  | { readonly kind: "done"; /** What it gave, by name. */ readonly facts: readonly (readonly [string, string])[] }
  | { readonly kind: "failed"; readonly message: string; readonly hint: string | undefined };

/** What a person is shown who has to sign in. */
export type SignInPrompt = DevicePrompt | BrowserPrompt;

/**
 * Asks a person. Called when there is something to show; returns at once with a function that takes the prompt off the screen
 * again, called exactly once however the sign-in ends.
 */
export type PromptPerson = (prompt: SignInPrompt) => () => void;

/** A public document of an OpenID provider as it came, and for how long it may be used. */
export interface ProviderDocument {
  readonly body: string;
  /** Milliseconds since the epoch, by the clock of this machine. */
  readonly readAt: number;
  readonly lifetimeSeconds: number;
}

/**
 * Where discovery documents and key sets are stored between runs, by their URL. They hold no secret, but anyone who could change
 * them could send tokens elsewhere: they need a folder that only their owner can write to.
 *
 * Neither function rejects: what cannot be read is a miss, and what cannot be stored is left out.
 */
export interface ProviderDocuments {
  load(url: string): Promise<ProviderDocument | undefined>;
  /** Replaces what was stored; `undefined` forgets it. */
  save(url: string, document: ProviderDocument | undefined): Promise<void>;
}

/** What `core` and plugins may do to the outside world. */
export interface Ports {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborted on Ctrl-C. */
  readonly signal: AbortSignal;
  /** For `--verbose`: one line, lower case, no full stop, never a secret. */
  readonly log: (line: string) => void;
  /** Servers of this process, on loopback. */
  readonly listen: Listen;
  /** Left out, every run reads the provider's documents again. */
  readonly documents?: ProviderDocuments | undefined;
  /**
   * Rejects for an issuer that must not be asked for anything: `discover` asks before it sends. Left out, every issuer may be.
   *
   * @throws TegataError
   */
  readonly admitIssuer?: ((issuer: string) => Promise<void>) | undefined;
  /**
   * How far the clocks of the servers that answered in this run are ahead of this machine's, in milliseconds; undefined
   * while nobody knows. `signIn` sees to it.
   */
  readonly clockOffset?: (() => number | undefined) | undefined;
}
