import { readdirSync, statSync, type Stats } from "node:fs";
import { join } from "node:path";
import { isTegataError, TegataError, shownPath } from "@tegata/core";
import * as v from "valibot";
import { deleteFile, readPrivateFile, tooLarge } from "./atomic-file.ts";
import { fileErrorReason, isAbsence } from "./file-errors.ts";
import { type Host } from "./file-access.ts";

/** What came of looking for a record; the reason is for `--verbose`. */
export type Loaded<RecordType> = { readonly kind: "found"; readonly record: RecordType } | Absent;

interface Absent {
  readonly kind: "absent";
  readonly reason: string;
  /** True: it is there, and can be read again once the keyring can be asked. */
  readonly awaitsKeyring?: true;
}

export function absent(reason: string): Absent {
  return { kind: "absent", reason };
}

/**
 * Reads a JSON record. Content that is truncated, foreign or of another version is a miss, never an error: anyone who reads
 * a cache can do without.
 *
 * @param onStats as {@link readPrivateFile} has it
 * @throws TegataError as {@link readPrivateFile} does, for a file that is not safe or cannot be read.
 */
export async function loadRecord<Output>(
  path: string,
  schema: v.GenericSchema<unknown, Output>,
  host: Host,
  onStats?: (stats: Stats) => void,
): Promise<Loaded<Output>> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readPrivateFile(path, host, undefined, onStats);
  } catch (error) {
    if (isTegataError(error) && error.details["reason"] === tooLarge) {
      return absent("the file is too large to be a record");
    }
    throw error;
  }
  if (bytes === undefined) {
    return absent("there is no record yet");
  }
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return absent("the record is truncated or not JSON");
  }
  const result = v.safeParse(schema, content);
  return result.success
    ? { kind: "found", record: result.output }
    : absent("the record is of another version or not one of ours");
}

/** The names in a folder; none when there is no folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (isAbsence(error)) {
      return [];
    }
    throw new TegataError(
      "storage_unreadable",
      `the folder ${shownPath(folder)} cannot be read: ${fileErrorReason(error)}`,
      { hint: "correct its permissions", cause: error },
    );
  }
}

/**
 * Deletes the files whose names pass; how many there were.
 *
 * @throws TegataError `storage_unwritable` for the first that cannot be deleted, after the others have been
 */
export async function deleteMatching(folder: string, matches: (name: string) => boolean): Promise<number> {
  const names = namesIn(folder).filter((name) => matches(name));
  const ended = await Promise.allSettled(names.map((name) => deleteFile(join(folder, name))));
  for (const each of ended) {
    if (each.status === "rejected") {
      throw each.reason;
    }
  }
  return names.length;
}

/** Milliseconds since the epoch at which a file was last written; `undefined` when it is gone. */
export function writtenAt(path: string): number | undefined {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return undefined;
  }
}
