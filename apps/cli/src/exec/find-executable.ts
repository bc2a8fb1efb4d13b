import { accessSync, constants, statSync } from "node:fs";
import { posix, win32 } from "node:path";
import { command, hint, type HintInput, or, posixWord, shownPath, shownValue, TegataError } from "@tegata/core";

export interface ExecutableSearch {
  /** `process.platform`. */
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What a path leads to; the file system's own response in `fileKind`. */
  readonly look: (path: Buffer) => "program" | "folder" | "other" | "nothing";
}

/** Where `execvp` looks when there is no `PATH`. */
const defaultPath = "/bin:/usr/bin";
const windowsExtensions = ".COM;.EXE;.BAT;.CMD";

/**
 * The file of a command, found as `execvp` finds it: a name with a slash is a path as it is, any other is looked up in the
 * folders of `PATH`, where an empty one is the current folder. Names are bytes, as the system's are.
 *
 * On Windows by `Path` and `PATHEXT`, but not in the current folder, where a cloned repository could have laid a `git.exe`.
 *
 * @throws TegataError `exec_not_found`; `exec_not_executable` for what is there and cannot be run
 */
export function findExecutable(name: Buffer, search: ExecutableSearch): Buffer {
  return search.platform === "win32" ? findOnWindows(name, search) : findOnPosix(name, search);
}

export const fileKind: ExecutableSearch["look"] = (path) => {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) {
      return stats.isDirectory() ? "folder" : "other";
    }
    accessSync(path, constants.X_OK);
    return "program";
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "ENOENT" || code === "ENOTDIR" ? "nothing" : "other";
  }
};

function findOnPosix(name: Buffer, { env, look }: ExecutableSearch): Buffer {
  const slash = name.includes("/");
  const folders = (env["PATH"] ?? defaultPath).split(":");
  const candidates = slash ? [name] : folders.map((folder) => Buffer.concat([Buffer.from(below(folder)), name]));
  let refused: { readonly path: Buffer; readonly why: "folder" | "other" } | undefined;
  for (const path of name.length === 0 ? [] : candidates) {
    const seen = look(path);
    if (seen === "program") {
      return path;
    }
    refused ??= seen === "nothing" ? undefined : { path, why: seen };
  }
  if (refused === undefined) {
    throw notFound(name.toString(), slash);
  }
  const path = refused.path.toString();
  throw notExecutable(
    refused.why === "folder" ? `${shownPath(path)} is a folder` : `${shownPath(path)} is not executable`,
    refused.why === "folder" ? "name a program in it" : `chmod +x ${posixWord(path)}`,
  );
}

function below(folder: string): string {
  return folder === "" ? "" : posix.join(folder, "/");
}

function findOnWindows(name: Buffer, { env, look }: ExecutableSearch): Buffer {
  const text = name.toString();
  const isPath = /[\\/:]/.test(text);
  const variable = (wanted: string) => Object.entries(env).find(([each]) => each.toUpperCase() === wanted)?.[1] ?? "";
  const extensions = (variable("PATHEXT") || windowsExtensions).split(";").filter((each) => each !== "");
  const hasOne = extensions.some((extension) => text.toUpperCase().endsWith(extension.toUpperCase()));
  const names = hasOne ? [text] : extensions.map((extension) => `${text}${extension}`);
  const folders = variable("PATH")
    .split(";")
    .filter((folder) => folder !== "");
  const candidates = isPath ? names : folders.flatMap((folder) => names.map((each) => win32.join(folder, each)));
  const path = text === "" ? undefined : candidates.find((each) => look(Buffer.from(each)) === "program");
  if (path === undefined) {
    throw notFound(text, isPath);
  }
  if (/\.(cmd|bat)$/i.test(path)) {
    // cmd.exe takes its own characters in an argument for its own language, even in quotes.
    throw notExecutable(`${shownPath(path)} is a batch file, which no argument can be passed to safely`, [
      hint`run what it runs`,
      or`let cmd.exe run it: ${command("exec", "--", "cmd", "/c", text)}`,
    ]);
  }
  return Buffer.from(path);
}

function notFound(name: string, isPath: boolean): TegataError {
  const shown = shownPath(name);
  return isPath
    ? new TegataError("exec_not_found", `there is no file ${shown}`, { hint: "check the path of the command" })
    : new TegataError("exec_not_found", `there is no command ${shownValue(name)} on PATH`, {
        hint: "check its spelling, or name the command by its path",
      });
}

function notExecutable(message: string, advice: HintInput): TegataError {
  return new TegataError("exec_not_executable", message, { hint: advice });
}

/** Why the system did not start a program that was found: `ENOEXEC` and the like. */
export function startFailure(file: Buffer, code: string): TegataError {
  const shown = shownPath(file.toString());
  const [reason, advice] = failures[code] ?? [`cannot be run (${code})`, "check what kind of file it is"];
  return notExecutable(`${shown} ${reason}`, advice);
}

const failures: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  // The file itself is there: it was found.
  ENOENT: [
    "names an interpreter that is not there",
    "install the interpreter that its first line names, or correct that line",
  ],
  EACCES: ["may not be run", "check the permissions of the file, of its interpreter, and of the disk that it is on"],
  ENOEXEC: ["is not a program for this system", "check what kind of file it is, and for which processor it was made"],
  E2BIG: ["has too many or too long arguments and variables", "pass less, or pass it in a file"],
  ETXTBSY: ["is being written by another program", "try again when that is done"],
  ENOMEM: ["needs more memory than there is", "try again when there is more"],
  EAGAIN: ["would be one process too many", "end other processes, or raise the limit of processes"],
};
