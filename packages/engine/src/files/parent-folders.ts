import { lstatSync, readFileSync, readlinkSync, type Stats } from "node:fs";
import { chmod, lstat, mkdir } from "node:fs/promises";
import { dirname, resolve, sep } from "node:path";
import { fileErrorCode } from "./file-errors.ts";
import { hasModes, type Host, modeText, othersCanWrite } from "./file-access.ts";

const stickyBit = 0o1000;
/** As many as Linux follows. */
const maxLinks = 40;
/** What the owner of a file is shown as whom a user namespace does not know: root outside of it, for example. */
const nobody = 65_534;

/** Who could put another folder in a folder's place. */
interface ParentProblem {
  /** The parent, or the link on the way, that others can replace or write to. */
  readonly path: string;
  /** Worded to follow the path: `can be written to by others (mode 0777)`. */
  readonly what: string;
}

/**
 * Looks at every folder and link on the way to a path, as sshd's `StrictModes` does: another user who can write to one of
 * them can move what is below it away, and put back what was there an hour ago. In a folder with the sticky bit, `/tmp` for
 * example, nobody may touch what is somebody else's.
 *
 * @returns undefined where nobody but this user and root can, and for what is not there
 */
export function findReplaceableParent(path: string, host: Host): ParentProblem | undefined {
  if (!hasModes(host)) {
    return undefined;
  }
  let names = partsOf(resolve(path));
  let current: string = sep;
  for (let links = 0; links <= maxLinks;) {
    const [name, ...rest] = names;
    const entry = statOf(current);
    if (entry === undefined) {
      return undefined;
    }
    if (entry.isSymbolicLink()) {
      if (!isTrusted(entry.uid, host)) {
        return { path: current, what: `is a symbolic link that belongs to uid ${entry.uid}` };
      }
      links += 1;
      names = partsOf(resolve(dirname(current), readlinkSync(current))).concat(names);
      current = sep;
      continue;
    }
    if (name === undefined) {
      // The folder itself is for the caller to judge.
      return undefined;
    }
    if (!entry.isDirectory()) {
      // There is nothing below it, and the system says why.
      return undefined;
    }
    const problem = problemOf(entry, host);
    if (problem !== undefined) {
      return { path: current, what: problem };
    }
    names = rest;
    current = resolve(current, name);
  }
  // The system does not follow that many either.
  return undefined;
}

function partsOf(path: string): string[] {
  return path.split(sep).slice(1);
}

function problemOf(entry: Stats, host: Host): string | undefined {
  if (!isTrusted(entry.uid, host)) {
    return `belongs to uid ${entry.uid}, neither to you (uid ${host.uid}) nor to root`;
  }
  return othersCanWrite(entry, host) && (entry.mode & stickyBit) === 0
    ? `can be written to by others (mode ${modeText(entry.mode)})`
    : undefined;
}

function isTrusted(owner: number, { uid }: Host): boolean {
  return owner === uid || owner === 0 || (owner === nobody && isInUserNamespace());
}

/** In a container without root, or a sandbox such as Flatpak's, root's own folders seem to be nobody's. */
function isInUserNamespace(): boolean {
  try {
    return !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync("/proc/self/uid_map", "utf8"));
  } catch {
    return false;
  }
}

/** What cannot be looked at cannot be used either: then that is what is reported. */
function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/**
 * Makes a folder and what is missing above it, each of them for its owner alone (0700), under every umask: a recursive
 * mkdir gives its mode to the last one only.
 *
 * @throws the system's own error
 */
export async function makePrivateFolders(path: string): Promise<void> {
  try {
    await makePrivateFolder(path);
  } catch (error) {
    if (fileErrorCode(error) !== "ENOENT" || dirname(path) === path) {
      throw error;
    }
    await makePrivateFolders(dirname(path));
    // Once more, and not for ever: in /proc, mkdir says ENOENT although the parent is there.
    await makePrivateFolder(path);
  }
}

async function makePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (fileErrorCode(error) === "EEXIST") {
      // Another process may have made it in between; or it has been there.
      return;
    }
    throw error;
  }
  // A umask can take bits from its owner, too.
  if (((await lstat(path)).mode & 0o700) !== 0o700) {
    await chmod(path, 0o700);
  }
}
