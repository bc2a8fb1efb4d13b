import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  type Stats,
  writeSync,
} from "node:fs";
import { isatty } from "node:tty";
import type { FileState } from "./file-state.ts";
import type { FirstFileSystem } from "./first-file.ts";

/** Windows knows neither flag. */
const flags: Readonly<Record<string, number | undefined>> = { ...constants };
const { O_RDONLY = 0, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = flags;

/** The first file's files by `node:fs`. */
export const nodeFiles: FirstFileSystem = {
  isTerminal: isatty,
  // Bun alone tells, and where this file stands in for the C library the full run looks.
  mayBeClosed: () => "Bun" in globalThis,
  read: (path, maxBytes, followLink) => {
    let descriptor;
    try {
      if (!followLink && O_NOFOLLOW === 0 && lstatSync(path).isSymbolicLink()) {
        return undefined;
      }
      descriptor = openSync(path, O_RDONLY | O_NONBLOCK | (followLink ? 0 : O_NOFOLLOW));
      const facts = stateOf(fstatSync(descriptor));
      if (facts === undefined || facts.bytes > maxBytes) {
        return undefined;
      }
      // Files below /proc have no size.
      const buffer = new Uint8Array(facts.bytes === 0 ? maxBytes + 1 : facts.bytes + 1);
      let length = 0;
      for (let read = 1; read > 0 && length < buffer.length; length += read) {
        read = readSync(descriptor, buffer, length, buffer.length - length, null);
      }
      return length > maxBytes ? undefined : { ...facts, text: new TextDecoder().decode(buffer.subarray(0, length)) };
    } catch {
      return undefined;
    } finally {
      if (descriptor !== undefined) {
        closeSync(descriptor);
      }
    }
  },
  look: (path) => {
    try {
      return stateOf(lstatSync(path));
    } catch {
      return undefined;
    }
  },
  isThere: existsSync,
  readLink: (path) => {
    try {
      return readlinkSync(path);
    } catch {
      return undefined;
    }
  },
  write: (bytes) => {
    try {
      return writeSync(1, bytes);
    } catch {
      return 0;
    }
  },
};

function stateOf(stats: Stats): FileState | undefined {
  const { uid, gid, mode, size, mtimeMs } = stats;
  return stats.isFile() ? { uid, gid, mode, bytes: size, writtenAt: Math.floor(mtimeMs) } : undefined;
}
