import type { IdentityProvider } from "@tegata/core";
import type { System } from "../system/system.ts";
import { foldersOf } from "./folders.ts";
import { type IdpPrograms, readSettingsFile } from "./settings-file.ts";

/** The settings file of a run whose command line has not been understood yet. */
export interface SettingsFileAtFirstSight {
  /** Undefined: nothing says where it would be. */
  readonly path: string | undefined;
  /** The names of its profiles; none where it cannot be read. Another run says what is wrong with it. */
  readonly profileNames: () => Promise<readonly string[]>;
}

/**
 * Looks for the settings file, so that help can name it and an error can tell a profile from another word. No program is asked
 * what it is for that.
 *
 * @param config the value of `--config`
 */
export function settingsFileAtFirstSight(
  config: string | undefined,
  idps: readonly IdentityProvider[],
  system: System,
): SettingsFileAtFirstSight {
  const { platform, env, home } = system;
  const path = foldersOf({ platform, env, home, config }).settingsFile;
  return {
    path,
    profileNames: async () => {
      const file = await readSettingsFile({
        path,
        namedBy: undefined,
        idps,
        host: system,
        machineFile: system.machineFile,
        idpPrograms: undescribedPrograms,
      }).catch(() => undefined);
      return [...(file?.profiles.keys() ?? [])];
    },
  };
}

function undescribedPrograms(ids: readonly string[]): Promise<IdpPrograms> {
  return Promise.resolve({ described: [], undescribed: ids });
}
