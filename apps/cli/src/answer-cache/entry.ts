/**
 * An entry of the answer cache: what a run wrote to stdout, with everything that the output depends on. The next run with the
 * same key reads these files and ends. This file is part of the first file: it imports nothing, and only the first file imports
 * more of it than types, because a module that both halves of the binary share is a file of its own in the binary, which costs
 * time to load. Code runs cold here: plain loops beat closures and patterns.
 *
 * Right before fast: if anything differs, there is no entry, and the rest of the binary does the work.
 */
export interface CacheEntry {
  /** As `entryKeyOf` makes it. */
  readonly key: string;
  /** The cached credentials in the output: if they are deleted or replaced, the entry is worth nothing. */
  readonly credentialsFile: string;
  readonly credentialsBytes: number;
  /** Milliseconds since the epoch, rounded down: when that file was written. */
  readonly credentialsWrittenAt: number;
  /** Milliseconds since the epoch between which the credentials are fresh. */
  readonly freshFrom: number;
  readonly freshUntil: number;
  /** Milliseconds since the epoch until which AWS takes the credentials. */
  readonly expiresAt: number;
  /** The settings files that the full run looked for, and what it found: a person's own, the team's, the machine's. */
  readonly settings: readonly SettingsState[];
  readonly stdout: string;
}

/** A settings file, as a run found it. */
export interface SettingsState {
  /** Empty: none was looked for. */
  readonly path: string;
  readonly bytes: number;
  /**
   * Whose the file was and who could write to it, which the full run has judged: user id, group id, mode. A file that is handed to
   * others, or opened to them, has to be judged again. Empty where there was none: one that appears makes a difference.
   */
  readonly owner: string;
  /** The whole text: size and time of a file do not prove that it is the same. */
  readonly text: string;
}

/** Raised whenever anything here or in an entry changes its meaning: then every older one is a miss. */
export type EntryMagic = "tegata-entry-2";
const magic: EntryMagic = "tegata-entry-2";
/** Of settings files: those of a person, a team and the machine. */
const settingsCount = 3;
const fieldCount = 9 + 4 * settingsCount;

/** Besides every `TEGATA_` variable, what can change the output or the folder of the entry. */
const variables: ReadonlySet<string> = new Set([
  "HOME",
  "USERPROFILE",
  "XDG_CONFIG_HOME",
  "XDG_CACHE_HOME",
  "APPDATA",
  "LOCALAPPDATA",
  "AWS_REGION",
  "AWS_DEFAULT_REGION",
  "AWS_ROLE_ARN",
  "AWS_ROLE_SESSION_NAME",
  "AWS_ENDPOINT_URL",
  "AWS_ENDPOINT_URL_STS",
  "AWS_USE_FIPS_ENDPOINT",
  "AWS_USE_DUALSTACK_ENDPOINT",
]);

/** Those that do not change the output of `credential-process`, which AWS clients start with all sorts of them. */
const ofPersons: ReadonlySet<string> = new Set(["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CREDENTIAL_EXPIRATION"]);

type Environment = Readonly<Record<string, string | undefined>>;

/** True for a variable that is part of the key. */
export function isPartOfKey(variable: string): boolean {
  return variable.startsWith("TEGATA_") || variables.has(variable) || ofPersons.has(variable);
}

/**
 * True when the output may depend on the calling shell: `env` (or `use`) anywhere, as flags may stand before it, without a
 * word about which. Only a guess, for speed: output that does depend on it is stored under a key that names it, or not at all
 * (`observed-machine.ts`).
 */
export function mayDependOnShell(args: readonly string[], env: Environment): boolean {
  if ((env["TEGATA_SHELL"] ?? "") !== "") {
    return false;
  }
  let isEnv = false;
  for (const arg of args) {
    if (arg.startsWith("--shell")) {
      return false;
    }
    isEnv ||= arg === "env" || arg === "use";
  }
  return isEnv;
}

/** True when a person on a terminal is told what a shell gets: then a full run says it. */
export function tellsPerson(args: readonly string[]): boolean {
  return (args.includes("env") || args.includes("use")) && !args.includes("--quiet");
}

/**
 * The shell that the parent process is, by the path of its executable (`/proc/PID/exe`); empty for any other, as for a
 * program that runs more than one kind of shell (BusyBox, Python), and for one that was replaced since it started.
 */
export function shellOf(executable: string): string {
  const name = executable.slice(executable.lastIndexOf("/") + 1);
  // No set: it would be made in every run, for the few that ask.
  switch (name) {
    case "sh":
    case "bash":
    case "dash":
    case "zsh":
    case "ksh":
    case "ksh93":
    case "mksh":
    case "fish":
    case "csh":
    case "bsd-csh":
    case "tcsh":
    case "elvish":
    case "nu":
    case "pwsh":
      return name;
    default:
      return "";
  }
}

/**
 * Everything but files that an output depends on: the binary, the user, the arguments, the variables, the shell.
 *
 * @param binary its id, from name, version and build: another one may print something else for the same arguments
 * @param uid the user id; -1 where there is none
 * @param shell as `shellOf` has it; empty where the output does not depend on it
 */
export function entryKeyOf(
  binary: string,
  args: readonly string[],
  env: Environment,
  uid: number,
  shell: string,
): string {
  const asked: string[] = [];
  for (const name in env) {
    if (isPartOfKey(name) && (args[0] !== "credential-process" || !ofPersons.has(name))) {
      asked.push(`${name}=${env[name]}`);
    }
  }
  return JSON.stringify([binary, uid, args, asked.sort(), shell]);
}

