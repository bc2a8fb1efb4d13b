import { posix, win32 } from "node:path";

export interface FoldersInput {
  /** `process.platform`. */
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The home folder; `undefined` or empty when the system knows none (some containers). */
  readonly home: string | undefined;
  /** The value of `--config`. */
  readonly config?: string | undefined;
}

/** Where things rest. `undefined`: nothing says where, so nothing is read or kept there. */
export interface Folders {
  readonly settingsFile: string | undefined;
  /** Who named the settings file; a file that was named must exist. */
  readonly settingsFileNamedBy: "--config" | "TEGATA_CONFIG" | undefined;
  /** AWS credentials. */
  readonly cacheDir: string | undefined;
  /** Sign-in sessions. */
  readonly stateDir: string | undefined;
}

const fileName = "tegata.toml";

/**
 * The settings file and the folders of a platform: XDG Base Directory Specification on Linux, the BSDs and, where its
 * variables are set, macOS; `~/Library` on macOS; `%APPDATA%` and `%LOCALAPPDATA%` on Windows. `--config` and the
 * `TEGATA_` variables win. An empty variable is an unset one.
 */
export function foldersOf({ platform, env, home, config }: FoldersInput): Folders {
  const defaults = defaultFolders(platform, (name) => nonEmpty(env[name]), nonEmpty(home));
  const configVariable = nonEmpty(env["TEGATA_CONFIG"]);
  return {
    settingsFile: config ?? configVariable ?? defaults.settingsFile,
    settingsFileNamedBy:
      config === undefined ? (configVariable === undefined ? undefined : "TEGATA_CONFIG") : "--config",
    cacheDir: nonEmpty(env["TEGATA_CACHE_DIR"]) ?? defaults.cacheDir,
    stateDir: nonEmpty(env["TEGATA_STATE_DIR"]) ?? defaults.stateDir,
  };
}

type Places = Pick<Folders, "settingsFile" | "cacheDir" | "stateDir">;

function defaultFolders(
  platform: string,
  variable: (name: string) => string | undefined,
  home: string | undefined,
): Places {
  if (platform === "win32") {
    const below = (name: string, ...fallback: string[]) => variable(name) ?? joined(win32, home, ...fallback);
    const roaming = below("APPDATA", "AppData", "Roaming");
    const local = below("LOCALAPPDATA", "AppData", "Local");
    return {
      settingsFile: joined(win32, roaming, "tegata", fileName),
      cacheDir: joined(win32, local, "tegata", "cache"),
      stateDir: joined(win32, local, "tegata", "state"),
    };
  }
  const xdg = (name: string) => {
    const value = variable(name);
    // "If an implementation encounters a relative path in any of these variables it should … ignore it."
    return value !== undefined && posix.isAbsolute(value) ? posix.join(value, "tegata") : undefined;
  };
  const below = (...path: string[]) => joined(posix, home, ...path);
  const [settings, cache, state] =
    platform === "darwin"
      ? [
          below("Library", "Application Support", "tegata"),
          below("Library", "Caches", "tegata"),
          below("Library", "Application Support", "tegata", "state"),
        ]
      : [below(".config", "tegata"), below(".cache", "tegata"), below(".local", "state", "tegata")];
  return {
    settingsFile: joined(posix, xdg("XDG_CONFIG_HOME") ?? settings, fileName),
    cacheDir: xdg("XDG_CACHE_HOME") ?? cache,
    stateDir: xdg("XDG_STATE_HOME") ?? state,
  };
}

function joined(path: typeof posix, base: string | undefined, ...rest: string[]): string | undefined {
  return base === undefined ? undefined : path.join(base, ...rest);
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
