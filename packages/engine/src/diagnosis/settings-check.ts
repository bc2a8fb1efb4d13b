import { shownPath, shownValue, words } from "@tegata/core";
import { explainNoFile } from "../settings/no-settings-file.ts";
import type { SettingsFile } from "../settings/settings-file.ts";
import type { SettingsLayer } from "../settings/read-layer.ts";
import type { DiagnosisContext } from "./diagnosis-context.ts";
import type { Check } from "./run-checks.ts";
import { type DiagnosisStep, ok } from "./step.ts";

/**
 * The settings files: which ones, that they are safe to use, that each line of them is right, and what the administrator of the machine
 * has fixed.
 */
export const settingsCheck: Check<Pick<DiagnosisContext, "settingsFile" | "hasHome">> = {
  id: "settings",
  isMeant: ({ hasHome }) => hasHome,
  run: async ({ settingsFile }) => {
    const file = await settingsFile();
    const own = file.layers.find(({ name }) => name === "person");
    return [
      own === undefined
        ? ok("settings", words`${explainNoFile(file)}; what is typed and variables have to say everything`)
        : ok("settings", `${shownPath(own.path)}, ${profilesIn(own)}`),
      ...file.layers.filter(({ name }) => name !== "person").map((layer) => ofOthers(layer, file)),
    ];
  },
};

function ofOthers(layer: SettingsLayer, file: SettingsFile): DiagnosisStep {
  const fixed = Object.keys(file.fixed);
  return layer.name === "team"
    ? ok("team-settings", `${shownPath(layer.path)}, ${profilesIn(layer)}${originOf(file)}`)
    : ok(
        "machine-settings",
        `${shownPath(layer.path)}, ${profilesIn(layer)}${fixed.length === 0 ? "" : `; it fixes ${fixed.join(", ")}`}`,
      );
}

/** Where a team's file came from, as the person's own remembers it. */
function originOf({ layers }: SettingsFile): string {
  const team = layers.find(({ name }) => name === "person")?.content.team;
  if (team === undefined) {
    return "";
  }
  const { url, fetched_at: fetchedAt, version } = team;
  return [
    `, from ${shownValue(url, 300)}`,
    ...(fetchedAt === undefined ? [] : [`fetched ${fetchedAt}`]),
    ...(version === undefined ? [] : [`version ${version}`]),
  ].join(", ");
}

function profilesIn({ content: { profiles } }: SettingsLayer): string {
  const count = profiles.size;
  return `with ${count} ${count === 1 ? "profile" : "profiles"}`;
}
