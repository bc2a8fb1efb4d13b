import { posix, win32 } from "node:path";
import { type Clause, hint, posixWord, shownValue, TegataError, variable as variablePart, words } from "@tegata/core";
import { expandHome, isAbsolutePath } from "../files/home-path.ts";

interface FoldersInput {
  /** `process.platform`. */
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The home folder; `undefined` or empty when the system knows none (some containers). */
  readonly home: string | undefined;
  /** The value of `--config`. */
  readonly config?: string | undefined;
}

/** Where things rest. `undefined`: nothing says where, so nothing is read or kept there. */
interface Folders {
  readonly settingsFile: string | undefined;
  /** Who named the settings file; a file that was named must exist. */
  readonly settingsFileNamedBy: "flag" | "variable" | undefined;
  /** AWS credentials. */
  readonly cacheDir: string | undefined;
  /** Sign-in sessions. */
  readonly stateDir: string | undefined;
}

/** Of a run that has no home. */
export const noFolders: Folders = {
  settingsFile: undefined,
  settingsFileNamedBy: undefined,
  cacheDir: undefined,
  stateDir: undefined,
};

const fileName = "tegata.toml";

/**
 * The settings file and the folders of a platform: XDG Base Directory Specification on Linux, the BSDs and, where its
 * variables are set, macOS; `~/Library` on macOS; `%APPDATA%` and `%LOCALAPPDATA%` on Windows. `--config` and the
 * `TEGATA_` variables win; a `~/` at their beginning is the home folder. An empty variable is an unset one. A relative one that
 * would name a folder for secrets names none: {@link refuseRelativeFolders} says so.
 */
export function foldersOf(input: FoldersInput): Folders {
  const { platform, env, config } = input;
  const { home, cacheDir, stateDir } = absoluteOnly(input);
  const defaults = defaultFolders(platform, (name) => nonEmpty(env[name]), home);
  const configVariable = nonEmpty(env["TEGATA_CONFIG"]);
  const named = config ?? configVariable;
  return {
    settingsFile: named === undefined ? defaults.settingsFile : expandHome(named, home, platform),
    settingsFileNamedBy: config === undefined ? (configVariable === undefined ? undefined : "variable") : "flag",
    cacheDir: cacheDir.isNamed ? cacheDir.path : defaults.cacheDir,
    stateDir: stateDir.isNamed ? stateDir.path : defaults.stateDir,
  };
}

/**
 * Secrets below the folder in which a program happens to be started are found by everyone who has that folder, and not by the next
 * run; settings of one belong to anyone who has it.
 *
 * @throws TegataError `usage_invalid` for a relative `TEGATA_CACHE_DIR`, `TEGATA_STATE_DIR` or home: `~/.aws` lies below that, too
 */
export function refuseRelativeFolders(input: FoldersInput): void {
  const { platform, env } = input;
  const { cacheDir, stateDir, home } = absoluteOnly(input);
  for (const [variable, folder] of [
    ["TEGATA_CACHE_DIR", cacheDir],
    ["TEGATA_STATE_DIR", stateDir],
  ] as const) {
    if (folder.isNamed && folder.path === undefined) {
      const value = env[variable] ?? "";
      throw new TegataError(
        "usage_invalid",
        words`${variablePart(variable)} is ${shownValue(value, 500)}, which is relative: it would be another folder in each folder`,
        { hint: wholePathHint(variable, value, platform) },
      );
    }
  }
  if (nonEmpty(input.home) !== undefined && home === undefined) {
    const variable = platform === "win32" ? "USERPROFILE" : "HOME";
    throw new TegataError(
      "usage_invalid",
      `${variable} is ${shownValue(input.home ?? "", 500)}, which is relative: it would be another home in each folder`,
      { hint: wholePathHint(variable, input.home ?? "", platform) },
    );
  }
}

/**
 * A command to paste, where the value is a path and no word that some shell was meant to replace: without the blanks or the quotes
 * that got around it, where that is what makes it relative.
 */
function wholePathHint(variable: string, value: string, platform: string): Clause {
  const bare = value.trim().replace(/^(["'])(.*)\1$/s, "$2");
  if (isAbsolutePath(bare, platform)) {
    return hint`without what stands around the path: export ${variablePart(variable)}=${posixWord(bare)}`;
  }
  return /^[~$%]/.test(value)
    ? hint`name the whole path in ${variablePart(variable)}`
    : hint`name the whole path: export ${variablePart(variable)}="$PWD"/${posixWord(value.replace(/^(\.\/)+/, ""))}`;
}

interface NamedFolder {
  readonly isNamed: boolean;
  /** Undefined: it is relative. */
  readonly path: string | undefined;
}

function absoluteOnly({ platform, env, home: namedHome }: FoldersInput): {
  readonly home: string | undefined;
  readonly cacheDir: NamedFolder;
  readonly stateDir: NamedFolder;
} {
  const absolute = (path: string | undefined) =>
    path !== undefined && isAbsolutePath(path, platform) ? path : undefined;
  const home = absolute(nonEmpty(namedHome));
  const folder = (variable: string): NamedFolder => {
    const value = nonEmpty(env[variable]);
    return { isNamed: value !== undefined, path: value && absolute(expandHome(value, home, platform)) };
  };
  return { home, cacheDir: folder("TEGATA_CACHE_DIR"), stateDir: folder("TEGATA_STATE_DIR") };
}

type DefaultFolders = Pick<Folders, "settingsFile" | "cacheDir" | "stateDir">;

function defaultFolders(
  platform: string,
  variable: (name: string) => string | undefined,
  home: string | undefined,
): DefaultFolders {
  if (platform === "win32") {
    const below = (name: string, ...fallback: string[]) => {
      const value = variable(name);
      return value !== undefined && win32.isAbsolute(value) ? value : joined(win32, home, ...fallback);
    };
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
