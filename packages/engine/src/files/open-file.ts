import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from "node:fs";
import { fileErrorCode, isAbsence } from "./file-errors.ts";

/*
 * Nothing here is awaited: these are small files on a disk, and handing each step to another thread of the runtime takes
 * longer than the step.
 */

const { O_RDONLY, O_WRONLY, O_APPEND, O_CREAT } = constants;
/** Windows does not know these. */
const flags: Readonly<Record<string, number | undefined>> = { ...constants };
const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_NOCTTY = 0 } = flags;

/** Opening without waiting, for reading: a pipe would otherwise wait for its other end without end. */
export const openToRead = O_RDONLY | O_NONBLOCK | O_NOCTTY;

/** The same for writing at the end of a file, which is made where there is none. */
export const openToAppend = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY;

/** What is not read, and why; any other failure is the system's own error. */
type NotRead = "absent" | "link" | "folder" | "not a file" | "too large";

interface ReadRules {
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
 * @throws the system's own error; what `judge` throws
 */
export function readRegularFile(path: string, rules: ReadRules): Uint8Array | NotRead {
  const { maxBytes, followLink, judge } = rules;
  const descriptor = openUnlessAbsent(path, followLink);
  if (typeof descriptor === "string") {
    return descriptor;
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) {
      return stats.isDirectory() ? "folder" : "not a file";
    }
    judge?.(stats);
    return readUpTo(descriptor, maxBytes, stats.size) ?? "too large";
  } finally {
    closeSync(descriptor);
  }
}

/**
 * @returns the descriptor
 * @throws the system's own error
 */
export function openUnlessAbsent(path: string, followLink: boolean): number | "absent" | "link" {
  try {
    if (!followLink && O_NOFOLLOW === 0 && lstatSync(path).isSymbolicLink()) {
      return "link";
    }
    return openSync(path, openToRead | (followLink ? 0 : O_NOFOLLOW));
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

/**
 * Reads no more than a byte beyond the limit, no matter what the size said: a file can grow meanwhile. `undefined`: too large.
 *
 * @param size what the system says of the file: how much room to take at first
 */
export function readUpTo(descriptor: number, maxBytes: number, size: number): Uint8Array | undefined {
  const chunks: Uint8Array[] = [];
  let chunk = new Uint8Array(Math.min(Math.max(size, 511), maxBytes) + 1);
  let used = 0;
  let total = 0;
  for (;;) {
    const bytesRead = readSync(descriptor, chunk, used, chunk.length - used, null);
    used += bytesRead;
    total += bytesRead;
    if (total > maxBytes) {
      return undefined;
    }
    if (bytesRead === 0 && chunks.length === 0) {
      return chunk.subarray(0, used);
    }
    if (bytesRead === 0) {
      return new Uint8Array(Buffer.concat([...chunks, chunk.subarray(0, used)]));
    }
    if (used === chunk.length) {
      chunks.push(chunk);
      chunk = new Uint8Array(Math.min(65_536, maxBytes + 1 - total));
      used = 0;
    }
  }
}

/**
 * {@link readRegularFile} for where it makes no difference why there is nothing to read.
 *
 * @returns `undefined` for what is absent, no regular file, too large or unreadable
 */
export function readIfRegular(path: string, maxBytes: number): Uint8Array | undefined {
  try {
    const read = readRegularFile(path, { maxBytes, followLink: true });
    return typeof read === "string" ? undefined : read;
  } catch {
    return undefined;
  }
}
