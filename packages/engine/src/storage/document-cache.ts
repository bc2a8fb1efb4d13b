import { join } from "node:path";
import { isTegataError, type ProviderDocuments } from "@tegata/core";
import * as v from "valibot";
import { deleteFile, writePrivateFile } from "../files/atomic-file.ts";
import { sha256 } from "../files/sha256.ts";
import type { Host } from "../files/file-access.ts";
import { checkPrivateFolder, ensurePrivateFolder, type PrivateFolder } from "../files/private-folder.ts";
import { deleteMatching, loadRecord, namesIn, writtenAt } from "../files/private-record.ts";

/** Discovery documents and key sets of identity providers. They can always be had again: nothing here ever fails a run. */
export interface DocumentCache extends ProviderDocuments {
  /**
   * How many files that were.
   *
   * @throws TegataError `storage_*`
   */
  forgetAll(): Promise<number>;
  /** Forgets what this run has stored: of a sign-in that has been signed out meanwhile, nothing is to stay. */
  forgetOwn(): Promise<void>;
}

const fileName = /^[0-9a-f]{32}\.document(\.[0-9a-f-]{36}\.tmp)?$/;
/** None is used for longer than a week; what is older belongs to a provider that nobody signs in at any more. */
const abandonedAfterMilliseconds = 30 * 86_400_000;

const recordSchema = v.object({
  version: v.literal(1),
  url: v.string(),
  body: v.string(),
  readAt: v.pipe(v.number(), v.finite()),
  lifetimeSeconds: v.pipe(v.number(), v.finite()),
});

/**
 * One file per URL, named `<SHA-256 of the URL>.document` (32 hex digits). A file that others could have written is not
 * used, and replaced by the next one that is read.
 *
 * @param folder `undefined`: there is no folder, nothing is stored.
 */
export function createDocumentCache(
  folder: PrivateFolder | undefined,
  host: Host,
  log: (line: string) => void,
): DocumentCache {
  if (folder === undefined) {
    return {
      load: () => Promise.resolve(undefined),
      save: () => Promise.resolve(),
      forgetAll: () => Promise.resolve(0),
      forgetOwn: () => Promise.resolve(),
    };
  }
  const unlessStorageFails = (error: unknown): undefined => {
    if (!isTegataError(error)) {
      throw error;
    }
    log(`a document of the identity provider cannot be stored: ${error.message}`);
    return undefined;
  };
  const load: DocumentCache["load"] = async (url) => {
    if (!(await checkPrivateFolder(folder, host))) {
      return undefined;
    }
    const loaded = await loadRecord(join(folder.path, nameOf(url)), recordSchema, host);
    if (loaded.kind === "absent" || loaded.record.url !== url) {
      return undefined;
    }
    const { body, readAt, lifetimeSeconds } = loaded.record;
    return { body, readAt, lifetimeSeconds };
  };
  const own = new Set<string>();
  const save: DocumentCache["save"] = async (url, document) => {
    const name = nameOf(url);
    if (document === undefined) {
      if (await checkPrivateFolder(folder, host)) {
        await deleteFile(join(folder.path, name));
      }
      return;
    }
    await ensurePrivateFolder(folder, host);
    own.add(name);
    const { body, readAt, lifetimeSeconds } = document;
    const content = { version: 1, url, body, readAt, lifetimeSeconds };
    await writePrivateFile(join(folder.path, name), new TextEncoder().encode(JSON.stringify(content)), host);
    await deleteAbandoned(folder.path, name);
  };
  return {
    load: (url) => load(url).catch(unlessStorageFails),
    save: (url, document) => save(url, document).catch(unlessStorageFails),
    forgetAll: async () =>
      (await checkPrivateFolder(folder, host)) ? deleteMatching(folder.path, (name) => fileName.test(name)) : 0,
    forgetOwn: async () => {
      for (const name of own) {
        await deleteFile(join(folder.path, name)).catch(unlessStorageFails);
      }
    },
  };
}

function nameOf(url: string): string {
  return `${sha256(url).slice(0, 32)}.document`;
}

/** By age alone, and by the file system's own clock: the newest file tells what time it is there. */
async function deleteAbandoned(folder: string, newest: string): Promise<void> {
  const now = writtenAt(join(folder, newest));
  for (const name of namesIn(folder).filter((each) => fileName.test(each))) {
    const then = writtenAt(join(folder, name));
    if (now !== undefined && then !== undefined && now - then > abandonedAfterMilliseconds) {
      await deleteFile(join(folder, name));
    }
  }
}
