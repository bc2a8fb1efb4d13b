import type { Stats } from "node:fs";
import { chmod, lstat, mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { TegataError } from "@tegata/core";
import { fileErrorCode, fileErrorReason } from "./file-errors.ts";
import {
  hasModes,
  type HostFacts,
  modeText,
  othersCanReach,
  othersCanWrite,
  type OwnedEntry,
  shellPath,
  shownPath,
} from "./ownership.ts";

/** A folder that holds secrets, and the variable that moves it, for hints. */
export interface PrivateFolder {
  readonly path: string;
  /** `TEGATA_CACHE_DIR`. */
  readonly variable: string;
}

/**
 * Makes a folder that only its owner can enter (0700), or proves that the one that is there is such a folder. Parents
 * that are missing are made as the umask says. A folder of ours that others can merely read is tightened.
 *
 * @throws TegataError `storage_unsafe` for a folder that is someone else's or that others can write to,
 *   `storage_unwritable` when it cannot be made.
 */
export async function ensurePrivateFolder(folder: PrivateFolder, host: HostFacts): Promise<void> {
  if (await checkPrivateFolder(folder, host)) {
    return;
  }
  try {
    await mkdir(dirname(folder.path), { recursive: true });
    await mkdir(folder.path, { mode: 0o700 });
  } catch (error) {
    // Another process may have made it in between: it is judged below like any other.
    if (fileErrorCode(error) !== "EEXIST") {
      throw unwritableFolder(folder, fileErrorReason(error), error);
    }
  }
  await checkPrivateFolder(folder, host);
}

/**
 * Judges a folder without making it; tightens one that others can merely read.
 *
 * @returns False when there is none.
 * @throws TegataError `storage_unsafe`, `storage_unwritable` when something else stands there.
 */
export async function checkPrivateFolder(folder: PrivateFolder, host: HostFacts): Promise<boolean> {
  const entry = await statOrUndefined(folder, lstat);
  if (entry === undefined) {
    return false;
  }
  if (entry.isSymbolicLink() && hasModes(host) && entry.uid !== host.uid && entry.uid !== 0) {
    throw new TegataError(
      "storage_unsafe",
      `${shownPath(folder.path)} is a symbolic link that belongs to uid ${entry.uid}, not to you (uid ${host.uid})`,
      { hint: `remove the link, or name a folder of your own in ${folder.variable}` },
    );
  }
  const target = entry.isSymbolicLink() ? await statOrUndefined(folder, stat) : entry;
  if (target === undefined) {
    throw unwritableFolder(folder, "it is a symbolic link that leads nowhere");
  }
  if (!target.isDirectory()) {
    throw unwritableFolder(folder, "it is not a folder");
  }
  if (hasModes(host)) {
    await checkOwnerAndMode(folder, target, host);
  }
  return true;
}

async function checkOwnerAndMode(folder: PrivateFolder, entry: OwnedEntry, host: HostFacts): Promise<void> {
  const shown = shownPath(folder.path);
  if (entry.uid !== host.uid) {
    throw new TegataError("storage_unsafe", `${shown} belongs to uid ${entry.uid}, not to you (uid ${host.uid})`, {
      hint: `chown -R ${host.uid} ${shellPath(folder.path)}, or name a folder of your own in ${folder.variable}`,
    });
  }
  if (othersCanWrite(entry)) {
    throw new TegataError("storage_unsafe", `${shown} can be written to by others (mode ${modeText(entry.mode)})`, {
      hint: `look at what is in it, then run: chmod 700 ${shellPath(folder.path)}`,
    });
  }
  if (othersCanReach(entry)) {
    try {
      await chmod(folder.path, 0o700);
    } catch (error) {
      throw unwritableFolder(folder, `its mode cannot be changed to 0700: ${fileErrorReason(error)}`, error);
    }
  }
}

async function statOrUndefined(
  folder: PrivateFolder,
  read: (path: string) => Promise<Stats>,
): Promise<Stats | undefined> {
  try {
    return await read(folder.path);
  } catch (error) {
    if (fileErrorCode(error) === "ENOENT") {
      return undefined;
    }
    throw new TegataError(
      "storage_unreadable",
      `the folder ${shownPath(folder.path)} cannot be looked at: ${fileErrorReason(error)}`,
      { hint: `name a folder of your own in ${folder.variable}`, cause: error },
    );
  }
}

function unwritableFolder(folder: PrivateFolder, reason: string, cause?: unknown): TegataError {
  return new TegataError("storage_unwritable", `the folder ${shownPath(folder.path)} cannot be used: ${reason}`, {
    hint: `name a folder that can be written to in ${folder.variable}`,
    cause,
  });
}
