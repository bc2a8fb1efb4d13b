import type { ProcessIdentity } from "../files/process-identity.ts";
import type { MachineFile } from "./machine-file.ts";
import type { Clock, Fetch, Listen, Machine, Random } from "@tegata/core";

/** What a process knows of the machine and the account that it runs on, whether a person sits in front of it or not. */
export interface System {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Undefined where the account has no home folder. */
  readonly home: string | undefined;
  /** The settings file of this machine's administrator. Left out: there is none for this process. */
  readonly machineFile?: MachineFile | undefined;
  /** Undefined where it has been deleted. */
  readonly currentFolder: () => string | undefined;
  /** Undefined on Windows. */
  readonly uid: number | undefined;
  /** Who this process is, for others that wait for it. */
  readonly pid: number;
  readonly identity: () => ProcessIdentity;
  /** Whether a process that this one waits for has certainly ended. */
  readonly isGone: (holder: ProcessIdentity) => boolean;
  /** The words that start this program again, for what needs a process of its own; undefined where that cannot be done. */
  readonly self: readonly [string, ...string[]] | undefined;
  /** What plugins may see of this machine, and do there. */
  readonly machine: Machine;
  readonly clock: Clock;
  readonly random: Random;
  /** The runtime's own fetch; the program puts its limits around it. */
  readonly fetch: Fetch;
  /** Servers of this process, on loopback. */
  readonly listen: Listen;
  /** Aborted, with a TegataError `interrupted`, on Ctrl-C and on SIGTERM. */
  readonly signal: AbortSignal;
}
