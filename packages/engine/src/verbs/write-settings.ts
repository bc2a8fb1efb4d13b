import {
  flag,
  hint,
  type IdentityProvider,
  or,
  type Ports,
  setting,
  shownPath,
  shownValue,
  TegataError,
  variable,
  words,
} from "@tegata/core";
import { stringify } from "smol-toml";
import type { Locks } from "../files/lock.ts";
import { updateTextFile } from "../files/text-file.ts";
import { emptySettings, readSettingsFile, type SettingsFile } from "../settings/settings-file.ts";
import type { IdpPrograms } from "../settings/read-layer.ts";
import { readSettingsText } from "../settings/settings-text.ts";
import { schemaLine } from "../settings/schema-line.ts";
import {
  type NewSection,
  sectionsText,
  type TomlValue,
  withoutSection,
  withSections,
} from "../settings/toml-sections.ts";
import type { System } from "../system/system.ts";

/** Larger ones are refused when they are read, too. */
const maxBytes = 1_048_576;

/** What a change of the settings file works with. */
export interface WritingContext {
  /** Where a person's own settings file is, or would be. */
  readonly settingsPath: string | undefined;
  readonly system: System;
  readonly ports: Pick<Ports, "clock" | "random" | "signal">;
  readonly credentialsLocks: Locks;
  readonly idps: readonly IdentityProvider[];
  readonly idpPrograms: (ids: readonly string[]) => Promise<IdpPrograms>;
}

/** A profile that is to stand in the settings file, and its identity provider where that is new, too. */
export interface WantedProfile {
  readonly name: string;
  readonly values: Readonly<Record<string, TomlValue>>;
  /** `undefined`: its section is there. */
  readonly idp: { readonly name: string; readonly values: Readonly<Record<string, TomlValue>> } | undefined;
  /** True: one of this name that is there is taken out. */
  readonly replaces: boolean;
}

/** A change of the settings file, before it is made. */
export interface SettingsChange {
  readonly path: string;
  /** `undefined` where there is no file. */
  readonly before: string | undefined;
  readonly after: string;
}

/**
 * A person's own settings file as it is, without the team's and the machine's; empty where there is none.
 *
 * @throws TegataError as `readSettingsFile` does
 */
export async function ownSettings({ settingsPath, system, idps, idpPrograms }: WritingContext): Promise<SettingsFile> {
  if (settingsPath === undefined || (await readSettingsText(settingsPath, system)) === undefined) {
    return emptySettings(settingsPath);
  }
  return readSettingsFile({ path: settingsPath, namedBy: "flag", idps, host: system, idpPrograms });
}

/** What a new file says for a profile, as text: all that {@link planSettings} adds. */
export function textOfSettings(wanted: WantedProfile): string {
  const chosen = stringify({ default_profile: wanted.name }).trim();
  return `${schemaLine}\n${chosen}\n\n${sectionsText(sectionsOf(wanted))}`;
}

function sectionsOf({ name, values, idp }: WantedProfile): readonly NewSection[] {
  return [
    ...(idp === undefined ? [] : [{ path: ["idp", idp.name] as const, values: idp.values }]),
    { path: ["profile", name] as const, values },
  ];
}

/**
 * What the settings file is once a profile stands in it. Nothing is written.
 *
 * @throws TegataError `usage_invalid` where there is one of that name that is not to be replaced; `settings_invalid` where the
 *   file is written in a way that sections cannot be added to; as `readSettingsFile` does; without a home, `settings_not_found`
 */
export async function planSettings(wanted: WantedProfile, context: WritingContext): Promise<SettingsChange> {
  const { settingsPath: path, system } = context;
  if (path === undefined) {
    throw new TegataError("settings_not_found", "no home folder is known to write the settings to", {
      hint: [hint`name the file: ${setting("config", "FILE")}`, or`set ${variable("TEGATA_CONFIG")}`],
    });
  }
  const read = await readSettingsText(path, system);
  if (read === undefined) {
    return { path, before: undefined, after: textOfSettings(wanted) };
  }
  if (read.file === undefined) {
    throw new TegataError("usage_invalid", `${shownPath(path)} is no file that stays`, {
      hint: hint`name another one: ${setting("config", "FILE")}`,
    });
  }
  // Without the decoding, so that a mark at its beginning stays.
  const before = new TextDecoder("utf-8", { ignoreBOM: true }).decode(read.bytes);
  const { profiles, layers } = await ownSettings(context);
  const isThere = layers.some(({ name, content }) => name === "person" && content.profiles.has(wanted.name));
  if (profiles.has(wanted.name) && !wanted.replaces) {
    throw new TegataError("usage_invalid", `${shownPath(path)} has a profile ${shownValue(wanted.name)} already`, {
      hint: [hint`give it another name: ${setting("profile", "NAME")}`, or`replace it: ${flag("replace")}`],
    });
  }
  const without = isThere ? await withoutSection(before, ["profile", wanted.name]) : before;
  const after = without === undefined ? undefined : withSections(without, sectionsOf(wanted));
  if (after === undefined) {
    throw new TegataError(
      "settings_invalid",
      words`${shownPath(path)} is written in a way that no section can be ${isThere ? "replaced in" : "added to"}`,
      { hint: hint`write the lines into it by hand: ${flag("print")} prints them` },
    );
  }
  return { path, before, after };
}

/**
 * Makes a change, whole or not at all.
 *
 * @throws TegataError `storage_locked` where the file has been changed since; `file_unwritable`
 */
export async function changeSettings(
  { path, before, after }: SettingsChange,
  { system, ports, credentialsLocks }: WritingContext,
): Promise<void> {
  const { platform, uid } = system;
  await updateTextFile(
    path,
    maxBytes,
    (text) => {
      if (text !== before) {
        throw new TegataError("storage_locked", `${shownPath(path)} has been changed meanwhile`, {
          hint: "run the command again",
        });
      }
      return after;
    },
    { ...ports, platform, uid, fileLocks: credentialsLocks },
    { backup: undefined },
  );
}