/**
 * The file of the entry with a key; `undefined` where nothing names a folder. It must be the cache folder of
 * `foldersOf` (settings/folders.ts); a test holds the two together.
 */
export function entryFileOf(key: string, env: Environment, platform: string): string | undefined {
  const folder = cacheFolderOf(env, platform);
  return folder === undefined ? undefined : `${folder}${platform === "win32" ? "\\" : "/"}${nameOf(key)}.output`;
}

/** `undefined` for anything that `encodeEntry` did not make. */
export function decodeEntry(text: string): CacheEntry | undefined {
  const fields: string[] = [];
  let start = 0;
  for (let index = 0; index < fieldCount; index += 1) {
    const end = text.indexOf("\n", start);
    if (end < 0) {
      return undefined;
    }
    fields.push(text.slice(start, end));
    start = end + 1;
  }
  const [first, key, credentialsFile, bytes, writtenAt, from, until, expiresAt] = fields;
  if (first !== magic || key === undefined || credentialsFile === undefined) {
    return undefined;
  }
  const settings: SettingsState[] = [];
  for (let index = 8; index < fieldCount - 1; index += 4) {
    const end = start + Number(fields[index + 3]);
    if (!(end >= start && end <= text.length)) {
      return undefined;
    }
    settings.push({
      path: fields[index] ?? "",
      bytes: Number(fields[index + 1]),
      owner: fields[index + 2] ?? "",
      text: text.slice(start, end),
    });
    start = end;
  }
  if (start + Number(fields[fieldCount - 1]) !== text.length) {
    return undefined;
  }
  return {
    key,
    credentialsFile,
    credentialsBytes: Number(bytes),
    credentialsWrittenAt: Number(writtenAt),
    freshFrom: Number(from),
    freshUntil: Number(until),
    expiresAt: Number(expiresAt),
    settings,
    stdout: text.slice(start),
  };
}

/**
 * True for a file of this user that nobody else can have written, or read: as `writePrivateFile` makes them. What others put
 * into a folder that they could write to, or could replace, would otherwise hand out their credentials, or run their
 * statements. The full run says what is wrong with it.
 *
 * @param uid as `entryKeyOf` has it
 */
export function isOwn(file: { readonly uid: number; readonly mode: number }, uid: number): boolean {
  return uid === -1 || (file.uid === uid && (file.mode & 0o077) === 0);
}

/** What is on disk now of the files that an entry depends on. */
export interface EntryFiles {
  /** Of each path of the entry, in its order. */
  readonly settings: readonly Pick<SettingsState, "bytes" | "owner" | "text">[];
  readonly credentialsBytes: number;
  readonly credentialsWrittenAt: number;
}

/**
 * - `right`: a full run would print the same.
 * - `renewable`: its credentials are about to end, and good until then.
 * - `ended`: its credentials have ended.
 * - `changed`: the credentials have been replaced or deleted since, or the clock was set back.
 * - `other`: it has another key, or the settings have changed. What is not a number counts as changed.
 */
export type EntryState = "right" | "renewable" | "ended" | "changed" | "other";

export function judgeEntry(entry: CacheEntry, key: string, now: number, files: EntryFiles): EntryState {
  if (entry.key !== key) {
    return "other";
  }
  for (let index = 0; index < entry.settings.length; index += 1) {
    const had = entry.settings[index];
    const has = files.settings[index];
    if (had === undefined || has?.text !== had.text || has.bytes !== had.bytes || has.owner !== had.owner) {
      return "other";
    }
  }
  if (
    files.credentialsBytes !== entry.credentialsBytes ||
    files.credentialsWrittenAt !== entry.credentialsWrittenAt ||
    !(now >= entry.freshFrom)
  ) {
    return "changed";
  }
  return now <= entry.freshUntil ? "right" : now < entry.expiresAt ? "renewable" : "ended";
}

function cacheFolderOf(env: Environment, platform: string): string | undefined {
  const isWindows = platform === "win32";
  const named = env["TEGATA_CACHE_DIR"] ?? "";
  const home = env["HOME"] ?? "";
  if (named !== "") {
    // No home of Windows: the full run knows more than one variable for it.
    const path =
      named.startsWith("~/") && home !== "" && !isWindows ? `${home.replace(/\/+$/, "")}${named.slice(1)}` : named;
    return isAbsolute(path, isWindows) ? path : undefined;
  }
  if (isWindows) {
    const local = env["LOCALAPPDATA"] ?? "";
    return isAbsolute(local, isWindows) ? `${local}\\tegata\\cache` : undefined;
  }
  const xdg = env["XDG_CACHE_HOME"] ?? "";
  if (xdg.startsWith("/")) {
    return `${xdg.replace(/\/+$/, "")}/tegata`;
  }
  return home.startsWith("/") ? `${home}${platform === "darwin" ? "/Library/Caches" : "/.cache"}/tegata` : undefined;
}

/** A full run refuses any other. */
function isAbsolute(path: string, isWindows: boolean): boolean {
  return isWindows ? /^([A-Za-z]:)?[\\/]/.test(path) : path.startsWith("/");
}

/**
 * A file name for a key. Not a cryptographic digest, whose module would cost more than the rest of the run: two keys with the
 * same name differ in the key itself, which is in the file.
 */
function nameOf(key: string): string {
  let hash = 0x41c6ce57;
  for (let index = 0; index < key.length; index += 1) {
    hash = (Math.imul(hash, 31) + key.charCodeAt(index)) | 0;
  }
  return (hash >>> 0).toString(16).padStart(8, "0") + key.length.toString(16).padStart(8, "0");
}
