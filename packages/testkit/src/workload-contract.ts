import type { OptionsSchema, WorkloadIdp } from "@tegata/core";
import { afterAll, beforeAll, describe, it } from "vitest";
import { workloadChecks } from "./workload-checks.ts";
import type { WorkloadUnderTest } from "./workload-under-test.ts";

/**
 * What every IdP plugin must do whose token the place already has. Call it in a test file of the plugin:
 *
 * ```ts
 * workloadContract(myIdp, startMyPlace);
 * ```
 */
export function workloadContract<Schema extends OptionsSchema>(
  idp: WorkloadIdp<Schema>,
  start: () => Promise<WorkloadUnderTest>,
): void {
  describe(`workload contract: ${idp.id}`, () => {
    let place: WorkloadUnderTest | undefined;
    beforeAll(async () => {
      place = await start();
    });
    afterAll(() => place?.stop());

    // Every check expects something; the proof is in this package's own tests.
    // oxlint-disable-next-line vitest/expect-expect
    it.each(workloadChecks(idp).map(({ name, check }) => [name, check] as const))("%s", async (_name, check) => {
      if (place === undefined) {
        throw new Error("the place under test did not start");
      }
      await check(place);
    });
  });
}
