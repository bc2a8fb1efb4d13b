import { fchmodSync, fchownSync, fstatSync, type Stats, writeFileSync } from "node:fs";
import { open, readdir, readlink, realpath, stat, unlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { isTegataError, type Ports, posixWord, shownPath, TegataError } from "@tegata/core";
import { singleFlight } from "./single-flight.ts";
import { syncFile, writePrivateFile } from "./atomic-file.ts";
import { fileErrorReason } from "./file-errors.ts";
import type { Locks } from "./lock.ts";
import { openToAppend, readRegularFile } from "./open-file.ts";
import { hasModes, type Host, modeText, othersCanWrite } from "./file-access.ts";
import { findReplaceableParent, makePrivateFolders } from "./parent-folders.ts";
import { sha256 } from "./sha256.ts";

/** What a file is changed with. */
export interface UpdatePorts extends Host, Pick<Ports, "clock" | "random" | "signal"> {
  /** Hold other processes of this program off a file that is being changed. */
  readonly fileLocks: Locks;
}

/** As `Machine.readFile`. */
export async function readTextFile(path: string, maxBytes: number): Promise<string | undefined> {
  return readJudged(path, maxBytes, () => undefined);
}

/** As `Machine.readGuardedFile`. */
export async function readGuardedFile(path: string, maxBytes: number, host: Host): Promise<string | undefined> {
  return readJudged(path, maxBytes, (stats) => {
    const shown = shownPath(path);
    if (hasModes(host) && stats.uid !== host.uid && stats.uid !== 0) {
      throw new TegataError(
        "storage_unsafe",
        `${shown} belongs to uid ${stats.uid}, not to you (uid ${host.uid}) or root`,
        {
          hint: "look at what is in it, then use a copy",
        },
      );
    }
    refuseWritable(path, stats, host);
  });
}

function refuseWritable(path: string, stats: Stats, host: Host): void {
  if (othersCanWrite(stats, host)) {
    throw new TegataError(
      "storage_unsafe",
      `${shownPath(path)} can be written to by others (mode ${modeText(stats.mode)})`,
      {
        hint: `look at what is in it, then run: chmod go-w ${posixWord(path)}`,
      },
    );
  }
}

/** As `Machine.readSecretFile`. */
export async function readSecretFile(path: string, maxBytes: number, host: Host): Promise<string | undefined> {
  return readJudged(path, maxBytes, ({ mode, uid, gid }) => {
    if (!hasModes(host)) {
      return;
    }
    if (uid !== host.uid && uid !== 0) {
      throw unsafe(path, `it belongs to another user (uid ${uid})`, `let it belong to you: chown it, or copy it`);
    }
    if ((mode & 0o004) !== 0 || othersCanWrite({ mode, uid, gid }, host)) {
      const who = (mode & 0o004) === 0 ? "change" : "read";
      throw unsafe(
        path,
        `others on this machine can ${who} it (mode ${modeText(mode)})`,
        `chmod 600 ${shownPath(path)}; if it is mounted, let the mount have mode 0400 or 0440`,
      );
    }
  });
}

async function readJudged(path: string, maxBytes: number, judge: (stats: Stats) => void): Promise<string | undefined> {
  let read;
  try {
    read = readRegularFile(path, { maxBytes, followLink: true, judge });
  } catch (error) {
    throw isTegataError(error) ? error : unreadable(path, fileErrorReason(error), error);
  }
  switch (read) {
    case "absent":
    case "link":
      return undefined;
    case "folder":
      throw unreadable(path, "it is a folder");
    case "not a file":
      throw unreadable(path, "it is not a regular file");
    case "too large":
      throw unreadable(path, `it is longer than ${maxBytes} bytes`);
    default:
      return textOf(path, read);
  }
}

function textOf(path: string, bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw unreadable(path, `line ${lineOfNoText(bytes)} is not UTF-8 text`, error, "write that line as UTF-8");
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The first line, counted from 1, that is not UTF-8. */
function lineOfNoText(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line += 1) {
    const end = bytes.indexOf(0x0a, start);
    const next = end < 0 ? bytes.length : end + 1;
    try {
      utf8.decode(bytes.subarray(start, next));
    } catch {
      break;
    }
    start = next;
  }
  return line;
}

/** As `Machine.appendFile`. */
export async function appendTextFile(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, openToAppend, 0o600);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) {
        throw unwritableBecause(path, stats.isFIFO() ? "it is a pipe" : "it is not a regular file");
      }
      const { size } = stats;
      try {
        await file.writeFile(text);
      } catch (error) {
        // On a full disk: half of it would be worse than nothing.
        await file.truncate(size).catch(() => undefined);
        throw error;
      }
      await file.sync().catch(() => undefined);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** As many as Linux follows. */
