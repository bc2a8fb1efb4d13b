import { readIfRegular } from "./open-file.ts";

/** Members of macOS's group `admin` can become root; Homebrew's folders are theirs. */
const macosAdmin = 80;
const maxTableBytes = 4_194_304;
/** Below it, Linux has accounts of the system: Fedora's `halt` and `sync` start with root's group. */
const firstPerson = 1000;

/**
 * True for a group that this user is in and nobody else, but those who can become root: what it may do, nobody else may. Many a
 * Linux gives every user a group of their own, and the umask 002.
 *
 * The system's files may not be all that it knows: a directory server has more people, and macOS keeps its own elsewhere. So a group
 * in which these files do not name the user is somebody else's, and so is one that they do not know.
 *
 * @param read of `/etc/group` and `/etc/passwd`; a parameter for tests
 */
export function isOwnGroup(
  gid: number,
  { platform, uid }: { readonly platform: string; readonly uid: number | undefined },
  read: (path: string) => string | undefined = readTable,
): boolean {
  if (platform !== "linux" && (gid === 0 || (platform === "darwin" && gid === macosAdmin))) {
    // The BSDs' `wheel` is who may become root.
    return true;
  }
  const [groups, users] = [rowsOf(read("/etc/group")), rowsOf(read("/etc/passwd"))];
  const found = groups.filter(([, , id]) => id === String(gid));
  const own = namesOf(users.filter(([, , id]) => id === String(uid)));
  const trusted = new Set([...own, ...namesOf(users.filter(([, , id]) => id === "0"))]);
  const first = users.filter(([, , , id]) => id === String(gid));
  const members = found.flatMap(([, , , names = ""]) => names.split(",")).filter((name) => name !== "");
  if (gid === 0) {
    const people = namesOf(first.filter(([, , id]) => Number(id) >= firstPerson));
    return [...people, ...members].every((name) => trusted.has(name));
  }
  const people = [...namesOf(first), ...members];
  return found.length > 0 && people.some((name) => own.includes(name)) && people.every((name) => trusted.has(name));
}

type Row = readonly string[];

function rowsOf(text: string | undefined): readonly Row[] {
  return text?.split("\n").map((line) => line.split(":")) ?? [];
}

function namesOf(rows: readonly Row[]): readonly string[] {
  return rows.map(([name = ""]) => name);
}

function readTable(path: string): string | undefined {
  const bytes = readIfRegular(path, maxTableBytes);
  return bytes && new TextDecoder().decode(bytes);
}
