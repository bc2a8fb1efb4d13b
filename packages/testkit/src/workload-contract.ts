import type { Fetch, OptionsSchema, WorkloadIdp } from "@tegata/core";
import { afterAll, beforeAll, describe, it } from "vitest";
import type { FakeMachine } from "./fake-machine.ts";
import { workloadChecks } from "./workload-checks.ts";

/** A place that gives tokens to what runs in it, and an issuer whose keys can be read. */
export interface WorkloadUnderTest {
  /** Settings as they stand in `tegata.toml`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** True when it is the settings that say where the token is: it is looked for there on every machine. */
  readonly isNamed?: boolean;
  /** A machine in the place: one job, one pod. */
  machine(): Promise<FakeMachine>;
  /** Another job, pod or machine of the same place, with the same settings. */
  anotherMachine(): Promise<FakeMachine>;
  /**
   * The place replaces the token that it keeps in a file: in this machine, which is returned. Or it gives the next process
   * of the same job a new one: in a machine of its own. A place that mints tokens on request has nothing to do.
   */
  nextToken(machine: FakeMachine): Promise<FakeMachine>;
  /** Reaches the place and its issuer. */
  readonly fetch: Fetch;
  /** Every ID token so far. */
  tokens(): readonly string[];
  /** Everything secret so far, the ID tokens included. */
  secrets(): readonly string[];
  stop(): Promise<void>;
}

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