const maxLinks = 40;
/** How often a file may turn out to have been changed by another program, before that is an error. */
const updateAttempts = 5;
const patienceMilliseconds = 15_000;
/** No process that lives takes that long between writing beside a file and renaming. */
const leftoverAfterMilliseconds = 60_000;

/** Nobody has that much in the config file of AWS clients. */
export const maxAwsConfigBytes = 16 * 1_048_576;

/** For a file that is a person's own, and not only of keys. */
export interface OwnFileRules {
  /** The ending of the name under which what was there is kept, beside the file; `undefined`: it is not kept. */
  readonly backup: string | undefined;
}

/**
 * As `Machine.updateFile`.
 *
 * @param rules for a person's own file: it is judged, others may read it as before, and what was there is kept
 */
export async function updateTextFile(
  path: string,
  maxBytes: number,
  change: (text: string | undefined) => string | undefined,
  ports: UpdatePorts,
  rules?: OwnFileRules,
): Promise<void> {
  if (rules !== undefined) {
    refuseReplaceable(path, ports);
  }
  const target = await leadingTo(path);
  const read = () =>
    rules === undefined ? readTextFile(target, maxBytes) : readOwnFile(target, maxBytes, true, ports);
  const update = async (): Promise<true> => {
    for (let attempt = 1; attempt <= updateAttempts; attempt += 1) {
      const before = await read();
      const after = change(before);
      if (after === undefined || after === before) {
        return true;
      }
      await removeLeftovers(target, ports.clock.now());
      if (rules?.backup !== undefined && before !== undefined) {
        await removeLeftovers(`${target}${rules.backup}`, ports.clock.now());
        await writePrivateFile(`${target}${rules.backup}`, new TextEncoder().encode(before), ports);
      }
      const isUnchanged = async () => (await read()) === before;
      const modeBits = rules === undefined ? 0o600 : 0o777;
      if (await replaceTextFile(target, after, isUnchanged, modeBits, ports)) {
        return true;
      }
    }
    throw new TegataError("storage_locked", `another program keeps changing ${shownPath(target)}`, {
      hint: "try again in a moment",
    });
  };
  await singleFlight(
    {
      locks: ports.fileLocks,
      name: `file-${sha256(target).slice(0, 32)}`,
      what: shownPath(target),
      patienceMilliseconds,
      find: () => Promise.resolve(undefined),
      work: update,
    },
    ports,
  );
}

/**
 * Through links to what they lead to, so that dotfiles kept elsewhere stay there; also to what is not there yet.
 *
 * @returns where `updateTextFile` writes, and beside what it keeps a backup
 */
export async function leadingTo(path: string, links = 0): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const next = await readlink(path).catch(() => undefined);
    return next === undefined || links === maxLinks
      ? resolve(path)
      : leadingTo(resolve(dirname(path), next), links + 1);
  }
}

/**
 * Reads a file that nobody but this user can have written: what stands in it is run.
 *
 * @param isToChange whether a file that is read-only is refused
 * @returns `undefined` when there is none
 * @throws TegataError `storage_unsafe` for one of another user and for one that others can change or replace; `file_unwritable` for
 *   one that is read-only; `file_unreadable`
 */
export async function readOwnFile(
  path: string,
  maxBytes: number,
  isToChange: boolean,
  host: Host,
): Promise<string | undefined> {
  refuseReplaceable(path, host);
  const target = await leadingTo(path);
  return readJudged(target, maxBytes, (stats) => {
    if (!hasModes(host)) {
      return;
    }
    const shown = shownPath(target);
    const { uid, mode } = stats;
    if (uid !== host.uid) {
      throw new TegataError("storage_unsafe", `${shown} belongs to uid ${uid}, not to you (uid ${host.uid})`, {
        hint: "run the command as its owner",
      });
    }
    refuseWritable(target, stats, host);
    if (isToChange && (mode & 0o200) === 0) {
      throw new TegataError("file_unwritable", `${shown} is read-only (mode ${modeText(mode)})`, {
        hint: `if it is to be changed, run: chmod u+w ${posixWord(target)}`,
      });
    }
  });
}

