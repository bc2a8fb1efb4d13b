import { command, hint, next, shownPath, words } from "@tegata/core";
import { awsConfigBlockState } from "./aws-config-state.ts";
import type { DiagnosisContext } from "./diagnosis-context.ts";
import type { Check } from "./run-checks.ts";
import { ok, skipped, warning } from "./step.ts";

const id = "aws-config";

/** Whether AWS clients know the profiles of the settings. */
export const awsConfigCheck: Check<
  Pick<DiagnosisContext, "system" | "settingsFile" | "namedSettingsFile" | "hasHome" | "startedProgram">
> = {
  id,
  needs: ["settings"],
  isMeant: ({ hasHome, startedProgram }) => hasHome && startedProgram !== undefined,
  run: async ({ startedProgram, ...context }) => {
    if (startedProgram === undefined) {
      return [skipped(id, "nothing says how AWS clients start this program")];
    }
    const state = await awsConfigBlockState(() => startedProgram, context);
    const shown = state.path === undefined ? "the config file of AWS clients" : shownPath(state.path);
    const write = hint`AWS clients find every profile after ${command("aws-config", "--write")}`;
    switch (state.kind) {
      case "current":
        return [ok(id, `the profiles in ${shown} are up to date`)];
      case "absent":
        return [ok(id, words`${shown} has no block of profiles, which ${command("aws-config")} prints`)];
      case "outdated":
        return [
          warning(id, `the profiles in ${shown} are out of date`, [
            hint`see what has changed: ${command("aws-config", "--diff")}`,
            next`${command("aws-config", "--write")}`,
          ]),
        ];
      case "unreadable":
        return [warning(id, state.problem, write)];
    }
  },
};
