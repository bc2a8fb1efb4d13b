import { isOwnGroup } from "./own-group.ts";

/** Whose process this is. */
export interface Host {
  /** `process.platform`. */
  readonly platform: string;
  /** The effective user id; `undefined` where there is none (Windows). */
  readonly uid: number | undefined;
}

/** The part of `fs.Stats` that ownership is judged by. */
export interface OwnedEntry {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** False on Windows, where modes and user ids say nothing and the profile folder's own access list protects the files. */
export function hasModes(host: Host): boolean {
  return host.platform !== "win32" && host.uid !== undefined;
}

/** Permission bits the way `chmod` takes them: `0644`. */
export function modeText(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}

/**
 * True when somebody else may write. A group that nobody but this user is in is nobody else: one rule for every file and
 * folder that is judged.
 */
export function othersCanWrite({ mode, gid }: OwnedEntry, host: Host): boolean {
  return hasModes(host) && ((mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && !isOwnGroup(gid, host)));
}

/** True when group or others may read, write or enter: what holds secrets is made so that neither may, under every umask. */
export function othersCanReach(entry: Pick<OwnedEntry, "mode">): boolean {
  return (entry.mode & 0o077) !== 0;
}
