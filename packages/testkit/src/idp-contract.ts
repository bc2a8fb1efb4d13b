import type { InteractiveIdp, OptionsSchema } from "@tegata/core";
import { afterAll, beforeAll, describe, it } from "vitest";
import { idpChecks } from "./idp-checks.ts";
import type { IdpUnderTest } from "./idp-under-test.ts";

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
