import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { RenewalRefusal } from "@tegata/core";
import * as v from "valibot";
import { writePrivateFile } from "../files/atomic-file.ts";
import { isAbsence } from "../files/file-errors.ts";
import type { Host } from "../files/file-access.ts";
import {
  checkFolderToEmpty,
  checkPrivateFolder,
  ensurePrivateFolder,
  type PrivateFolder,
} from "../files/private-folder.ts";
import { absent, deleteMatching, type Loaded, loadRecord, namesIn } from "../files/private-record.ts";
import { plainTokenStore, type TokenStore } from "./token-store.ts";

/** A sign-in at rest. */
export interface SessionRecord {
  readonly issuer: string;
  readonly subject: string;
  /**
   * Which sign-in of a person it comes from: 32 random hex digits, new with every sign-in and the same after every renewal.
   * Undefined only in one that is about to be given one, and in those of older versions ({@link generationOf}).
   */
  readonly generation?: string | undefined;
  /** The raw ID token: verified again whenever it is used. */
  readonly idToken: string | undefined;
  readonly refreshToken: string | undefined;
  /** Why the identity provider did not renew it. */
  readonly refusal?: RenewalRefusal | undefined;
  /** Milliseconds since the epoch. */
  readonly savedAt: number;
}

/** `keyring`: a file whose tokens are encrypted with a key that the keyring holds; `file`: a file as it is. */
export type UsedTokenStore = "keyring" | "file";

/** What tells one sign-in from another, without its secrets. */
export interface SessionIdentity {
  readonly issuer: string;
  readonly subject: string;
  readonly generation: string;
}

/** Sign-in sessions by the key that `sessionKeyOf` makes. */
export interface SessionStore {
  /** Content that is no record is treated as absent; with the token store `none`, everything is. */
  load(key: string): Promise<Loaded<SessionRecord>>;
  /** What is stored, no matter what the token store is now, and where: for telling and for forgetting. */
  peek(
    key: string,
  ): Promise<{ readonly tokenStore: UsedTokenStore | undefined; readonly loaded: Loaded<SessionRecord> }>;
  /** Whose sign-in is stored, no matter what the token store is; no keyring is asked. */
  identify(key: string): Promise<SessionIdentity | undefined>;
  /**
   * Durable when the promise resolves.
   *
   * @returns false where nothing is stored: without a folder, and with the token store `none`
   */
  save(key: string, record: SessionRecord): Promise<boolean>;
  /** False when there was nothing to forget. */
  forget(key: string): Promise<boolean>;
  forgetAll(): Promise<number>;
  list(): Promise<readonly (SessionRecord & { readonly key: string })[]>;
  /**
   * Whether there is a file of a session, readable or not, and safe or not.
   *
   * @param key the key, or the first half of it
   * @returns undefined: nobody can tell, as the folder cannot be looked into
   */
  isThere(key: string): Promise<boolean | undefined>;
  /** The first half of the key of every file that looks like one of ours, readable or not. */
  halfKeys(): Promise<readonly string[]>;
  /** The file of a session, whether it is there or not; undefined without a folder. */
  pathOf(key: string): string | undefined;
}

/** A session that an older version wrote is a sign-in of its own. */
export function generationOf({ generation, savedAt }: Pick<SessionRecord, "generation" | "savedAt">): string {
  return generation ?? Math.trunc(savedAt).toString(16).padStart(32, "0");
}

const fileName = /^[0-9a-f]{32}\.json(\.[0-9a-f-]{36}\.tmp)?$/;

const shownText = v.pipe(v.string(), v.maxLength(2048));
const refusalSchema = v.object({
  words: shownText,
  error: v.optional(shownText),
  errorUri: v.optional(shownText),
  isFinal: v.optional(v.boolean()),
});

const common = {
  key: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  issuer: v.string(),
  subject: v.string(),
  generation: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/))),
  refusal: v.fallback(v.optional(refusalSchema), undefined),
  // Within what a Date can hold.
  savedAt: v.pipe(v.number(), v.minValue(0), v.maxValue(8_640_000_000_000_000)),
};
const plainSchema = v.object({
  version: v.literal(1),
  ...common,
  idToken: v.optional(v.pipe(v.string(), v.minLength(1))),
  refreshToken: v.optional(v.pipe(v.string(), v.minLength(1))),
});
const sealedSchema = v.object({
  version: v.literal(2),
  ...common,
  keyId: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  nonce: v.string(),
  sealed: v.string(),
});
const recordSchema = v.variant("version", [plainSchema, sealedSchema]);
type StoredRecord = v.InferOutput<typeof recordSchema>;

/**
 * One file per session, named `<key>.json` (32 hex digits), no matter what the token store is: replacing it stays one step.
 *
 * @param folder `undefined`: there is no folder, nothing is stored.
 */
