import { constants } from "node:fs";
import { mkdir, open, readlink, realpath, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { isTegataError, type Machine, TegataError } from "@tegata/core";
import { writePrivateFile } from "./storage/atomic-file.ts";
import { fileErrorCode, fileErrorReason } from "./storage/file-errors.ts";
import { hasModes, type HostFacts, shownPath } from "./storage/ownership.ts";

export interface MachineFacts extends HostFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the process that started this one. */
  readonly parentPid: number;
  /** Aborted on Ctrl-C: a program that runs then is ended. */
  readonly signal: AbortSignal;
}

/** The machine that this process runs on. */
export function createMachine(facts: MachineFacts): Machine {
  const { platform, env, signal } = facts;
  const run: Machine["run"] = async (command, options) => {
    const { runProgram } = await import("./run-program.ts");
    return runProgram(command, options, { env, signal });
  };
  return {
    platform,
    variable: (name) => env[name] || undefined,
    parentProgram: () => parentProgram(facts, run),
    readFile: readTextFile,
    appendFile: appendTextFile,
    replaceFile: (path, text) => replaceTextFile(path, text, facts),
    run,
  };
}

async function parentProgram({ platform, parentPid }: MachineFacts, run: Machine["run"]): Promise<string | undefined> {
  if (platform === "linux") {
    // Not /proc/PID/comm: that of a script is the script's name.
    return readlink(`/proc/${parentPid}/exe`).then(
      (path) => basename(path.replace(/ \(deleted\)$/, "")),
      () => undefined,
    );
  }
  if (platform === "win32") {
    return undefined;
  }
  const limits = { timeoutMilliseconds: 1000, maxBytes: 4096 };
  const ended = await run(["/bin/ps", "-o", "comm=", "-p", String(parentPid)], limits).catch(() => undefined);
  // A login shell has a dash before its name.
  const name = basename(ended?.stdout.trim() ?? "").replace(/^-/, "");
  return ended?.status === 0 && name !== "" ? name : undefined;
}

async function readTextFile(path: string, maxBytes: number): Promise<string | undefined> {
  try {
    // O_NONBLOCK: opening a pipe would otherwise wait for its other end for ever.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      if (!(await file.stat()).isFile()) {
        throw unreadable(path, "it is not a regular file");
      }
      const buffer = new Uint8Array(maxBytes + 1);
      let size = 0;
      for (;;) {
        const { bytesRead } = await file.read(buffer, size, buffer.length - size, size);
        size += bytesRead;
        if (size > maxBytes) {
          throw unreadable(path, `it is longer than ${maxBytes} bytes`);
        }
        if (bytesRead === 0) {
          break;
        }
      }
      return textOf(path, buffer.subarray(0, size));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isTegataError(error)) {
      throw error;
    }
    if (["ENOENT", "ENOTDIR"].includes(fileErrorCode(error) ?? "")) {
      return undefined;
    }
    throw unreadable(path, fileErrorReason(error), error);
  }
}

function textOf(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw unreadable(path, "it is not UTF-8 text", error);
  }
}

async function appendTextFile(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, "a", 0o600);
    try {
      await file.writeFile(text);
      await file.sync().catch(() => undefined);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Through a link to what it leads to, so that dotfiles kept elsewhere stay there. */
async function replaceTextFile(path: string, text: string, host: HostFacts): Promise<void> {
  try {
    const target = await realpath(path).catch(async (error: unknown) => {
      if (fileErrorCode(error) !== "ENOENT") {
        throw error;
      }
      await mkdir(dirname(resolve(path)), { recursive: true, mode: 0o700 });
      return resolve(path);
    });
    const before = await stat(target).catch(() => undefined);
    await writePrivateFile(target, new TextEncoder().encode(text), host, async (file, bytes) => {
      if (before !== undefined && hasModes(host)) {
        await file.chmod(before.mode & 0o7777);
      }
      await file.writeFile(bytes);
    });
  } catch (error) {
    throw unwritable(path, isTegataError(error) ? error.cause : error);
  }
}

function unreadable(path: string, reason: string, cause?: unknown): TegataError {
  return new TegataError("file_unreadable", `${shownPath(path)} cannot be read: ${reason}`, {
    hint: "check the path and its permissions",
    cause,
  });
}

function unwritable(path: string, error: unknown): TegataError {
  return new TegataError("file_unwritable", `${shownPath(path)} cannot be written: ${fileErrorReason(error)}`, {
    hint: "check the path and its permissions",
    cause: error,
  });
}
