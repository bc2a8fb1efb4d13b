import { shownPath, words } from "@tegata/core";
import { explainNoFile } from "../settings/no-settings-file.ts";
import type { DiagnosisContext } from "./diagnosis-context.ts";
import type { Check } from "./run-checks.ts";
import { ok } from "./step.ts";

/** The settings file: which one, that it is safe to use, and that each line of it is right. */
export const settingsCheck: Check<Pick<DiagnosisContext, "settingsFile" | "hasHome">> = {
  id: "settings",
  isMeant: ({ hasHome }) => hasHome,
  run: async ({ settingsFile }) => {
    const file = await settingsFile();
    if (!file.exists) {
      return [ok("settings", words`${explainNoFile(file)}; what is typed and variables have to say everything`)];
    }
    const count = file.profiles.size;
    return [ok("settings", `${shownPath(file.path ?? "")}, with ${count} ${count === 1 ? "profile" : "profiles"}`)];
  },
};
