import type { Stats } from "node:fs";
import { join } from "node:path";
import type { AwsCredentials } from "@tegata/core";
import * as v from "valibot";
import { deleteFile, readPrivateFile, writePrivateFile } from "../files/atomic-file.ts";
import type { Host } from "../files/file-access.ts";
import {
  checkFolderToEmpty,
  checkPrivateFolder,
  ensurePrivateFolder,
  type PrivateFolder,
} from "../files/private-folder.ts";
import { absent, deleteMatching, type Loaded, loadRecord, namesIn, writtenAt } from "../files/private-record.ts";

/** What a fast answer is found by. */
export interface CredentialsKey {
  /** Of the sign-in session that the credentials came from: 64 hex digits. */
  readonly session: string;
  /** Of everything that changes the answer, the session's key included: 64 hex digits. */
  readonly digest: string;
}

/** AWS credentials at rest, with what `status` tells of them. */
export interface CredentialsRecord {
  readonly credentials: AwsCredentials;
  /** Milliseconds since the epoch, by the clock of this computer. */
  readonly obtainedAt: number;
  readonly subject: string;
  readonly issuer: string;
  readonly roleArn: string;
  /** For the steps behind, which have none of their own. */
  readonly roleSessionName: string;
  /** Which sign-in they come from, as `SessionRecord` has it. Undefined: they are not stored, or an older version kept them. */
  readonly generation?: string | undefined;
}

export interface InspectedRecord {
  readonly record: CredentialsRecord;
  readonly bytes: number;
  /** Milliseconds since the epoch, rounded down. */
  readonly writtenAt: number;
}

export interface CredentialsCache {
  /** The file of a key, whether it is there or not; undefined without a folder. */
  pathOf(key: CredentialsKey): string | undefined;
  /** Content that is no record is a miss. */
  load(key: CredentialsKey): Promise<Loaded<CredentialsRecord>>;
  /** The record, and the size and time of the very file that it was read from. */
  inspect(key: CredentialsKey): Promise<InspectedRecord | undefined>;
  /** Without a folder, nothing is stored. */
  store(key: CredentialsKey, record: CredentialsRecord): Promise<void>;
  /** Which sign-in of a session that is stored nowhere the credentials here come from. */
  loadGeneration(session: string): Promise<string | undefined>;
  storeGeneration(session: string, generation: string): Promise<void>;
  /**
   * Forgets every credential that came from one sign-in session, and its generation; how many credentials that were.
   *
   * @param session its key, or the first half of it
   */
  forgetSession(session: string): Promise<number>;
  forgetAll(): Promise<number>;
  /** The first half of the key of every session that something is here of. */
  halfKeys(): Promise<readonly string[]>;
  /** Every record that can be read, alive or not. */
  list(): Promise<readonly (CredentialsRecord & { readonly key: CredentialsKey })[]>;
}

/** The SDKs run the program again on every call once less than 15 minutes are left; one more for clocks that differ. */
const renewalMarginMilliseconds = 16 * 60_000;
/** Clocks are corrected by seconds all the time; a step back beyond that says nothing about what is left. */
const clockStepMilliseconds = 60_000;
/** No session of STS outlives 12 hours. */
const deadAfterMilliseconds = 13 * 3_600_000;
const abandonedAfterMilliseconds = 3_600_000;

const fileName = /^[0-9a-f]{32}\.[0-9a-f]{32}\.json(\.[0-9a-f-]{36}\.tmp)?$/;
/** Entries of the answer cache: worth nothing without the credentials in their output. */
const entryFileName = /^[0-9a-f]{16}\.output(\.claim|\.[0-9a-f-]{36}\.tmp)?$/;
const generationFileName = /^[0-9a-f]{32}\.generation(\.[0-9a-f-]{36}\.tmp)?$/;
const hexDigest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const filled = v.pipe(v.string(), v.minLength(1));

