import type { OptionsSchema, WorkloadIdp } from "@tegata/core";
import { afterAll, beforeAll, describe, it } from "vitest";
import { workloadChecks } from "./workload-checks.ts";
import type { WorkloadUnderTest } from "./workload-under-test.ts";

/**
 * What every IdP plugin must do whose token the platform already has. Call it in a test file of the plugin:
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
    let workload: WorkloadUnderTest | undefined;
    beforeAll(async () => {
      workload = await start();
    });
    afterAll(() => workload?.stop());

    // Every check expects something; the proof is in this package's own tests.
    // oxlint-disable-next-line vitest/expect-expect
    it.each(workloadChecks(idp).map(({ name, check }) => [name, check] as const))("%s", async (_name, check) => {
      if (workload === undefined) {
        throw new Error("the platform under test did not start");
      }
      await check(workload);
    });
  });
}
