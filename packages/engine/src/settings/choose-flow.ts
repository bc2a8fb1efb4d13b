import {
  type Clause,
  hint,
  type InteractiveIdp,
  type PersonFlow,
  setting as settingPart,
  shownValue,
  TegataError,
  words,
} from "@tegata/core";
import { withFixed } from "./fixed.ts";
import { type ChosenIdp, rawValue, profileValue } from "./idp-settings.ts";
import type { ResolvedIdp } from "./resolved.ts";
import type { ProfileSettings } from "./resolve-profile.ts";
import { settingsOfBrowserFlow } from "./resolve-wanted.ts";
import { coreSettings, namesOf } from "./setting-definitions.ts";
import { valueError, judge } from "./setting-sources.ts";
import { listOf } from "./settings-file-check.ts";

/** How a person would sign in, by the setting `flow`, or that nobody does; `undefined`: nobody has set it. */
export async function flowsOf(
  profile: ProfileSettings,
  chosen: ChosenIdp,
  plugin: InteractiveIdp,
  settings: ResolvedIdp["settings"],
): Promise<readonly PersonFlow[] | "client-credentials" | undefined> {
  const { input } = profile;
  const raw = await withFixed("flow", rawValue("flow", profile, chosen), input.file);
  const known = plugin.flows?.(settings) ?? ["device"];
  const own = plugin.browserSettings ?? [];
  const [needsBrowser] = [...own, ...settingsOfBrowserFlow].flatMap((name) => {
    const given = rawValue(name, profile, chosen);
    return given === undefined ? [] : [{ name, origin: given.origin }];
  });
  const isOther =
    raw?.value === "device" ||
    (raw?.value === "client-credentials" && needsBrowser !== undefined && own.includes(needsBrowser.name));
  if (needsBrowser !== undefined && (isOther || !known.includes("browser"))) {
    const grant = raw?.value === "device" ? "device grant" : "client credentials grant";
    const issue = known.includes("browser")
      ? words`needs ${settingPart("flow", "browser")}: the ${grant} cannot ask for it`
      : `needs the flow browser, which the identity provider ${plugin.id} does not have`;
    throw await valueError(needsBrowser.origin, issue, input.file);
  }
  if (raw === undefined) {
    return needsBrowser === undefined ? undefined : ["browser"];
  }
  const judged = judge(raw, "flow", coreSettings.flow.schema);
  if ("issue" in judged) {
    throw await valueError(raw.origin, judged.issue, input.file);
  }
  const { value: flow } = judged;
  if (flow === "auto") {
    const here = input.flowsHere?.() ?? ["device", "browser"];
    return needsBrowser === undefined ? here : here.filter((each) => each === "browser");
  }
  if (!known.includes(flow)) {
    const issue = `${shownValue(flow)} is no way to sign in at the identity provider ${plugin.id} (it has ${listOf(known)})`;
    throw await valueError(raw.origin, issue, input.file);
  }
  return flow === "client-credentials" ? flow : [flow];
}

/**
 * A profile that says at once that nobody signs in, and who does, contradicts itself. A section of an identity provider may have
 * both: people and machines share it, and a flag, a variable or a profile chooses the flow.
 */
export async function refusePersonInSameProfile(
  profile: ProfileSettings,
  chosen: ChosenIdp,
  names: readonly string[],
): Promise<void> {
  const flow = profileValue("flow", profile);
  // By its origin: a flag or a variable is heard first.
  if (flow === undefined || rawValue("flow", profile, chosen)?.origin.kind !== "file" || !chosen.profileCounts) {
    return;
  }
  const [other] = names.flatMap((name) => profileValue(name, profile) ?? []);
  if (other !== undefined) {
    const issue = 'is for a person who signs in, and with flow = "client-credentials" in the same section nobody does';
    throw await valueError(other.origin, issue, profile.input.file);
  }
}

/** A variable may be meant for another profile, and is let be. */
export function refuseFlagsOfPersons(
  { input }: ProfileSettings,
  names: readonly string[],
  who: string,
  otherwise: Clause,
): void {
  const given = names.find((name) => input.flags[namesOf(name).flag] !== undefined);
  if (given !== undefined) {
    throw new TegataError(
      "usage_invalid",
      words`${settingPart(given)} is for a person who signs in, and ${who} asks nobody`,
      { hint: [hint`leave it out`, otherwise] },
    );
  }
}
