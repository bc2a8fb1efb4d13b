import { command, hint, shownValue, TegataError } from "@tegata/core";
import * as v from "valibot";
import { chooseIdp } from "../settings/choose-idp.ts";
import { defaultValue } from "../settings/defaults.ts";
import { withFixed } from "../settings/fixed.ts";
import { type ChosenIdp, rawValue } from "../settings/idp-settings.ts";
import type { LayerName } from "../settings/layer.ts";
import { didYouMean, nearestName } from "../settings/nearest-name.ts";
import { resolveIdp } from "../settings/resolve-idp.ts";
import type { ProfileSettings } from "../settings/resolve-profile.ts";
import {
  coreSettings,
  type CoreSettingName,
  type SettingDefinition,
  settingDefinitions,
} from "../settings/setting-definitions.ts";
import { awsValue, judge, typedValue, valueError } from "../settings/setting-sources.ts";
import { isSecretSetting, type RawValue, schemaInput } from "../settings/setting-value.ts";

/** Where the value of a setting comes from. */
export type SettingSource =
  /** What was typed, by its key. */
  | { readonly kind: "flag"; readonly key: string }
  | { readonly kind: "variable"; readonly name: string }
  /** `at`: `/etc/tegata/tegata.toml:3:1`. */
  | { readonly kind: "file"; readonly layer: LayerName; readonly at: string }
  | { readonly kind: "built-in" };

/** A setting as a run takes it. */
export interface EffectiveSetting {
  /** `role_arn`. */
  readonly key: string;
  /** As it was said. Undefined where it is not to be shown, and where it depends on something. */
  readonly value: unknown;
  /** What it depends on: `the first region of the role's partition`. */
  readonly words?: string | undefined;
  /** True: it may be a secret, or say where one is. */
  readonly isHidden: boolean;
  readonly source: SettingSource;
}

/** What showing the settings works with. */
interface SettingsContext {
  readonly profile: () => Promise<ProfileSettings>;
}

/**
 * The settings of this run that somebody has said, or that have a value when nobody does, with where each comes from. Nothing is
 * sent.
 *
 * @param key that one alone
 * @returns nothing for a key that has no value
 * @throws TegataError `usage_invalid` for a key that is none; for a value that is bad, as every command does
 */
export async function effectiveSettings(
  key: string | undefined,
  context: SettingsContext,
): Promise<readonly EffectiveSetting[]> {
  const profile = await context.profile();
  const chosen = await chosenIdpOf(profile);
  const { idps } = profile.input;
  const all = chosen === undefined || idps.includes(chosen.plugin) ? idps : [...idps, chosen.plugin];
  const definitions = settingDefinitions(all);
  if (key !== undefined && !definitions.has(key)) {
    const names = [...definitions.keys()];
    const nearest = nearestName(key, names);
    throw new TegataError("usage_invalid", `there is no setting ${shownValue(key, 80)}${didYouMean(key, names)}`, {
      hint:
        nearest === undefined
          ? hint`leave it out to see all that have a value: ${command("settings")}`
          : hint`${command("settings", nearest, ...(profile.name === undefined ? [] : ["--profile", profile.name]))}`,
    });
  }
  const found: EffectiveSetting[] = [];
  for (const definition of definitions.values()) {
    const { name } = definition;
    if (key !== undefined && name !== key) {
      continue;
    }
    const setting = isCore(name)
      ? await coreSettingOf(name, definition, profile, chosen)
      : await idpSettingOf(name, profile, chosen);
    if (setting !== undefined) {
      found.push(setting);
    }
  }
  return found;
}

function isCore(name: string): name is CoreSettingName {
  return Object.hasOwn(coreSettings, name);
}

/** Where no identity provider is named, the rest can be shown. */
async function chosenIdpOf(profile: ProfileSettings): Promise<ChosenIdp | undefined> {
  const chosen = await chooseIdp(profile);
  if (chosen !== undefined && chosen.plugin.kind === "interactive" && profile.raw("source_profile") === undefined) {
    // What makes no sense together, or is not allowed on this machine, is an error here as it is for every command.
    await resolveIdp(profile).catch((error: unknown) => {
      if (!(error instanceof TegataError && error.code === "settings_incomplete")) {
        throw error;
      }
    });
  }
  return chosen;
}

