import {
  command,
  hint,
  type IdentityProvider,
  isTegataError,
  or,
  type Part,
  setting as settingPart,
  shownValue,
  TegataError,
  words,
  type WorkloadIdp,
} from "@tegata/core";
import { type ChosenIdp, readSettings, profileValue } from "./idp-settings.ts";
import { impliedIdps, settingsOfIdps } from "./implied-idp.ts";
import { tokenKeys } from "./identity-keys.ts";
import { alsoNoFile, linesToWrite } from "./no-settings-file.ts";
import { tomlKey } from "./toml-key.ts";
import { defaultValue } from "./defaults.ts";
import { didYouMean } from "./nearest-name.ts";
import type { ProfileSettings } from "./resolve-profile.ts";
import { coreSettings } from "./setting-definitions.ts";
import { shownOrigin, type Setting, typedValue, valueError } from "./setting-sources.ts";
import { listOf } from "./settings-file-check.ts";

export async function chooseIdp(profile: ProfileSettings): Promise<ChosenIdp | undefined> {
  const { file, idps } = profile.input;
  const said = await profile.read("idp", coreSettings.idp.schema);
  // A setting of another one says more than the program's default.
  const implied = said === undefined || said.origin.kind === "default" ? await impliedIdp(profile) : undefined;
  if (implied?.isOfWorkloads === true && !namesClient(profile) && (await isWorkloadHere(profile))) {
    return chooseWorkload(profile, false);
  }
  const named = implied ?? said;
  if (named === undefined) {
    return undefined;
  }
  const section = file.idps.get(named.value);
  const type = section?.type ?? named.value;
  const plugin = idps.find(({ id }) => id === type) ?? (await findProgram(type, profile));
  if (plugin === undefined) {
    const known = [...new Set([...file.idps.keys(), ...idps.map(({ id }) => id)])];
    const issue = `${shownValue(named.value, 80)} is neither a section [idp.NAME] nor a plugin${didYouMean(named.value, known)}`;
    throw await valueError(named.origin, `${issue} (known: ${listOf(known)})`, file);
  }
  const ofProfile = profile.section.get("idp");
  const profileCounts = ofProfile === undefined || ofProfile === named.value;
  return { name: named.value, plugin, section, profileCounts, isGuess: false };
}

async function findProgram(id: string, profile: ProfileSettings): Promise<IdentityProvider | undefined> {
  const prompt = await profile.read("prompt", coreSettings.prompt.schema);
  return profile.input.idpProgram?.(id, prompt?.value !== "never");
}

/** The first workload IdP: the one that looks everywhere. */
function workloadOf({ input }: ProfileSettings): WorkloadIdp | undefined {
  return input.idps.find((idp) => idp.kind === "workload");
}

export function chooseWorkload(profile: ProfileSettings, isGuess: boolean): ChosenIdp {
  const plugin = workloadOf(profile);
  if (plugin === undefined) {
    throw noIdp(profile);
  }
  return { name: plugin.id, plugin, section: undefined, profileCounts: true, isGuess };
}

/** A person's sign-in has a client; the token of a job has none. */
function namesClient(profile: ProfileSettings): boolean {
  const { input } = profile;
  const raw = typedValue("client_id", input) ?? profileValue("client_id", profile);
  return raw !== undefined || defaultValue("client_id", input.defaults) !== undefined;
}

/** True in a job, a pod or a machine with a token, and in one that lacks it: what is missing there says more. */
async function isWorkloadHere(profile: ProfileSettings): Promise<boolean> {
  const plugin = workloadOf(profile);
  if (plugin === undefined) {
    return false;
  }
  try {
    const settings = await readSettings(profile, chooseWorkload(profile, false));
    return (await plugin.find(settings, profile.input.machine)) !== undefined;
  } catch (error) {
    if (!isTegataError(error)) {
      throw error;
    }
    return true;
  }
}

interface Implied extends Setting<string> {
  /** True where the setting may as well be one of a job, a pod or a machine. */
  readonly isOfWorkloads: boolean;
}

async function impliedIdp(profile: ProfileSettings): Promise<Implied | undefined> {
  const { input } = profile;
  const workload = workloadOf(profile);
  const implied = impliedIdps(input.idps).flatMap(({ plugin, setting }): Implied[] => {
    const raw = typedValue(setting, input) ?? profileValue(setting, profile);
    const isOfWorkloads = workload !== undefined && setting in workload.settings.entries;
    return raw === undefined ? [] : [{ value: plugin.id, origin: raw.origin, isOfWorkloads }];
  });
  // A flag says it louder than a variable that happens to be set.
  const flags = implied.filter(({ origin }) => origin.kind === "flag");
  const [first, second] = flags.length > 0 ? flags : implied;
  if (first !== undefined && second !== undefined) {
    const saysFirst = await shownOrigin(first.origin, input.file);
    const saysSecond = await shownOrigin(second.origin, input.file);
    throw new TegataError(
      "usage_invalid",
      words`${saysFirst} means the identity provider ${first.value}, ${saysSecond} means ${second.value}`,
      { hint: hint`choose with ${settingPart("idp", first.value)} or ${settingPart("idp", second.value)}` },
    );
  }
  return first;
}

export function noIdp(profile: ProfileSettings): TegataError {
  const { name, input } = profile;
  const sections = [...input.file.idps.keys()].map(tomlKey);
  const example = sections[0] ?? input.idps[0]?.id ?? "NAME";
  const wanted = sections.length > 0 ? words`${settingPart("idp", example)}` : settingsOfIdps(input.idps);
  const profiles = [...input.file.profiles.keys()];
  if (name === undefined && profiles.length > 0) {
    return new TegataError("settings_incomplete", "neither a profile nor an identity provider is named", {
      hint: [hint`name a profile (${listOf(profiles)})`, or`pass ${wanted}`],
    });
  }
  // A surface without commands begins with the next clause.
  const first = input.file.exists ? [] : [hint`${command("init")} asks for first settings`];
  const file = input.file.exists ? [] : [or`${linesToWrite(input)}`];
  const ofWorkload = workloadOf(profile);
  const workload =
    sections.length > 0 || ofWorkload === undefined
      ? []
      : [
          hint`for the token of a job or a pod, ${settingPart("idp", ofWorkload.id)}${tokenSetting(ofWorkload).flatMap((part) => [" ", part])}`,
        ];
  const key = name === undefined ? workload : [or`set idp = "${example}" in [profile.${tomlKey(name)}]`];
  return new TegataError("settings_incomplete", `no identity provider is named${alsoNoFile(input.file)}`, {
    hint: [...first, input.file.exists ? hint`pass ${wanted}` : or`pass ${wanted}`, ...file, ...key],
  });
}

/** By which a person names the token of a workload; none where nobody can. */
export function tokenSetting({ settings }: WorkloadIdp): readonly Part[] {
  const named = tokenKeys.find((name) => name in settings.entries);
  return named === undefined ? [] : [settingPart(named, named === "token_variable" ? "NAME" : "FILE")];
}
