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
  /** The next answer with tokens holds no ID token. */
  omitNextIdToken(): void;
  /** Everything secret that the provider has given out so far. */
  secrets(): readonly string[];
  stop(): Promise<void>;
}
