import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { fileErrorCode, isAbsence } from "./file-errors.ts";

const { O_RDONLY, O_WRONLY, O_APPEND, O_CREAT } = constants;
/** Windows does not know these. */
const flags: Readonly<Record<string, number | undefined>> = { ...constants };
const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_NOCTTY = 0 } = flags;

/** Opening without waiting, for reading: a pipe would otherwise wait for its other end without end. */
export const openToRead = O_RDONLY | O_NONBLOCK | O_NOCTTY;

/** The same for writing at the end of a file, which is made where there is none. */
export const openToAppend = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY;

/** What is not read, and why; any other failure is the system's own error. */
export type NotRead = "absent" | "link" | "folder" | "not a file" | "too large";

export interface ReadRules {
  readonly maxBytes: number;
  /** False: a symbolic link is not followed. Only the last part of the path counts. */
  readonly followLink: boolean;
  /** Judges the file that is read, by its descriptor; throws where it is not to be read. */
  readonly judge?: (stats: Stats) => void;
}

/**
 * Reads a file by a name that something else may stand at: opens it without waiting, judges the descriptor, and reads from
 * that same descriptor, so that nobody can put another file there in between. Everything that is opened by a name which this
 * process has not just made is read by this function, or by what it is made of.
 *
 * @returns the content, or why there is none
 * @throws the system's own error; whatever `judge` throws
 */
export async function readRegularFile(path: string, rules: ReadRules): Promise<Uint8Array | NotRead> {
  const { maxBytes, followLink, judge } = rules;
  const file = await openUnlessAbsent(path, followLink);
  if (typeof file === "string") {
    return file;
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile()) {
      return stats.isDirectory() ? "folder" : "not a file";
    }
    judge?.(stats);
    return (await readUpTo(file, maxBytes)) ?? "too large";
  } finally {
    await file.close();
  }
}

/** @throws the system's own error */
export async function openUnlessAbsent(path: string, followLink: boolean): Promise<FileHandle | "absent" | "link"> {
  try {
    if (!followLink && O_NOFOLLOW === 0 && (await lstat(path)).isSymbolicLink()) {
      return "link";
    }
    return await open(path, openToRead | (followLink ? 0 : O_NOFOLLOW));
  } catch (error) {
    if (isAbsence(error)) {
      return "absent";
    }
    if (!followLink && ["ELOOP", "EMLINK"].includes(fileErrorCode(error) ?? "")) {
      return "link";
    }
    throw error;
  }
}

/** Reads no more than a byte beyond the limit, whatever the size said: a file can grow meanwhile. `undefined`: too large. */
export async function readUpTo(file: FileHandle, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const chunk = new Uint8Array(Math.min(65_536, maxBytes + 1 - size));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
    if (bytesRead === 0) {
      return new Uint8Array(Buffer.concat(chunks, size));
    }
    size += bytesRead;
    if (size > maxBytes) {
      return undefined;
    }
    chunks.push(chunk.subarray(0, bytesRead));
  }
}

/**
 * {@link readRegularFile} for where nothing can be awaited, and where it makes no difference why there is nothing to read.
 *
 * @returns `undefined` for what is absent, no regular file, too large or unreadable
 */
export function readRegularFileSync(path: string, maxBytes: number): Uint8Array | undefined {
  let descriptor;
  try {
    descriptor = openSync(path, openToRead);
    if (!fstatSync(descriptor).isFile()) {
      return undefined;
    }
    const chunks: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const chunk = new Uint8Array(Math.min(65_536, maxBytes + 1 - size));
      const bytesRead = readSync(descriptor, chunk);
      if (bytesRead === 0) {
        return Buffer.concat(chunks, size);
      }
      size += bytesRead;
      if (size > maxBytes) {
        return undefined;
      }
      chunks.push(chunk.subarray(0, bytesRead));
    }
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) {
      closeSync(descriptor);
    }
  }
}