async function coreSettingOf(
  name: CoreSettingName,
  definition: SettingDefinition,
  profile: ProfileSettings,
  chosen: ChosenIdp | undefined,
): Promise<EffectiveSetting | undefined> {
  const { file } = profile.input;
  const { sections, defaultText } = definition;
  if (name === "profile") {
    return profileSetting(profile);
  }
  if (name === "config") {
    const typed = typedValue(name, profile.input);
    return typed !== undefined || file.path === undefined
      ? typed && shown(name, typed, profile)
      : { key: name, value: file.path, isHidden: false, source: { kind: "built-in" } };
  }
  const said = chosen !== undefined && sections.includes("idp") ? rawValue(name, profile, chosen) : profile.raw(name);
  const raw = name === "flow" || name === "token_store" ? await withFixed(name, said, file) : said;
  const schema: v.GenericSchema = coreSettings[name].schema;
  if (raw === undefined) {
    return defaultText === undefined ? undefined : defaultOf(definition, defaultText, schema);
  }
  const judged = judge(raw, name, schema);
  if ("issue" in judged) {
    throw await valueError(raw.origin, judged.issue, file, judged.meant);
  }
  return shown(name, { ...raw, value: judged.input }, profile);
}

async function idpSettingOf(
  name: string,
  profile: ProfileSettings,
  chosen: ChosenIdp | undefined,
): Promise<EffectiveSetting | undefined> {
  const schema = chosen?.plugin.settings.entries[name];
  if (chosen === undefined || schema === undefined) {
    const raw = typedValue(name, profile.input) ?? defaultValue(name, profile.input.defaults);
    // Of another identity provider: a variable may be meant for another profile.
    return chosen === undefined ? raw && shown(name, raw, profile) : undefined;
  }
  const raw = rawValue(name, profile, chosen);
  if (raw !== undefined) {
    return shown(name, { ...raw, value: schemaInput(raw, schema) }, profile);
  }
  const preset = v.safeParse(schema, undefined);
  return builtIn(name, preset.success && preset.output !== undefined ? preset.output : undefined);
}

async function profileSetting(profile: ProfileSettings): Promise<EffectiveSetting | undefined> {
  const { name, input } = profile;
  if (name === undefined) {
    return undefined;
  }
  const typed =
    typedValue("profile", input) ?? (profile.chosenBy === undefined ? undefined : awsValue("profile", input.env));
  const path = input.file.defaultProfile === name ? ["default_profile"] : ["profile", name];
  return shown("profile", typed ?? { value: name, origin: { kind: "file", path } }, profile);
}

/** The text of a default is a value, or says what it depends on. */
function defaultOf(
  { name, kind, choices }: SettingDefinition,
  text: string,
  schema: v.GenericSchema,
): EffectiveSetting | undefined {
  const isValue = kind !== "text" || choices !== undefined || name === "duration";
  const input = schemaInput({ value: text, origin: { kind: "flag", key: name } }, schema);
  return isValue && v.is(schema, input)
    ? builtIn(name, input)
    : { key: name, value: undefined, words: text, isHidden: false, source: { kind: "built-in" } };
}

function builtIn(key: string, value: unknown): EffectiveSetting | undefined {
  return value === undefined ? undefined : { key, value, isHidden: false, source: { kind: "built-in" } };
}

async function shown(
  key: string,
  { value, origin }: RawValue,
  { input: { file } }: ProfileSettings,
): Promise<EffectiveSetting> {
  const isHidden = isSecretSetting(key);
  const setting = { key, value: isHidden ? undefined : withoutUser(value), isHidden };
  switch (origin.kind) {
    case "flag":
      return { ...setting, source: { kind: "flag", key: origin.key } };
    case "variable":
      return { ...setting, source: { kind: "variable", name: origin.name } };
    case "file":
      return {
        ...setting,
        source: { kind: "file", layer: file.layerOf(origin.path) ?? "person", at: await file.where(origin.path) },
      };
    case "default":
      return { ...setting, source: { kind: "built-in" } };
  }
}

/** A plugin may take an address with a user and a password in it. */
function withoutUser(value: unknown): unknown {
  return typeof value === "string" ? value.replaceAll(/(:\/\/)[^\s/]*@/g, "$1…@") : value;
}
