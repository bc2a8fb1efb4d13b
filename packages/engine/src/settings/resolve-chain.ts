import { shownName, shownValue, words } from "@tegata/core";
import { didYouMean } from "./nearest-name.ts";
import { type ProfileSettings, reading } from "./resolve-profile.ts";
import { ofFurtherSteps } from "./resolve-step.ts";
import { coreSettings, type CoreSettingName } from "./setting-definitions.ts";
import { fileValue, type Setting, shownOrigin, typedValue, valueError } from "./setting-sources.ts";
import { isTyped } from "./setting-value.ts";
import { listOf, type ProfileSection } from "./settings-file-check.ts";

/** What a profile says of its own role: nothing that is said for the run as a whole means the role of a source. */
const ofRole: ReadonlySet<CoreSettingName> = new Set<CoreSettingName>([
  "role_arn",
  "role_session_name",
  "duration",
  ...ofFurtherSteps,
]);
/** What a source may have of its own, and has else from the run. */
const ofConnection: ReadonlySet<CoreSettingName> = new Set<CoreSettingName>([
  "region",
  "sts_endpoint",
  "use_fips_endpoint",
  "use_dualstack_endpoint",
]);

/** A profile, its source, the source of that, and so on to the one whose role an ID token is exchanged for. */
export type Chain = readonly [ProfileSettings, ...ProfileSettings[]];

/**
 * The profiles that the role of a profile is reached by: the last role first.
 *
 * @throws TegataError `usage_invalid`, `settings_invalid` for a source that is not there, that leads back, or beside which a
 *   profile names an identity provider of its own
 */
export async function chainOf(profile: ProfileSettings): Promise<Chain> {
  const { file } = profile.input;
  const sources: ProfileSettings[] = [];
  const path = [profile.name];
  let typed: Setting<string> | undefined;
  for (let link = profile; ;) {
    const named = await link.read("source_profile", coreSettings.source_profile.schema);
    if (named === undefined) {
      return [profile, ...sources];
    }
    typed ??= isTyped(named.origin) ? named : undefined;
    const section = file.profiles.get(named.value);
    if (section === undefined) {
      const names = [...file.profiles.keys()];
      const known = names.length === 0 ? "there is none" : `known: ${listOf(names)}`;
      const issue = `${shownValue(named.value, 80)} is not a section [profile.NAME]${didYouMean(named.value, names)} (${known})`;
      throw await valueError(named.origin, issue, file);
    }
    const isCircle = path.includes(named.value);
    path.push(named.value);
    if (isCircle) {
      const circle = path.slice(path.indexOf(named.value)).map((name) => shownName(name ?? ""));
      // What was said for this run made the circle, whichever profile closes it.
      const { value, origin } = typed ?? named;
      throw await valueError(origin, `${shownValue(value, 80)} leads back: ${circle.join(" → ")}`, file);
    }
    await refuseOwnIdp(link, named);
    link = sourceOf(profile, named.value, section);
    sources.push(link);
  }
}

/** A profile as the source of another one's role. */
function sourceOf(run: ProfileSettings, name: string, section: ProfileSection): ProfileSettings {
  const { input } = run;
  const raw = (setting: CoreSettingName) => {
    const own = fileValue(["profile", name], section, setting);
    if (ofRole.has(setting)) {
      return own;
    }
    if (setting === "idp") {
      return typedValue(setting, input) ?? own ?? run.raw(setting);
    }
    return ofConnection.has(setting) ? (own ?? run.raw(setting)) : run.raw(setting);
  };
  return { input, name, section, ...reading(raw, input.file) };
}

/** The sign-in is that of the first profile: what a later one says of it would mean nothing. */
async function refuseOwnIdp(
  { name, section, input: { file } }: ProfileSettings,
  source: Setting<string>,
): Promise<void> {
  const key = [...section.keys()].find((each) => each === "idp" || !Object.hasOwn(coreSettings, each));
  if (name !== undefined && key !== undefined) {
    const origin = { kind: "file", path: ["profile", name, key] } as const;
    const [own, other] = isTyped(source.origin) ? [source.origin, origin] : [origin, source.origin];
    const issue = words`does not go with ${await shownOrigin(other, file)}: of a chain, the first profile alone says how to sign in`;
    throw await valueError(own, issue, file);
  }
}
