import { type ProcessSystem, systemOfProcess } from "@tegata/engine";
import { writeBytes } from "@tegata/engine/system";

/** What a step has: the system, and the log that the runner reads from stdout. */
export interface Runner extends ProcessSystem {
  /** @throws TegataError `output_failed` */
  readonly writeStdout: (text: string) => Promise<void>;
}

/** The runner that this process is a step of. Nothing is started again: no keyring is asked in a job. */
export function thisRunner(): Runner {
  return { ...systemOfProcess(undefined), writeStdout: (text) => writeBytes(new TextEncoder().encode(text)) };
}
