import { join } from "node:path";
import { hint, TegataError, variable } from "@tegata/core";
import * as v from "valibot";
import { deleteFile, writePrivateFile } from "../files/atomic-file.ts";
import type { Host } from "../files/file-access.ts";
import { checkPrivateFolder, ensurePrivateFolder, type PrivateFolder } from "../files/private-folder.ts";
import { loadRecord, namesIn } from "../files/private-record.ts";
import { parseProgramName } from "./plugin-name.ts";

/** That a person wants a program to be run: this one, at this path, with this content. */
export interface TrustRecord {
  /** `tegata-idp-acme`. */
  readonly program: string;
  readonly path: string;
  /** Of the whole file: 64 hex digits. */
  readonly sha256: string;
  /** What it said of itself then, so that it need not be run to find out. */
  readonly description: unknown;
}

/** One file per program, `<program>.plugin` in the state folder. */
export interface TrustRecords {
  load(program: string): Promise<TrustRecord | undefined>;
  /** @throws TegataError `storage_*` */
  save(record: TrustRecord): Promise<void>;
  /** False when there was nothing to forget. */
  forget(program: string): Promise<boolean>;
  list(): Promise<readonly TrustRecord[]>;
}

const suffix = ".plugin";

const recordSchema = v.object({
  version: v.literal(1),
  program: v.string(),
  path: v.string(),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  description: v.unknown(),
});

/** @param folder `undefined`: there is no folder, and nothing can be stored. */
export function createTrustRecords(folder: PrivateFolder | undefined, host: Host): TrustRecords {
  if (folder === undefined) {
    return {
      load: () => Promise.resolve(undefined),
      save: () => {
        const error = new TegataError("storage_unwritable", "there is no folder to remember trusted programs in", {
          hint: hint`name one in ${variable("TEGATA_STATE_DIR")}`,
        });
        return Promise.reject(error);
      },
      forget: () => Promise.resolve(false),
      list: () => Promise.resolve([]),
    };
  }
  const load: TrustRecords["load"] = async (program) => {
    if (!(await checkPrivateFolder(folder, host))) {
      return undefined;
    }
    const loaded = await loadRecord(join(folder.path, `${program}${suffix}`), recordSchema, host);
    return loaded.kind === "found" && loaded.record.program === program ? loaded.record : undefined;
  };
  return {
    load,
    save: async (record) => {
      await ensurePrivateFolder(folder, host);
      const content = JSON.stringify({ version: 1, ...record });
      const path = join(folder.path, `${record.program}${suffix}`);
      await writePrivateFile(path, new TextEncoder().encode(content), host);
    },
    forget: async (program) => {
      const known = await load(program);
      if (known !== undefined) {
        await deleteFile(join(folder.path, `${program}${suffix}`));
      }
      return known !== undefined;
    },
    list: async () => {
      const names = (await checkPrivateFolder(folder, host)) ? namesIn(folder.path) : [];
      const programs = names.filter((name) => name.endsWith(suffix)).map((name) => name.slice(0, -suffix.length));
      const records = await Promise.all(
        programs.filter((name) => parseProgramName(name) !== undefined).map((name) => load(name)),
      );
      return records.flatMap((record) => record ?? []);
    },
  };
}
