import { printable } from "@tegata/core";

/** Whose process this is. */
export interface HostFacts {
  /** `process.platform`. */
  readonly platform: string;
  /** The effective user id; `undefined` where there is none (Windows). */
  readonly uid: number | undefined;
}

/** The part of `fs.Stats` that ownership is judged by. */
export interface OwnedEntry {
  readonly uid: number;
  readonly mode: number;
}

/** False on Windows, where modes and user ids say nothing and the profile folder's own access list protects the files. */
export function hasModes(host: HostFacts): boolean {
  return host.platform !== "win32" && host.uid !== undefined;
}

/** Permission bits the way `chmod` takes them: `0644`. */
export function modeText(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}

/** True when group or others may write. */
export function othersCanWrite(entry: OwnedEntry): boolean {
  return (entry.mode & 0o022) !== 0;
}

/** True when group or others may read, write or enter. */
export function othersCanReach(entry: OwnedEntry): boolean {
  return (entry.mode & 0o077) !== 0;
}

/** A path for a message. */
export function shownPath(path: string): string {
  return printable(path, 1000);
}

/** A path as one word of a POSIX shell, for a hint that can be pasted. */
export function shellPath(path: string): string {
  const shown = shownPath(path);
  return /^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", `'\\''`)}'`;
}
