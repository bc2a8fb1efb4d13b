import type { Format, FormatContext, OptionsSchema } from "@tegata/core";
import { describe, it } from "vitest";
import type { FakeMachine } from "./fake-machine.ts";
import { formatChecks } from "./format-checks.ts";

export interface FormatUnderTest {
  /** Flags as a person would give them, by key. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** For a format that needs the network: everything but what is given is refused. */
  readonly context?: Partial<Omit<FormatContext, "machine">>;
  /** A machine as the format needs it, made anew for each check; left out, an empty one. */
  readonly machine?: () => FakeMachine;
  /** Formats that print something else than the credentials themselves (a URL, say) hold no secret in their answer. */
  readonly printsCredentials: boolean;
}

/** What every format plugin must do. Call it in a test file of the plugin: `formatContract(myFormat, { … })`. */
export function formatContract<Schema extends OptionsSchema>(format: Format<Schema>, underTest: FormatUnderTest): void {
  describe(`format contract: ${format.id}`, () => {
    // Every check expects something; the proof is in this package's own tests.
    // oxlint-disable-next-line vitest/expect-expect
    it.each(formatChecks(format, underTest).map(({ name, check }) => [name, check] as const))("%s", (_name, check) =>
      check(),
    );
  });
}
