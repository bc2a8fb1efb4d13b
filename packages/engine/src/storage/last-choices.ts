import { join } from "node:path";
import * as v from "valibot";
import { writePrivateFile } from "../files/atomic-file.ts";
import type { Host } from "../files/file-access.ts";
import { checkPrivateFolder, ensurePrivateFolder, type PrivateFolder } from "../files/private-folder.ts";
import { deleteMatching, loadRecord } from "../files/private-record.ts";
import { sha256 } from "../files/sha256.ts";

/** What a person has chosen from lists of one settings file: names of profiles and ARNs of roles, no secret. */
export interface LastChoices {
  /**
   * The latest first.
   *
   * @param list which list it was: of the profiles, or of the roles for one of them
   */
  load(list: string): Promise<readonly string[]>;
  save(list: string, chosen: string): Promise<void>;
  /** Those of every settings file; how many lists there were. */
  forgetAll(): Promise<number>;
}

const fileName = /^[0-9a-f]{32}\.choices(\.[0-9a-f-]{36}\.tmp)?$/;
const maxStored = 20;
const recordSchema = v.object({
  version: v.literal(1),
  settingsFile: v.string(),
  list: v.string(),
  chosen: v.pipe(v.array(v.pipe(v.string(), v.maxLength(2048))), v.maxLength(maxStored)),
});

/**
 * One file for each list, named `<digest>.choices` (32 hex digits).
 *
 * @param folder `undefined`: there is no folder, nothing is stored.
 * @param settingsFile profiles of one name in two files are two profiles
 */
export function createLastChoices(
  folder: PrivateFolder | undefined,
  settingsFile: string | undefined,
  host: Host,
): LastChoices {
  if (folder === undefined) {
    return {
      load: () => Promise.resolve([]),
      save: () => Promise.resolve(),
      forgetAll: () => Promise.resolve(0),
    };
  }
  const owner = settingsFile ?? "";
  const pathOf = (list: string) => {
    const digest = sha256(JSON.stringify(["tegata", "choices", owner, list]));
    return join(folder.path, `${digest.slice(0, 32)}.choices`);
  };
  const load: LastChoices["load"] = async (list) => {
    if (!(await checkPrivateFolder(folder, host))) {
      return [];
    }
    const loaded = await loadRecord(pathOf(list), recordSchema, host);
    return loaded.kind === "found" && loaded.record.settingsFile === owner && loaded.record.list === list
      ? loaded.record.chosen
      : [];
  };
  return {
    load,
    save: async (list, chosen) => {
      const before = await load(list);
      const all = [chosen, ...before.filter((each) => each !== chosen)].slice(0, maxStored);
      await ensurePrivateFolder(folder, host);
      const content = JSON.stringify({ version: 1, settingsFile: owner, list, chosen: all });
      await writePrivateFile(pathOf(list), new TextEncoder().encode(content), host);
    },
    forgetAll: async () =>
      (await checkPrivateFolder(folder, host)) ? deleteMatching(folder.path, (name) => fileName.test(name)) : 0,
  };
}
