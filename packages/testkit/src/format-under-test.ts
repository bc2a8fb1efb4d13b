import type { FormatContext } from "@tegata/core";
import type { FakeMachine } from "./fake-machine.ts";

/** How a format is called in the checks, and what it may need. */
export interface FormatUnderTest {
  /** Flags as a person would give them, by key. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** For a format that needs the network: everything but what is given is refused. */
  readonly context?: Partial<Omit<FormatContext, "machine">>;
  /** A machine as the format needs it, made again for each check; left out, an empty one. */
  readonly machine?: () => FakeMachine;
  /** Formats that print something else than the credentials themselves (a URL, say) hold no secret in their output. */
  readonly printsCredentials: boolean;
}
