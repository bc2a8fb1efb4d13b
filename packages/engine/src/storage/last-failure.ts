import { join } from "node:path";
import { type ErrorCode, errorCodes, hintSchema, type Wording, wordsSchema } from "@tegata/core";
import * as v from "valibot";
import { deleteFile, writePrivateFile } from "../files/atomic-file.ts";
import type { Host } from "../files/file-access.ts";
import { checkPrivateFolder, ensurePrivateFolder, type PrivateFolder } from "../files/private-folder.ts";
import { deleteMatching, loadRecord, namesIn } from "../files/private-record.ts";
import { sha256 } from "../files/sha256.ts";

/**
 * Why a run ended that nobody saw. No secret is in it: it is what stands on stderr. It is stored as data, so that the program that
 * shows it does so in its own words.
 */
export interface LastFailure extends Wording {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** As it was asked for; undefined when no profile was. It need not be one that exists. */
  readonly profile: string | undefined;
  readonly code: ErrorCode;
}

/** The last failure of each profile of one settings file. */
export interface LastFailures {
  save(failure: LastFailure): Promise<void>;
  /** A success: the failure is history. */
  forget(profile: string | undefined): Promise<void>;
  /** Those of every settings file. */
  forgetAll(): Promise<number>;
  list(): Promise<readonly LastFailure[]>;
}

const fileName = /^[0-9a-f]{32}\.failure(\.[0-9a-f-]{36}\.tmp)?$/;

const recordSchema = v.object({
  version: v.literal(2),
  settingsFile: v.string(),
  // Within what a Date can hold.
  at: v.pipe(v.number(), v.minValue(0), v.maxValue(8_640_000_000_000_000)),
  profile: v.optional(v.string()),
  code: v.picklist(errorCodes),
  message: wordsSchema,
  hint: v.optional(hintSchema),
});

/**
 * One file per profile, named `<digest>.failure` (32 hex digits).
 *
 * @param folder `undefined`: there is no folder, nothing is stored.
 * @param settingsFile profiles of one name in two files are two profiles
 */
export function createLastFailures(
  folder: PrivateFolder | undefined,
  settingsFile: string | undefined,
  host: Host,
): LastFailures {
  if (folder === undefined) {
    return {
      save: () => Promise.resolve(),
      forget: () => Promise.resolve(),
      forgetAll: () => Promise.resolve(0),
      list: () => Promise.resolve([]),
    };
  }
  const owner = settingsFile ?? "";
  const pathOf = (profile: string | undefined) => join(folder.path, nameOf(owner, profile));
  return {
    save: async (failure) => {
      await ensurePrivateFolder(folder, host);
      const content = JSON.stringify({ version: 2, settingsFile: owner, ...failure });
      await writePrivateFile(pathOf(failure.profile), new TextEncoder().encode(content), host);
    },
    forget: async (profile) => deleteFile(pathOf(profile)),
    forgetAll: async () =>
      (await checkPrivateFolder(folder, host)) ? deleteMatching(folder.path, (name) => fileName.test(name)) : 0,
    list: async () => {
      const names = (await checkPrivateFolder(folder, host)) ? namesIn(folder.path) : [];
      const failures: LastFailure[] = [];
      for (const name of names.filter((each) => fileName.test(each) && each.endsWith(".failure"))) {
        const loaded = await loadRecord(join(folder.path, name), recordSchema, host);
        if (loaded.kind === "found" && loaded.record.settingsFile === owner) {
          const { at, profile, code, message, hint } = loaded.record;
          failures.push({ at, profile, code, message, hint });
        }
      }
      return failures;
    },
  };
}

function nameOf(settingsFile: string, profile: string | undefined): string {
  const text = JSON.stringify(["tegata", "failure", settingsFile, profile ?? null]);
  return `${sha256(text).slice(0, 32)}.failure`;
}
