import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** Members of macOS's group `admin` can become root; Homebrew's folders are theirs. */
const macosAdmin = 80;
const maxTableBytes = 4_194_304;

/**
 * True for a group that nobody is in but this user, and those who can become root: what it may do, nobody else may. Many a
 * Linux gives every user a group of their own, and the umask 002. A group that the system's files do not know
 * is not.
 *
 * @param read of `/etc/group` and `/etc/passwd`; a parameter for tests
 */
export function isOwnGroup(
  gid: number,
  { platform, uid }: { readonly platform: string; readonly uid: number | undefined },
  read: (path: string) => string | undefined = readTable,
): boolean {
  if (gid === 0 || (platform === "darwin" && gid === macosAdmin)) {
    return true;
  }
  const [groups, users] = [rowsOf(read("/etc/group")), rowsOf(read("/etc/passwd"))];
  const found = groups.filter(([, , id]) => id === String(gid));
  const owners = new Set(users.filter(([, , id]) => id === String(uid) || id === "0").map(([name = ""]) => name));
  const primary = users.filter(([, , , id]) => id === String(gid)).map(([name = ""]) => name);
  const members = found.flatMap(([, , , names = ""]) => names.split(",")).filter((name) => name !== "");
  const people = [...primary, ...members];
  return found.length > 0 && people.every((name) => owners.has(name));
}

function rowsOf(text: string | undefined): readonly (readonly string[])[] {
  return text?.split("\n").map((line) => line.split(":")) ?? [];
}

function readTable(path: string): string | undefined {
  let descriptor;
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(size, maxTableBytes));
    return buffer.toString("utf8", 0, readSync(descriptor, buffer));
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) {
      closeSync(descriptor);
    }
  }
}
