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
import { type ChosenIdp, rawValue } from "./idp-settings.ts";
import type { ResolvedIdp } from "./resolved.ts";
import type { ProfileSettings } from "./resolve-profile.ts";
import { settingsOfBrowserFlow } from "./resolve-wanted.ts";
import { coreSettings } from "./setting-definitions.ts";
import { valueError, judge } from "./setting-sources.ts";
import type { RawValue } from "./setting-value.ts";
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
  const isOfClient = raw?.value === "client-credentials";
  const own = (plugin.browserSettings ?? []).filter((name) => !(isOfClient && plugin.alsoOfClients?.includes(name)));
  const [needsBrowser] = [...own, ...settingsOfBrowserFlow].flatMap((name) => {
    const given = rawValue(name, profile, chosen);
    return given === undefined ? [] : [{ name, origin: given.origin }];
  });
  const isOther =
    raw?.value === "device" || (isOfClient && needsBrowser !== undefined && own.includes(needsBrowser.name));
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

/** Who or how a person shall be: what asks nobody cannot hold it, and to leave it out in silence would be no guard. */
const demandsOnPersons = ["account", "max_age", "acr_values", "idp_prompt"] as const;

/**
 * Refuses what is said about a person where nobody signs in. An `[idp]` section that does not say the flow itself may have it: people
 * and machines share it, and a flag, a variable or a profile chooses the flow. So may a variable choose a flow: it is a wish, and for
 * all profiles.
 *
 * @param who what asks nobody, for messages
 * @throws TegataError `usage_invalid`, `settings_invalid`
 */
export async function refuseDemandsOnPersons(
  profile: ProfileSettings,
  chosen: ChosenIdp,
  who: string,
  otherwise: Clause,
): Promise<void> {
  const { input } = profile;
  const isMachine = chosen.plugin.kind === "interactive";
  const flow = rawValue("flow", profile, chosen);
  const isShared = isMachine && !isInIdpSection(flow);
  for (const name of isMachine ? demandsOnPersons : (["flow", ...demandsOnPersons] as const)) {
    const raw = rawValue(name, profile, chosen);
    if (raw === undefined || raw.origin.kind === "default" || (isShared && isInIdpSection(raw))) {
      continue;
    }
    const issue = `is for a person who signs in, and ${who} asks nobody`;
    if (raw.origin.kind === "flag") {
      const hints = [hint`leave it out`, otherwise];
      throw new TegataError("usage_invalid", words`${settingPart(name)} ${issue}`, { hint: hints });
    }
    if (!(name === "flow" && raw.origin.kind === "variable")) {
      throw await valueError(raw.origin, issue, input.file);
    }
  }
}

function isInIdpSection(raw: RawValue | undefined): boolean {
  return raw?.origin.kind === "file" && raw.origin.path[0] === "idp";
}
