import { join } from "node:path";
import * as v from "valibot";
import { writePrivateFile } from "./atomic-file.ts";
import type { HostFacts } from "./ownership.ts";
import { checkPrivateFolder, ensurePrivateFolder, type PrivateFolder } from "./private-folder.ts";
import { absent, deleteMatching, type Loaded, loadRecord, namesIn } from "./private-record.ts";

/** A sign-in at rest. */
export interface SessionRecord {
  readonly issuer: string;
  readonly subject: string;
  /** The raw ID token: verified again whenever it is used. */
  readonly idToken: string | undefined;
  readonly refreshToken: string | undefined;
  /** Milliseconds since the epoch. */
  readonly savedAt: number;
}

/** Sign-in sessions by the key that `sessionKeyOf` makes. */
export interface SessionStore {
  /** Content that is no record is treated as absent. */
  load(key: string): Promise<Loaded<SessionRecord>>;
  /** Durable when the promise resolves. Without a folder, nothing is kept. */
  save(key: string, record: SessionRecord): Promise<void>;
  /** False when there was nothing to forget. */
  forget(key: string): Promise<boolean>;
  forgetAll(): Promise<number>;
  list(): Promise<readonly (SessionRecord & { readonly key: string })[]>;
}

const fileName = /^[0-9a-f]{32}\.json(\.[0-9a-f-]{36}\.tmp)?$/;

const recordSchema = v.object({
  version: v.literal(1),
  key: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  issuer: v.string(),
  subject: v.string(),
  idToken: v.optional(v.pipe(v.string(), v.minLength(1))),
  refreshToken: v.optional(v.pipe(v.string(), v.minLength(1))),
  // Within what a Date can hold.
  savedAt: v.pipe(v.number(), v.minValue(0), v.maxValue(8_640_000_000_000_000)),
});

/**
 * One file per session, named `<key>.json` (32 hex digits).
 *
 * @param folder `undefined`: there is no place, nothing is kept.
 */
export function createSessionStore(folder: PrivateFolder | undefined, host: HostFacts): SessionStore {
  if (folder === undefined) {
    return {
      load: () => Promise.resolve(absent("there is no folder for sign-in sessions")),
      save: () => Promise.resolve(),
      forget: () => Promise.resolve(false),
      forgetAll: () => Promise.resolve(0),
      list: () => Promise.resolve([]),
    };
  }
  const pathOf = (key: string) => join(folder.path, nameOf(key));
  const forget = async (matches: (name: string) => boolean) =>
    (await checkPrivateFolder(folder, host)) ? deleteMatching(folder.path, matches) : 0;
  return {
    load: async (key) => {
      if (!(await checkPrivateFolder(folder, host))) {
        return absent("there is no record yet");
      }
      const loaded = await loadRecord(pathOf(key), recordSchema, host);
      if (loaded.kind === "absent") {
        return loaded;
      }
      return loaded.record.key === key
        ? { kind: "found", record: toRecord(loaded.record) }
        : absent("the record belongs to another key");
    },
    save: async (key, record) => {
      await ensurePrivateFolder(folder, host);
      const content = { version: 1, key, ...record };
      await writePrivateFile(pathOf(key), new TextEncoder().encode(JSON.stringify(content)), host);
    },
    forget: async (key) => (await forget((name) => fileName.test(name) && name.startsWith(nameOf(key)))) > 0,
    forgetAll: () => forget((name) => fileName.test(name)),
    list: async () => {
      const records: (SessionRecord & { readonly key: string })[] = [];
      const names = (await checkPrivateFolder(folder, host)) ? await namesIn(folder.path) : [];
      for (const name of names.filter((each) => fileName.test(each) && each.endsWith(".json"))) {
        const loaded = await loadRecord(join(folder.path, name), recordSchema, host);
        if (loaded.kind === "found" && nameOf(loaded.record.key) === name) {
          records.push({ key: loaded.record.key, ...toRecord(loaded.record) });
        }
      }
      return records;
    },
  };
}

function nameOf(key: string): string {
  return `${key.slice(0, 32)}.json`;
}

function toRecord(parsed: v.InferOutput<typeof recordSchema>): SessionRecord {
  const { issuer, subject, idToken, refreshToken, savedAt } = parsed;
  return { issuer, subject, idToken, refreshToken, savedAt };
}
