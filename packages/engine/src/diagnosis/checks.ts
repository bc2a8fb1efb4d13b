import type { DiagnosisContext } from "./diagnosis-context.ts";
import { idpCheck } from "./idp-check.ts";
import { profileCheck } from "./profile-check.ts";
import { roleCheck } from "./role-check.ts";
import type { Check } from "./run-checks.ts";
import { settingsCheck } from "./settings-check.ts";

/** All that is looked at, in the order of a sign-in: what comes first is the reason for what comes later. */
export const checks: readonly Check<DiagnosisContext>[] = [settingsCheck, profileCheck, idpCheck, roleCheck];
