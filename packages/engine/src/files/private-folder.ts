import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  type Stats,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { access, chmod, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hint, type HintInput, or, posixWord, shownPath, TegataError, variable as variablePart } from "@tegata/core";
import { fileErrorCode, fileErrorReason, isAbsence } from "./file-errors.ts";
import { hasModes, type Host, modeText, othersCanReach, othersCanWrite, type OwnedEntry } from "./file-access.ts";
import { ownFolderHint } from "./own-folder-hint.ts";
import { findReplaceableParent, makePrivateFolders } from "./parent-folders.ts";

/** A folder that holds secrets, and the variable that moves it, for hints. */
export interface PrivateFolder {
  readonly path: string;
  /** `TEGATA_CACHE_DIR`. */
  readonly variable: string;
}

/**
 * Makes a folder that only its owner can enter (0700), or proves that the one that is there is such a folder. Parents
 * that are missing are made likewise. A folder of ours that others can merely read is tightened; one with folders in it is not ours.
 *
 * @throws TegataError `storage_unsafe` for a folder that is someone else's, that others can write to or could replace;
 *   `storage_unwritable` when it cannot be made.
 */
export async function ensurePrivateFolder(folder: PrivateFolder, host: Host): Promise<void> {
  const entry = statOrUndefined(folder, lstatSync);
  refuseReplaceable(folder, host);
  if (entry !== undefined) {
    await judgeFolder(folder, entry, host);
    return;
  }
  try {
    await makePrivateFolders(folder.path);
  } catch (error) {
    throw unwritableFolder(folder, fileErrorReason(error), error);
  }
  await checkPrivateFolder(folder, host);
  // Somebody may have been faster: in /tmp, a parent that was missing a moment ago can be theirs by now.
  refuseReplaceable(folder, host);
}

function refuseReplaceable(
  folder: PrivateFolder,
  host: Host,
  advice: HintInput = ownFolderHint(folder.variable),
): void {
  const parent = findReplaceableParent(folder.path, host);
  if (parent !== undefined) {
    throw new TegataError(
      "storage_unsafe",
      `others can replace the folder ${shownPath(folder.path)}: ${shownPath(parent.path)} ${parent.what}`,
      { hint: advice },
    );
  }
}

/**
 * {@link checkPrivateFolder} for anyone who is to delete what is in a folder: that nothing of it is used is no reason to say that
 * there is nothing.
 *
 * @throws TegataError `storage_unsafe` as well for a folder that others could replace
 */
export async function checkFolderToEmpty(folder: PrivateFolder, host: Host): Promise<boolean> {
  if (await checkPrivateFolder(folder, host)) {
    return true;
  }
  if (statOrUndefined(folder, lstatSync) !== undefined) {
    refuseReplaceable(folder, host, `look at what is in it, then delete it: rm -r ${posixWord(folder.path)}`);
  }
  return false;
}

/**
 * Judges a folder without making it; tightens one that others can merely read.
 *
 * @returns False when there is none, and for one that others could replace: what they put there may have been this user's
 *   an hour ago, and nothing of it is used.
 * @throws TegataError `storage_unsafe`, `storage_unwritable` when something else stands there.
 */
export async function checkPrivateFolder(folder: PrivateFolder, host: Host): Promise<boolean> {
  const entry = statOrUndefined(folder, lstatSync);
  if (entry === undefined) {
    return false;
  }
  await judgeFolder(folder, entry, host);
  return findReplaceableParent(folder.path, host) === undefined;
}

/** A folder as it is. */
export interface SeenFolder {
  /** Permission bits the way `chmod` takes them; `undefined` where there are none. */
  readonly mode: string | undefined;
  /** Others can list it or enter it: the next run takes that away. */
  readonly isOpen: boolean;
}

/**
 * Judges a folder by a look, which changes nothing.
 *
 * @returns `undefined` when there is none
 * @throws TegataError `storage_unsafe`, also for one that others could replace; `storage_unwritable` as `checkPrivateFolder`
 */
export async function lookAtFolder(folder: PrivateFolder, host: Host): Promise<SeenFolder | undefined> {
  const entry = statOrUndefined(folder, lstatSync);
  refuseReplaceable(folder, host);
  const target = entry && judgeEntry(folder, entry, host);
  if (target === undefined || !hasModes(host)) {
    return target && { mode: undefined, isOpen: false };
  }
  judgeOwner(folder, target, host);
  const isOpen = othersCanReach(target);
  if (isOpen) {
    await refuseWhatIsNotOurs(folder, target);
  }
  return { mode: modeText(target.mode), isOpen };
}

/** @param entry what stands at the folder's path, a link itself */
async function judgeFolder(folder: PrivateFolder, entry: Stats, host: Host): Promise<void> {
  const target = judgeEntry(folder, entry, host);
  if (hasModes(host)) {
    await checkOwnerAndMode(folder, target, host);
  }
}