const recordSchema = v.object({
  version: v.literal(2),
  session: hexDigest,
  digest: hexDigest,
  credentials: v.object({
    accessKeyId: filled,
    secretAccessKey: filled,
    sessionToken: filled,
    expiration: v.pipe(
      v.string(),
      v.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/),
      v.check((text) => Number.isFinite(Date.parse(text))),
    ),
    accountId: v.optional(v.string()),
    assumedRoleArn: v.optional(v.string()),
  }),
  obtainedAt: v.pipe(v.number(), v.finite()),
  subject: v.string(),
  issuer: v.string(),
  roleArn: v.string(),
  roleSessionName: v.string(),
  generation: v.optional(v.string()),
});

/**
 * True while the credentials are good enough to be handed out without renewing them: at least 16 minutes are left, or a
 * third of the lifetime where that is less, and some seconds more ({@link freshness}).
 *
 * @param now Milliseconds since the epoch.
 */
export function isFresh(record: CredentialsRecord, now: number): boolean {
  const { from, until } = freshness(record);
  return now >= from && now <= until;
}

/**
 * The instants between which credentials are fresh, in milliseconds since the epoch.
 *
 * A thousand jobs that started at once are not to renew at once, so the end comes up to an eighth of the margin earlier. The
 * die is the millisecond in which they were obtained: every process on this machine reads the same.
 */
export function freshness(record: CredentialsRecord): { readonly from: number; readonly until: number } {
  const expiresAt = Date.parse(record.credentials.expiration);
  const margin = Math.min(renewalMarginMilliseconds, (expiresAt - record.obtainedAt) / 3);
  const jitter = ((record.obtainedAt % 1000) / 1000) * (margin / 8);
  return { from: record.obtainedAt - clockStepMilliseconds, until: expiresAt - margin - jitter };
}

/**
 * True while AWS still takes the credentials, as far as the clock can tell: one that stands before they were obtained was set
 * back, and then nobody knows.
 *
 * @param now Milliseconds since the epoch.
 */
export function isAlive(record: CredentialsRecord, now: number): boolean {
  return now >= record.obtainedAt - clockStepMilliseconds && now < Date.parse(record.credentials.expiration);
}

/**
 * One file per key, named `<session>.<digest>.json` (32 hex digits each), so that forgetting a sign-in is deleting by
 * prefix.
 *
 * @param folder `undefined`: there is no folder, nothing is stored.
 */
