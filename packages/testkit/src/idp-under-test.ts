import type { Fetch } from "@tegata/core";

/** A running identity provider that wears the plugin's face, with a person who does as told. */
export interface IdpUnderTest {
  /** Settings as they stand in `tegata.toml`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Reaches the provider. Left out, the runtime's own fetch does, within the limits that tegata sets. */
  readonly fetch?: Fetch;
  /** A person opens this page, types the code where the page does not have it yet, and allows the sign-in. */
  approve(verificationUri: string, userCode: string): Promise<void>;
  /** A person does the same and denies the sign-in. */
  deny(verificationUri: string, userCode: string): Promise<void>;
  /** What a plugin with the browser flow is tried with. Left out, it must have no such flow. */
  readonly browser?: {
    /** Settings, where that flow has a client of its own. Left out: the same as `settings`. */
    readonly settings?: Readonly<Record<string, unknown>>;
    /**
     * A person opens this page in a browser, and allows or denies the sign-in.
     *
     * @returns the address that the provider sends the browser back to, which is not opened
     */
    authorize(authorizationUri: string, outcome: "allow" | "deny"): Promise<string>;
  };
  /** The next answer with tokens holds no ID token. */
  omitNextIdToken(): void;
  /** Everything secret that the provider has given out so far. */
  secrets(): readonly string[];
  stop(): Promise<void>;
}
