import type { Fetch } from "@tegata/core";
import type { FakeMachine } from "./fake-machine.ts";

/** A platform that gives tokens to what runs in it, and an issuer whose keys can be read. */
export interface WorkloadUnderTest {
  /** Settings as they stand in `tegata.toml`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** True when it is the settings that say where the token is: it is looked for there on every machine. */
  readonly isNamed?: boolean;
  /** A machine in the platform: one job, one pod. */
  machine(): Promise<FakeMachine>;
  /** Another job, pod or machine of the same platform, with the same settings. */
  anotherMachine(): Promise<FakeMachine>;
  /**
   * The platform replaces the token that it keeps in a file: in this machine, which is returned. Or it gives the next process
   * of the same job a new one: in a machine of its own. A platform that issues tokens on request has nothing to do.
   */
  nextToken(machine: FakeMachine): Promise<FakeMachine>;
  /** Reaches the platform and its issuer. */
  readonly fetch: Fetch;
  /** Every ID token so far. */
  tokens(): readonly string[];
  /** Everything secret so far, the ID tokens included. */
  secrets(): readonly string[];
  stop(): Promise<void>;
}
