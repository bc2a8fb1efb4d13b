import { words, type Words } from "@tegata/core";
import { shownOrigin } from "../settings/setting-sources.ts";
import type { DiagnosisContext } from "./diagnosis-context.ts";
import type { Check } from "./run-checks.ts";
import { ok } from "./step.ts";

/** The role, the way to it, and its region, each with where it is said. */
export const roleCheck: Check<Pick<DiagnosisContext, "profile" | "role" | "settingsFile">> = {
  id: "role",
  needs: ["profile"],
  run: async ({ profile, role, settingsFile }) => {
    const { role: wanted, steps, region } = await role();
    const raw = (await profile()).raw("role_arn");
    const origin: Words = raw === undefined ? [] : words` (${await shownOrigin(raw.origin, await settingsFile())})`;
    const before = steps.slice(0, -1).map((step) => step.role.arn);
    const by = before.length === 0 ? "" : `, by ${before.join(", then ")}`;
    return [ok("role", words`${wanted.arn}${origin}${by}, region ${region}`)];
  },
};
