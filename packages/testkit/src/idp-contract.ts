import type { Fetch, InteractiveIdp, OptionsSchema } from "@tegata/core";
import { afterAll, beforeAll, describe, it } from "vitest";
import { idpChecks } from "./idp-checks.ts";

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

/**
 * What every IdP plugin that asks a person must do. Call it in a test file of the plugin:
 *
 * ```ts
 * idpContract(myIdp, startMyProvider);
 * ```
 *
 * Polling waits through a clock of the suite's own that lets time pass without waiting: the first poll comes right after
 * the person's decision.
 */
export function idpContract<Schema extends OptionsSchema>(
  idp: InteractiveIdp<Schema>,
  start: () => Promise<IdpUnderTest>,
): void {
  describe(`IdP contract: ${idp.id}`, () => {
    let provider: IdpUnderTest | undefined;
    beforeAll(async () => {
      provider = await start();
    });
    afterAll(() => provider?.stop());

    // Every check expects something; the proof is in this package's own tests.
    // oxlint-disable-next-line vitest/expect-expect
    it.each(idpChecks(idp).map(({ name, check }) => [name, check] as const))("%s", async (_name, check) => {
      if (provider === undefined) {
        throw new Error("the provider under test did not start");
      }
      await check(provider);
    });
  });
}
