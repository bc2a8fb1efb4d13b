import { hint, isTegataError, posixWord, setting, shownPath, variable, words } from "@tegata/core";
import { isOutOfReach, lookAtFolder, type PrivateFolder, whyOutOfUse } from "../files/private-folder.ts";
import { ownFolderHint } from "../files/own-folder-hint.ts";
import { resolveTokenStore } from "../settings/resolve-token-store.ts";
import type { ProfileSettings } from "../settings/resolve-profile.ts";
import type { DiagnosisContext } from "./diagnosis-context.ts";
import type { Check } from "./run-checks.ts";
import { type DiagnosisStep, failedBy, ok, warning } from "./step.ts";

type Context = Pick<DiagnosisContext, "folders" | "system" | "hasHome" | "found">;

/** Where credentials are stored: whether anybody else can get at them, and whether something can be written there. */
export const cacheFolderCheck: Check<Context> = {
  id: "cache-folder",
  isMeant: ({ hasHome }) => hasHome,
  run: async ({ folders, system }) => [
    await stepOf("cache-folder", folders.cacheDir, "TEGATA_CACHE_DIR", system, false),
  ],
};

/** Where a sign-in is stored likewise. A run that cannot use it needs a person each time. */
export const stateFolderCheck: Check<Context> = {
  id: "state-folder",
  isMeant: ({ hasHome, found }) => hasHome && found.idp?.kind !== "workload",
  run: async ({ folders, system, found }) => {
    const isUsed = found.profile === undefined || (await isStored(found.profile));
    return isUsed
      ? [await stepOf("state-folder", folders.stateDir, "TEGATA_STATE_DIR", system, true)]
      : [ok("state-folder", words`not used: ${setting("token_store")} is none`)];
  },
};

async function isStored(profile: ProfileSettings): Promise<boolean> {
  return (await resolveTokenStore(profile)) !== "none";
}

async function stepOf(
  id: string,
  path: string | undefined,
  name: PrivateFolder["variable"],
  system: Context["system"],
  isNeeded: boolean,
): Promise<DiagnosisStep> {
  if (path === undefined) {
    return warning(id, "there is no home folder: nothing is stored", ownFolderHint(name));
  }
  const shown = shownPath(path);
  if (isOutOfReach(path)) {
    return warning(id, `${shown} is out of reach for this user: nothing is stored`, ownFolderHint(name));
  }
  try {
    const seen = await lookAtFolder({ path, variable: name }, system);
    const reason = whyOutOfUse(path);
    if (reason !== undefined) {
      return warning(id, `nothing can be stored in ${shown}: ${reason}`, ownFolderHint(name));
    }
    if (seen === undefined) {
      return ok(id, `${shown} is made when something is stored`);
    }
    const mode = seen.mode === undefined ? "" : ` (mode ${seen.mode})`;
    return seen.isOpen
      ? warning(
          id,
          `${shown} can be read by others${mode}: the next run closes it`,
          hint`chmod 700 ${posixWord(path)}, or name another one in ${variable(name)}`,
        )
      : ok(id, `${shown}${mode}`);
  } catch (error) {
    if (!isTegataError(error)) {
      throw error;
    }
    // Without the cache folder, a run gets new credentials each time; not where somebody has put something there.
    const isReplaceable = error.message.startsWith("others can replace");
    const step = failedBy(id, error);
    return isReplaceable && !isNeeded ? warning(id, step.message, step.hint) : step;
  }
}
