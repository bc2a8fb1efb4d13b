import { posix, win32 } from "node:path";

/**
 * A path as a shell would have made it of `~/x`: what is quoted, or stands in a file of settings, still has its `~`. `~ann/x` is
 * left alone, as is `~/x` where there is no home.
 *
 * @param home undefined or empty when the system knows none
 */
export function expandHome(path: string, home: string | undefined, platform: string): string {
  const isWindows = platform === "win32";
  if (home === undefined || home === "" || !(isWindows ? /^~([\\/]|$)/ : /^~(\/|$)/).test(path)) {
    return path;
  }
  return (isWindows ? win32 : posix).join(home, path.slice(1));
}

/** True for a path that does not count from the current folder. */
export function isAbsolutePath(path: string, platform: string): boolean {
  return (platform === "win32" ? win32 : posix).isAbsolute(path);
}

/** @param folder what a relative path counts from; undefined where nobody knows: then it stays as it is */
export function absolutePath(path: string, folder: string | undefined, platform: string): string {
  return folder === undefined ? path : (platform === "win32" ? win32 : posix).resolve(folder, path);
}