export function createSessionStore(
  folder: PrivateFolder | undefined,
  host: Host,
  tokens: TokenStore = plainTokenStore,
): SessionStore {
  if (folder === undefined) {
    const nowhere = absent("there is no folder for sign-in sessions");
    return {
      load: () => Promise.resolve(nowhere),
      peek: () => Promise.resolve({ tokenStore: undefined, loaded: nowhere }),
      identify: () => Promise.resolve(undefined),
      save: () => Promise.resolve(false),
      forget: () => Promise.resolve(false),
      forgetAll: () => Promise.resolve(0),
      list: () => Promise.resolve([]),
      isThere: () => Promise.resolve(false),
      halfKeys: () => Promise.resolve([]),
      pathOf: () => undefined,
    };
  }
  const pathOf = (key: string) => join(folder.path, nameOf(key));
  const storedOf = async (key: string): Promise<Loaded<StoredRecord>> => {
    if (!(await checkPrivateFolder(folder, host))) {
      return absent("there is no record yet");
    }
    const loaded = await loadRecord(pathOf(key), recordSchema, host);
    return loaded.kind === "found" && loaded.record.key !== key ? absent("the record belongs to another key") : loaded;
  };
  const opened = async (stored: StoredRecord): Promise<Loaded<SessionRecord>> => {
    const { issuer, subject, generation, savedAt, refusal } = stored;
    const secrets =
      stored.version === 1
        ? { kind: "found" as const, record: { idToken: stored.idToken, refreshToken: stored.refreshToken } }
        : await tokens.open(stored, stored.key);
    return secrets.kind === "absent"
      ? secrets
      : { kind: "found", record: { issuer, subject, generation, ...secrets.record, refusal, savedAt } };
  };
  const forget = async (matches: (name: string) => boolean): Promise<number> => {
    if (!(await checkFolderToEmpty(folder, host))) {
      return 0;
    }
    const names = namesIn(folder.path).filter((name) => matches(name));
    const keyIds = await Promise.all(names.map((name) => keyIdIn(join(folder.path, name), host)));
    const forgotten = await deleteMatching(folder.path, matches);
    await tokens.forgetKeys([...new Set(keyIds.flatMap((id) => id ?? []))]);
    return forgotten;
  };
  const forgetKey = async (key: string) =>
    (await forget((name) => fileName.test(name) && name.startsWith(nameOf(key)))) > 0;
  const peek: SessionStore["peek"] = async (key) => {
    const stored = await storedOf(key);
    return stored.kind === "absent"
      ? { tokenStore: undefined, loaded: stored }
      : { tokenStore: stored.record.version === 1 ? "file" : "keyring", loaded: await opened(stored.record) };
  };
  return {
    load: async (key) => {
      if ((await tokens.mode()) === "none") {
        return absent("sign-ins are not stored");
      }
      await tokens.prepare();
      return (await peek(key)).loaded;
    },
    peek,
    identify: async (key) => {
      const stored = await storedOf(key);
      if (stored.kind === "absent") {
        return undefined;
      }
      const { issuer, subject } = stored.record;
      return { issuer, subject, generation: generationOf(stored.record) };
    },
    save: async (key, record) => {
      const { idToken, refreshToken, ...rest } = record;
      // What cannot be read is written over.
      const before = await storedOf(key).catch(() => absent("it cannot be read"));
      const stored = before.kind === "found" ? before.record : undefined;
      const keyId = stored?.version === 2 ? stored.keyId : undefined;
      const shape = await tokens.seal({ idToken, refreshToken }, key, { keyId, isPlain: stored?.version === 1 });
      if (shape.kind === "nothing") {
        // Anyone who signs in again and wants nothing stored does not want the former sign-in stored either.
        await forgetKey(key);
        return false;
      }
      const content =
        shape.kind === "sealed" ? { version: 2, key, ...rest, ...shape.sealed } : { version: 1, key, ...record };
      await ensurePrivateFolder(folder, host);
      await writePrivateFile(pathOf(key), new TextEncoder().encode(JSON.stringify(content)), host);
      return true;
    },
    forget: forgetKey,
    forgetAll: () => forget((name) => fileName.test(name)),
    list: async () => {
      const records: (SessionRecord & { readonly key: string })[] = [];
      const names = (await checkPrivateFolder(folder, host)) ? namesIn(folder.path) : [];
      for (const name of names.filter((each) => fileName.test(each) && each.endsWith(".json"))) {
        const loaded = await loadRecord(join(folder.path, name), recordSchema, host);
        if (loaded.kind === "found" && nameOf(loaded.record.key) === name) {
          const session = await opened(loaded.record);
          records.push(...(session.kind === "found" ? [{ key: loaded.record.key, ...session.record }] : []));
        }
      }
      return records;
    },
    isThere: async (key) => {
      try {
        await lstat(pathOf(key));
        return true;
      } catch (error) {
        return isAbsence(error) ? false : undefined;
      }
    },
    halfKeys: async () => {
      const names = (await checkFolderToEmpty(folder, host)) ? namesIn(folder.path) : [];
      return [...new Set(names.filter((name) => fileName.test(name)).map((name) => name.slice(0, 32)))];
    },
    pathOf,
  };
}

function nameOf(key: string): string {
  return `${key.slice(0, 32)}.json`;
}

/** The key of a file that is about to be deleted; a file that cannot be read has none. */
async function keyIdIn(path: string, host: Host): Promise<string | undefined> {
  try {
    const loaded = await loadRecord(path, sealedSchema, host);
    return loaded.kind === "found" ? loaded.record.keyId : undefined;
  } catch {
    return undefined;
  }
}