/** The folder itself, or what a link leads to. */
function judgeEntry(folder: PrivateFolder, entry: Stats, host: Host): Stats {
  if (entry.isSymbolicLink() && hasModes(host) && entry.uid !== host.uid && entry.uid !== 0) {
    throw new TegataError(
      "storage_unsafe",
      `${shownPath(folder.path)} is a symbolic link that belongs to uid ${entry.uid}, not to you (uid ${host.uid})`,
      { hint: [hint`remove the link`, or`name a folder of your own in ${variablePart(folder.variable)}`] },
    );
  }
  const target = entry.isSymbolicLink() ? statOrUndefined(folder, statSync) : entry;
  if (target === undefined) {
    throw unwritableFolder(folder, "it is a symbolic link that leads nowhere");
  }
  if (!target.isDirectory()) {
    throw unwritableFolder(folder, "it is not a folder");
  }
  return target;
}

/**
 * Whether something could be stored in a folder, which is made for that: its parents, its permissions, its file system.
 *
 * @returns undefined: it could. Else what a write would fail with.
 */
export async function whyUnwritable(folder: PrivateFolder, host: Host): Promise<TegataError | undefined> {
  try {
    await ensurePrivateFolder(folder, host);
    await access(folder.path, constants.W_OK | constants.X_OK).catch((error: unknown) => {
      throw unwritableFolder(folder, fileErrorReason(error), error);
    });
    return undefined;
  } catch (error) {
    if (error instanceof TegataError) {
      return error;
    }
    throw error;
  }
}

/**
 * Why a folder can neither be used nor made, as far as a look tells, which makes and changes nothing.
 *
 * @returns undefined: it can, for all that can be seen
 */
export function whyOutOfUse(path: string): string | undefined {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return statSync(path).isDirectory() ? undefined : "it is not a folder";
  } catch (error) {
    const parent = dirname(path);
    return isAbsence(error) && parent !== path ? whyOutOfUse(parent) : fileErrorReason(error);
  }
}

/** More than a sign-in with many groups takes. */
const roomBytes = 65_536;

/**
 * Whether there is room on the disk of a folder that is there: something is written to it, and deleted.
 *
 * @returns undefined: there is. Else what a write would fail with.
 */
export function whyNoRoom(folder: PrivateFolder): TegataError | undefined {
  const path = join(folder.path, `${crypto.randomUUID()}.tmp`);
  try {
    const descriptor = openSync(path, "wx", 0o600);
    try {
      writeFileSync(descriptor, new Uint8Array(roomBytes));
      // Over a network, only then.
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
      unlinkSync(path);
    }
    return undefined;
  } catch (error) {
    return unwritableFolder(folder, fileErrorReason(error), error);
  }
}

/**
 * True for a folder that this user cannot even look at, below another one's home for example: nothing of ours is there, and
 * nothing can be stored there.
 */
export function isOutOfReach(path: string): boolean {
  try {
    lstatSync(path);
    return false;
  } catch (error) {
    return fileErrorCode(error) === "EACCES";
  }
}

function judgeOwner(folder: PrivateFolder, entry: OwnedEntry, host: Host): void {
  const shown = shownPath(folder.path);
  if (entry.uid !== host.uid) {
    throw new TegataError("storage_unsafe", `${shown} belongs to uid ${entry.uid}, not to you (uid ${host.uid})`, {
      // Not `chown`: it may well be the folder of the host, which its owner wants to keep.
      hint: ownFolderHint(folder.variable),
    });
  }
  if (othersCanWrite(entry, host)) {
    throw new TegataError("storage_unsafe", `${shown} can be written to by others (mode ${modeText(entry.mode)})`, {
      hint: `look at what is in it, then run: chmod 700 ${posixWord(folder.path)}`,
    });
  }
}

async function checkOwnerAndMode(folder: PrivateFolder, entry: OwnedEntry, host: Host): Promise<void> {
  judgeOwner(folder, entry, host);
  if (othersCanReach(entry)) {
    await refuseWhatIsNotOurs(folder, entry);
    try {
      await chmod(folder.path, 0o700);
    } catch (error) {
      throw unwritableFolder(folder, `its mode cannot be changed to 0700: ${fileErrorReason(error)}`, error);
    }
  }
}

/** Nothing of ours is a folder in a folder: `TEGATA_CACHE_DIR=/` as root would otherwise close the whole machine to everybody. */
async function refuseWhatIsNotOurs({ path, variable }: PrivateFolder, { mode }: OwnedEntry): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  if (entries.some((each) => each.isDirectory())) {
    throw new TegataError(
      "storage_unsafe",
      `${shownPath(path)} can be read by others (mode ${modeText(mode)}) and holds other folders`,
      { hint: [ownFolderHint(variable), hint`or, if this one is for nobody else, run: chmod 700 ${posixWord(path)}`] },
    );
  }
}

function statOrUndefined(folder: PrivateFolder, read: (path: string) => Stats): Stats | undefined {
  try {
    return read(folder.path);
  } catch (error) {
    if (isAbsence(error)) {
      return undefined;
    }
    throw new TegataError(
      "storage_unreadable",
      `the folder ${shownPath(folder.path)} cannot be looked at: ${fileErrorReason(error)}`,
      { hint: ownFolderHint(folder.variable), cause: error },
    );
  }
}

function unwritableFolder(folder: PrivateFolder, reason: string, cause?: unknown): TegataError {
  return new TegataError("storage_unwritable", `the folder ${shownPath(folder.path)} cannot be used: ${reason}`, {
    hint: ownFolderHint(folder.variable),
    cause,
  });
}