export function createCredentialsCache(folder: PrivateFolder | undefined, host: Host): CredentialsCache {
  if (folder === undefined) {
    return {
      pathOf: () => undefined,
      load: () => Promise.resolve(absent("there is no folder for the cache")),
      inspect: () => Promise.resolve(undefined),
      store: () => Promise.resolve(),
      loadGeneration: () => Promise.resolve(undefined),
      storeGeneration: () => Promise.resolve(),
      forgetSession: () => Promise.resolve(0),
      forgetAll: () => Promise.resolve(0),
      halfKeys: () => Promise.resolve([]),
      list: () => Promise.resolve([]),
    };
  }
  const pathOf = (key: CredentialsKey) => join(folder.path, nameOf(key));
  const forget = async (matches: (name: string) => boolean) =>
    (await checkFolderToEmpty(folder, host)) ? deleteMatching(folder.path, matches) : 0;
  /** Cached outputs and the generation as well; whether the one can be deleted or not, the other is. */
  const forgetBoth = async (isMeant: (name: string) => boolean): Promise<number> => {
    try {
      return await forget((name) => fileName.test(name) && isMeant(name));
    } finally {
      await forget((name) => entryFileName.test(name) || (generationFileName.test(name) && isMeant(name)));
    }
  };
  const generationPathOf = (session: string) => join(folder.path, `${session.slice(0, 32)}.generation`);
  const load = async (key: CredentialsKey, onStats?: (stats: Stats) => void): Promise<Loaded<CredentialsRecord>> => {
    if (!(await checkPrivateFolder(folder, host))) {
      return absent("there is no record yet");
    }
    const loaded = await loadRecord(pathOf(key), recordSchema, host, onStats);
    if (loaded.kind === "absent") {
      return loaded;
    }
    const { session, digest } = loaded.record;
    return session === key.session && digest === key.digest
      ? { kind: "found", record: toRecord(loaded.record) }
      : absent("the record belongs to another key");
  };
  return {
    pathOf,
    load: (key) => load(key),
    inspect: async (key) => {
      let stats: Stats | undefined;
      const loaded = await load(key, (seen) => {
        stats = seen;
      });
      return loaded.kind === "absent" || stats === undefined
        ? undefined
        : { record: loaded.record, bytes: stats.size, writtenAt: Math.floor(stats.mtimeMs) };
    },
    store: async (key, record) => {
      await ensurePrivateFolder(folder, host);
      const content = { version: 2, session: key.session, digest: key.digest, ...record };
      await writePrivateFile(pathOf(key), new TextEncoder().encode(JSON.stringify(content)), host);
      await deleteOld(folder.path, nameOf(key)).catch(() => undefined);
    },
    loadGeneration: async (session) => {
      const path = generationPathOf(session);
      const bytes = (await checkPrivateFolder(folder, host)) ? await readPrivateFile(path, host) : undefined;
      const text = new TextDecoder().decode(bytes);
      return /^[0-9a-f]{32}$/.test(text) ? text : undefined;
    },
    storeGeneration: async (session, generation) => {
      await ensurePrivateFolder(folder, host);
      await writePrivateFile(generationPathOf(session), new TextEncoder().encode(generation), host);
    },
    forgetSession: (session) => forgetBoth((name) => name.startsWith(`${session.slice(0, 32)}.`)),
    forgetAll: () => forgetBoth(() => true),
    halfKeys: async () => {
      const names = (await checkFolderToEmpty(folder, host)) ? namesIn(folder.path) : [];
      const ours = names.filter((name) => fileName.test(name) || generationFileName.test(name));
      return [...new Set(ours.map((name) => name.slice(0, 32)))];
    },
    list: async () => {
      const records: (CredentialsRecord & { readonly key: CredentialsKey })[] = [];
      const names = (await checkPrivateFolder(folder, host)) ? namesIn(folder.path) : [];
      for (const name of names.filter((each) => fileName.test(each) && each.endsWith(".json"))) {
        const loaded = await loadRecord(join(folder.path, name), recordSchema, host);
        if (loaded.kind === "found" && nameOf(loaded.record) === name) {
          const { session, digest } = loaded.record;
          records.push({ key: { session, digest }, ...toRecord(loaded.record) });
        }
      }
      return records;
    },
  };
}

function nameOf(key: CredentialsKey): string {
  return `${key.session.slice(0, 32)}.${key.digest.slice(0, 32)}.json`;
}

function toRecord(parsed: v.InferOutput<typeof recordSchema>): CredentialsRecord {
  const { credentials, obtainedAt, subject, issuer, roleArn, roleSessionName, generation } = parsed;
  const { accessKeyId, secretAccessKey, sessionToken, expiration, accountId, assumedRoleArn } = credentials;
  return {
    credentials: { accessKeyId, secretAccessKey, sessionToken, expiration, accountId, assumedRoleArn },
    obtainedAt,
    subject,
    issuer,
    roleArn,
    roleSessionName,
    generation,
  };
}

/**
 * Deletes what AWS takes no more, and what killed processes left behind. Judged by age alone, so that nothing has to be
 * read, and by the file system's own clock: the newest file tells what time it is there.
 */
async function deleteOld(folder: string, newest: string): Promise<void> {
  const now = writtenAt(join(folder, newest));
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    const then = writtenAt(path);
    const isOld =
      now !== undefined &&
      then !== undefined &&
      now - then > (name.endsWith(".tmp") ? abandonedAfterMilliseconds : deadAfterMilliseconds);
    // The names come last: a look costs less than three patterns that are compiled for one run.
    if (isOld && [fileName, entryFileName, generationFileName].some((pattern) => pattern.test(name))) {
      await deleteFile(path);
    }
  }
}
