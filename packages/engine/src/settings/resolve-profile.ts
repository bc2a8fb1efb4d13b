import { command, hint, meantSetting, or, shownPath, shownValue, TegataError } from "@tegata/core";
import type * as v from "valibot";
import { didYouMean, nearestName } from "./nearest-name.ts";
import { defaultValue } from "./defaults.ts";
import { coreSettings, type CoreSettingName } from "./setting-definitions.ts";
import { explainNoFile, linesToWrite } from "./no-settings-file.ts";
import { tomlKey } from "./toml-key.ts";
import {
  awsValue,
  fileValue,
  judge,
  readTyped,
  type Setting,
  type SettingsInput,
  typedValue,
  valueError,
} from "./setting-sources.ts";
import type { RawValue } from "./setting-value.ts";
import type { SettingsFile } from "./settings-file.ts";
import { listOf, type ProfileSection } from "./settings-file-check.ts";

/** A profile that has been chosen, or none, over everything that can say a setting. */
export interface ProfileSettings {
  readonly input: SettingsInput;
  /** `undefined`: none; flags and variables have to say everything. */
  readonly name: string | undefined;
  readonly section: ProfileSection;
  /** Which variable has chosen it, where one has: `TEGATA_PROFILE`, `AWS_PROFILE`. */
  readonly chosenBy?: string;
  /** AWS's own variable, where it names a profile that is no section here, and nothing stronger chooses one. */
  readonly unknownAwsProfile?: UnknownAwsProfile;
  /** flag > `TEGATA_` variable > profile > AWS's own variable > the program's default. */
  raw(name: CoreSettingName): RawValue | undefined;
  /** @throws TegataError `usage_invalid` or `settings_invalid`, by where the value came from */
  read<Value>(name: CoreSettingName, schema: v.GenericSchema<unknown, Value>): Promise<Setting<Value> | undefined>;
}

export interface UnknownAwsProfile {
  /** `AWS_PROFILE "audit" is not a section [profile.NAME] in …` */
  readonly problem: string;
  /** True when the file says which profile is meant when none is named; false where there just is no other. */
  readonly hasDefault: boolean;
}

/**
 * Chooses the profile: the argument or `--profile`, `TEGATA_PROFILE`, `AWS_PROFILE` where it is a section, `default_profile`,
 * the only one, none.
 *
 * @throws TegataError `usage_invalid` for one that does not exist
 */
export async function resolveProfile(input: SettingsInput): Promise<ProfileSettings> {
  const { name, chosenBy, unknownAwsProfile } = chooseProfile(input);
  const section: ProfileSection = (name === undefined ? undefined : input.file.profiles.get(name)) ?? new Map();
  const raw = (setting: CoreSettingName) =>
    typedValue(setting, input) ??
    (name === undefined ? undefined : fileValue(["profile", name], section, setting)) ??
    awsValue(setting, input.env) ??
    defaultValue(setting, input.defaults);
  return {
    input,
    name,
    section,
    ...(chosenBy === undefined ? {} : { chosenBy }),
    ...(unknownAwsProfile === undefined ? {} : { unknownAwsProfile }),
    ...reading(raw, input.file),
  };
}

/** A profile's way to its values, by where each of them is looked for. */
export function reading(raw: ProfileSettings["raw"], file: SettingsFile): Pick<ProfileSettings, "raw" | "read"> {
  return {
    raw,
    read: async (setting, schema) => {
      const found = raw(setting);
      if (found === undefined) {
        return undefined;
      }
      const judged = judge(found, setting, schema);
      if ("issue" in judged) {
        throw await valueError(found.origin, judged.issue, file, judged.meant);
      }
      return judged;
    },
  };
}

function chooseProfile(input: SettingsInput): Pick<ProfileSettings, "name" | "chosenBy" | "unknownAwsProfile"> {
  const { file, positionalProfile } = input;
  if (input.ignoresProfiles === true) {
    return { name: undefined };
  }
  const typed = readTyped("profile", coreSettings.profile.schema, input);
  const named = positionalProfile ?? typed?.value;
  if (named !== undefined) {
    if (!file.profiles.has(named)) {
      throw unknownProfile(
        named,
        positionalProfile === undefined && typed?.origin.kind === "variable" ? "TEGATA_PROFILE" : "the profile",
        input,
      );
    }
    const isByVariable = positionalProfile === undefined && typed?.origin.kind === "variable";
    return { name: named, ...(isByVariable ? { chosenBy: typed.origin.name } : {}) };
  }
  const name = file.defaultProfile ?? (file.profiles.size === 1 ? [...file.profiles.keys()][0] : undefined);
  const ofAws = input.ignoresAwsProfile === true ? undefined : awsValue("profile", input.env);
  if (ofAws === undefined || typeof ofAws.value !== "string") {
    return { name };
  }
  const variable = ofAws.origin.kind === "variable" ? ofAws.origin.name : "AWS_PROFILE";
  if (file.profiles.has(ofAws.value)) {
    return { name: ofAws.value, chosenBy: variable };
  }
  const problem = notAProfile(ofAws.value, variable, input);
  return { name, unknownAwsProfile: { problem, hasDefault: file.defaultProfile !== undefined } };
}

function unknownProfile(name: string, origin: string, input: SettingsInput): TegataError {
  const { file } = input;
  const section = `[profile.${tomlKey(name)}]`;
  const otherwise = file.exists
    ? [
        hint`${file.profiles.size === 0 ? "leave it out" : "name a profile that is there"}`,
        or`add ${section} to ${shownPath(file.path ?? "")}`,
      ]
    : [
        hint`${command("init", "--profile", name)} asks for first settings`,
        or`leave it out`,
        or`${linesToWrite(input, tomlKey(name))}`,
      ];
  const nearest = nearestName(name, file.profiles.keys());
  return new TegataError("usage_invalid", notAProfile(name, origin, input), {
    // What a variable says is corrected there.
    hint: nearest === undefined || origin === "TEGATA_PROFILE" ? otherwise : hint`${meantSetting("profile", nearest)}`,
  });
}

function notAProfile(name: string, origin: string, { file }: SettingsInput): string {
  const problem = `${origin} ${shownValue(name, 80)} is not a section [profile.NAME]`;
  if (!file.exists) {
    return `${problem}: ${explainNoFile(file)}`;
  }
  const names = [...file.profiles.keys()];
  const where = file.path === undefined ? "" : ` in ${shownPath(file.path)}`;
  const known = names.length === 0 ? "it has none" : `known: ${listOf(names)}`;
  return `${problem}${where}${didYouMean(name, names)} (${known})`;
}
