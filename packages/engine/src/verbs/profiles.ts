import type { LayerName } from "../settings/layer.ts";
import type { ProfileSettings } from "../settings/resolve-profile.ts";
import type { SettingsFile } from "../settings/settings-file.ts";

/** A section `[profile.NAME]`, as it stands in the settings file. */
export interface ListedProfile {
  readonly name: string;
  readonly idp: unknown;
  readonly roleArn: unknown;
  /** The one that `default_profile` names. */
  readonly isDefault: boolean;
  /** The one that this run is about. */
  readonly isChosen: boolean;
  /** Whose settings file has it: the strongest of those that do. */
  readonly layer: LayerName;
  /** The variable that has chosen it, where one has. */
  readonly chosenBy: string | undefined;
}

/** The profiles of the settings file, and which of them a run that names none is about. */
export interface ProfileList {
  readonly settingsFile: Pick<SettingsFile, "path" | "exists">;
  /** In the order of the file. */
  readonly profiles: readonly ListedProfile[];
}

/**
 * The profiles of the settings file, and which of them this run is about.
 *
 * @throws TegataError as `readSettingsFile` does
 */
export async function profilesOf(context: {
  readonly settingsFile: () => Promise<SettingsFile>;
  readonly profile: () => Promise<ProfileSettings>;
}): Promise<ProfileList> {
  const file = await context.settingsFile();
  const { path, exists, profiles, defaultProfile } = file;
  // A list is of use, too, to a person whose variable names none of them.
  const chosen = await context.profile().catch(() => undefined);
  return {
    settingsFile: { path, exists },
    profiles: [...profiles].map(([name, section]) => ({
      name,
      idp: section.get("idp"),
      roleArn: section.get("role_arn"),
      layer: file.layerOf(["profile", name]) ?? "person",
      isDefault: name === defaultProfile,
      isChosen: name === chosen?.name,
      chosenBy: name === chosen?.name ? chosen.chosenBy : undefined,
    })),
  };
}
