import type { DiagnosisContext } from "./diagnosis-context.ts";
import type { Check } from "./run-checks.ts";
import { ok } from "./step.ts";

/** What runs here, for a report. */
export const versionsCheck: Check<Pick<DiagnosisContext, "versions">> = {
  id: "versions",
  run: ({ versions }) => [ok("versions", versions.join(", "))],
};
