import { setting, shownName, variable, type Words, words } from "@tegata/core";
import { refuseUnknownAwsProfile } from "../credentials/credentials-of-profile.ts";
import { resolveHint } from "../settings/resolve-asking.ts";
import type { ProfileSettings } from "../settings/resolve-profile.ts";
import type { DiagnosisContext } from "./diagnosis-context.ts";
import type { Check } from "./run-checks.ts";
import { ok, warning } from "./step.ts";

/** Which profile a run is about, and who says so. */
export const profileCheck: Check<Pick<DiagnosisContext, "profile" | "hasHome">> = {
  id: "profile",
  needs: ["settings"],
  run: async ({ profile, hasHome }) => {
    const chosen = await profile();
    refuseUnknownAwsProfile(chosen);
    await resolveHint(chosen);
    if (!hasHome) {
      return [];
    }
    const name = chosen.name === undefined ? "none" : shownName(chosen.name, 200);
    const message = words`${name}${chosenBy(chosen)}`;
    const { unknownAwsProfile } = chosen;
    return [
      unknownAwsProfile === undefined
        ? ok("profile", message)
        : warning("profile", words`${message}; ${unknownAwsProfile.problem}`, "unset the variable, or correct it"),
    ];
  },
};

function chosenBy({ name, chosenBy: by, input }: ProfileSettings): Words {
  const { file, positionalProfile, flags } = input;
  if (name === undefined) {
    return [": what is typed and variables say everything"];
  }
  if (by !== undefined) {
    return words`, by ${variable(by)}`;
  }
  if (positionalProfile !== undefined || flags["profile"] !== undefined) {
    return [", as it was named"];
  }
  return file.defaultProfile === undefined ? [", the only one"] : words`, by ${setting("default_profile")}`;
}