/** Through links, each of which is judged as well: who can replace one chooses the file that clients read. */
function refuseReplaceable(path: string, host: Host): void {
  const parent = findReplaceableParent(path, host);
  if (parent !== undefined) {
    throw new TegataError(
      "storage_unsafe",
      `others can replace ${shownPath(path)}: ${shownPath(parent.path)} ${parent.what}`,
      { hint: `let nobody else write there: chmod go-w ${posixWord(parent.path)}` },
    );
  }
}

/** @returns False when `isUnchanged` says so at the last moment; nothing is replaced then. */
async function replaceTextFile(
  path: string,
  text: string,
  isUnchanged: () => Promise<boolean>,
  modeBits: number,
  host: Host,
): Promise<boolean> {
  const changed = new Error("changed meanwhile");
  try {
    await makePrivateFolders(dirname(path));
    const before = await stat(path).catch(() => undefined);
    await writePrivateFile(path, new TextEncoder().encode(text), host, async (descriptor, bytes) => {
      writeFileSync(descriptor, bytes);
      if (hasModes(host)) {
        // A umask can take bits from the owner, too.
        fchmodSync(descriptor, 0o600);
      }
      if (before !== undefined && hasModes(host)) {
        keepOwnerAndMode(descriptor, before, modeBits);
      }
      // The slow part comes before the last look.
      await syncFile(descriptor);
      if (!(await isUnchanged())) {
        throw changed;
      }
    });
    return true;
  } catch (error) {
    const cause = isTegataError(error) ? error.cause : error;
    if (cause === changed) {
      return false;
    }
    throw isTegataError(cause) ? cause : unwritable(path, cause);
  }
}

/** What a killed process left beside the file holds keys, and nobody else would ever delete it. */
async function removeLeftovers(target: string, now: number): Promise<void> {
  const folder = dirname(target);
  const isTemporary = /^\.[0-9a-f-]{36}\.tmp$/;
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(basename(target)))) {
    const path = join(folder, name);
    if (isTemporary.test(name.slice(basename(target).length))) {
      const written = await stat(path).catch(() => undefined);
      if (written !== undefined && now - written.mtimeMs > leftoverAfterMilliseconds) {
        await unlink(path).catch(() => undefined);
      }
    }
  }
}

/** @param modeBits what of its mode the file keeps: what holds keys is for nobody else to read, no matter what it was before */
function keepOwnerAndMode(descriptor: number, { uid, gid, mode }: Stats, modeBits: number): void {
  const made = fstatSync(descriptor);
  let bits = modeBits;
  if (made.uid !== uid || made.gid !== gid) {
    try {
      fchownSync(descriptor, uid, gid);
    } catch {
      // Only root may give a file away; where that fails, it stays with the user who wrote it. The group is another one, then.
      bits &= ~0o070;
    }
  }
  fchmodSync(descriptor, mode & bits);
}

/** Where everybody can read a secret, it is one no more; where somebody else can write it, it may be theirs. */
function unsafe(path: string, reason: string, hint: string): TegataError {
  return new TegataError("file_unreadable", `${shownPath(path)} is not used for a secret: ${reason}`, { hint });
}

function unreadable(
  path: string,
  reason: string,
  cause?: unknown,
  advice = "check the path and its permissions",
): TegataError {
  return new TegataError("file_unreadable", `${shownPath(path)} cannot be read: ${reason}`, {
    hint: advice,
    cause,
  });
}

function unwritable(path: string, error: unknown): TegataError {
  return isTegataError(error) ? error : unwritableBecause(path, fileErrorReason(error), error);
}

function unwritableBecause(path: string, reason: string, cause?: unknown): TegataError {
  return new TegataError("file_unwritable", `${shownPath(path)} cannot be written: ${reason}`, {
    hint: "check the path and its permissions",
    cause,
  });
}
