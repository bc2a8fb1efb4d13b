import type { Format, OptionsSchema } from "@tegata/core";
import { describe, it } from "vitest";
import { formatChecks } from "./format-checks.ts";
import type { FormatUnderTest } from "./format-under-test.ts";

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
