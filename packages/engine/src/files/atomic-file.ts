import { closeSync, constants, fsync, openSync, renameSync, unlinkSync, writeFileSync, type Stats } from "node:fs";
import { lstat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { posixWord, shownPath, TegataError } from "@tegata/core";
import { fileErrorCode, fileErrorReason, isAbsence } from "./file-errors.ts";
import { readRegularFile } from "./open-file.ts";
import { hasModes, type Host, modeText, othersCanReach } from "./file-access.ts";

/** What stands in `details.reason` of the `storage_unreadable` of a file beyond the size limit. */
export const tooLarge = "too_large";

/** 1 MiB: a record is a few kilobytes, ID tokens with many groups a few dozen. */
const defaultMaxFileBytes = 1_048_576;

/** Waits for the disk, which takes long enough for other work to go on meanwhile. */
export const syncFile: (descriptor: number) => Promise<void> = promisify(fsync);

/**
 * Replaces a file whole or not at all: a process that is killed at any instant leaves the old content or the new one.
 * Nobody but the owner can read it (0600). The content is durable when the promise resolves.
 *
 * @param writeAll Puts the bytes into the open file, by its descriptor; a parameter so that tests can fill a disk.
 * @throws TegataError `storage_unwritable`
 */
export async function writePrivateFile(
  path: string,
  bytes: Uint8Array,
  host: Host,
  writeAll: (descriptor: number, bytes: Uint8Array) => void | Promise<void> = writeFileSync,
): Promise<void> {
  // Begins with the target's own name, so that anyone who forgets by prefix deletes what a killed process left.
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  let made = false;
  try {
    const descriptor = openSync(temporary, "wx", 0o600);
    made = true;
    try {
      await writeAll(descriptor, bytes);
      await syncFile(descriptor);
    } finally {
      closeSync(descriptor);
    }
    await renameOver(temporary, path, host);
    made = false;
    await syncFolder(dirname(path), host);
  } catch (error) {
    if (made) {
      removeIfThere(temporary);
    }
    throw new TegataError("storage_unwritable", `${shownPath(path)} cannot be written: ${fileErrorReason(error)}`, {
      hint: "make room, or correct the permissions of the folder",
      cause: error,
    });
  }
}

/**
 * Reads a file that nobody but its owner can have written or read.
 *
 * @param onStats is told what the system says of the very file that is read
 * @returns `undefined` when there is none.
 * @throws TegataError `storage_unsafe` for a symbolic link, for what is not a file, for someone else's file and for one
 *   that others can reach; `storage_unreadable` when it cannot be read or is too large ({@link tooLarge} in
 *   `details.reason`).
 */
export async function readPrivateFile(
  path: string,
  host: Host,
  maxBytes: number = defaultMaxFileBytes,
  onStats?: (stats: Stats) => void,
): Promise<Uint8Array | undefined> {
  let read;
  try {
    read = readRegularFile(path, {
      maxBytes,
      followLink: false,
      judge: (stats) => {
        refuseReachable(path, stats, host);
        onStats?.(stats);
      },
    });
  } catch (error) {
    throw error instanceof TegataError ? error : unreadable(path, error);
  }
  switch (read) {
    case "absent":
      return undefined;
    case "link":
      throw unsafe(path, "is a symbolic link", deleteHint(path));
    case "folder":
      throw unsafe(path, "is a folder", folderHint(path));
    case "not a file":
      throw unsafe(path, "is not a file", deleteHint(path));
    case "too large":
      throw new TegataError("storage_unreadable", `${shownPath(path)} is larger than ${maxBytes} bytes`, {
        hint: deleteHint(path),
        details: { reason: tooLarge },
      });
    default:
      return read;
  }
}

function refuseReachable(path: string, stats: Stats, host: Host): void {
  if (hasModes(host) && stats.uid !== host.uid) {
    throw unsafe(path, `belongs to uid ${stats.uid}, not to you (uid ${host.uid})`, deleteHint(path));
  }
  if (hasModes(host) && othersCanReach(stats)) {
    throw unsafe(
      path,
      `can be read or written by others (mode ${modeText(stats.mode)})`,
      `run chmod 600 ${posixWord(path)}, or delete the file if someone else may have written it`,
    );
  }
}

/**
 * Deletes a file; one that is gone already is no error.
 *
 * @throws TegataError `storage_unwritable`
 */
export async function deleteFile(path: string): Promise<void> {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isAbsence(error)) {
      const code = fileErrorCode(error);
      // macOS says EPERM for a folder, as for what may not be deleted.
      const isFolder = code === "EISDIR" || (code === "EPERM" && (await lstat(path)).isDirectory());
      throw new TegataError(
        "storage_unwritable",
        `${shownPath(path)} cannot be deleted: ${isFolder ? "it is a folder" : fileErrorReason(error)}`,
        { hint: isFolder ? folderHint(path) : "correct the permissions of the folder", cause: error },
      );
    }
  }
}

async function renameOver(from: string, to: string, host: Host): Promise<void> {
  // Windows refuses to replace a file while another process has it open: readers are done within milliseconds.
  const attempts = host.platform === "win32" ? 10 : 1;
  for (let attempt = 1; ; attempt += 1) {
    try {
      renameSync(from, to);
      return;
    } catch (error) {
      if (attempt === attempts || !["EPERM", "EACCES", "EBUSY"].includes(fileErrorCode(error) ?? "")) {
        throw error;
      }
      await delay(20);
    }
  }
}

/** A rename is durable only when the folder is, too; where folders cannot be opened or synced there is no such step. */
async function syncFolder(path: string, host: Host): Promise<void> {
  if (host.platform === "win32") {
    return;
  }
  try {
    const descriptor = openSync(path, constants.O_RDONLY);
    try {
      await syncFile(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (
      !["EINVAL", "ENOTSUP", "EOPNOTSUPP", "EISDIR", "EPERM", "EACCES", "EBADF"].includes(fileErrorCode(error) ?? "")
    ) {
      throw error;
    }
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Anyone who forgets by prefix deletes it later.
  }
}

function deleteHint(path: string): string {
  return `delete it: rm ${posixWord(path)}`;
}

function folderHint(path: string): string {
  return `look at what is in it, then delete it: rm -r ${posixWord(path)}`;
}

function unsafe(path: string, what: string, hint: string): TegataError {
  return new TegataError("storage_unsafe", `${shownPath(path)} ${what}`, { hint });
}

function unreadable(path: string, error: unknown): TegataError {
  return new TegataError("storage_unreadable", `${shownPath(path)} cannot be read: ${fileErrorReason(error)}`, {
    hint: `correct its permissions, or ${deleteHint(path)}`,
    cause: error,
  });
}
