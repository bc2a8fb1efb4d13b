import type { FileState } from "./file-state.ts";
import type { FirstFileSystem } from "./first-file.ts";

/**
 * The part of Bun that is used here. `bun:ffi` wraps this object; loading the wrapper alone costs more than the calls. It is
 * no documented name: where it is gone, `node:fs` does the same, which a test proves.
 */
declare const Bun: {
  readonly FFI?: {
    dlopen<Name extends keyof Libc>(
      library: string,
      functions: Readonly<Record<Name, { readonly args: readonly number[]; readonly returns: number }>>,
    ): Error | { readonly symbols: Pick<Libc, Name> };
  };
};

/** Each returns -1 where it failed. A pointer is the bytes that it points to. */
interface Libc {
  open(path: Uint8Array, flags: number): number;
  statx(folder: number, path: Uint8Array, flags: number, mask: number, result: Uint32Array): number;
  read(descriptor: number, buffer: Uint8Array, bytes: number): number;
  readlink(path: Uint8Array, buffer: Uint8Array, bytes: number): number;
  write(descriptor: number, buffer: Uint8Array, bytes: number): number;
  close(descriptor: number): number;
  fcntl(descriptor: number, command: number): number;
  /** 1 for a terminal. */
  isatty(descriptor: number): number;
}

// Kinds of values, as Bun numbers them.
const int = 5;
const pointer = 12;

// <fcntl.h> of Linux: O_RDONLY is 0. Only O_NOFOLLOW differs between x64 and arm64.
const nonBlock = 0x800;
const closeOnExec = 0x8_0000;
const noFollow = process.arch === "arm64" ? 0x8000 : 0x2_0000;
/** AT_FDCWD. */
const currentFolder = -100;
const noFollowAt = 0x100;
/** AT_EMPTY_PATH: the descriptor itself. */
const emptyPath = 0x1000;
/** STATX_BASIC_STATS. */
const basicStats = 0x7ff;
const kindOfFile = 0o170_000;
const regularFile = 0o100_000;

/**
 * The first file's files by calls of the C library, on Linux: `statx` has one layout on every architecture, `fstat` has not.
 * A call is compiled for each symbol, and a function is taken apart when it first runs: so there are few of both, and what only
 * few runs need is loaded for them.
 *
 * @returns undefined where that cannot be done: another system, another C library, a Bun without it
 */
export function libcFiles(): FirstFileSystem | undefined {
  const { platform, arch } = process;
  if (platform !== "linux" || (arch !== "x64" && arch !== "arm64") || Bun.FFI === undefined) {
    return undefined;
  }
  const functions = {
    open: { args: [pointer, int], returns: int },
    statx: { args: [int, pointer, int, int, pointer], returns: int },
    read: { args: [int, pointer, int], returns: int },
    close: { args: [int], returns: int },
    fcntl: { args: [int, int], returns: int },
    write: { args: [int, pointer, int], returns: int },
  };
  let name = "libc.so.6";
  let library;
  try {
    library = Bun.FFI.dlopen(name, functions);
    if (library instanceof Error) {
      name = `libc.musl-${arch === "arm64" ? "aarch64" : "x86_64"}.so.1`;
      library = Bun.FFI.dlopen(name, functions);
    }
  } catch {
    return undefined;
  }
  return library instanceof Error ? undefined : filesOf(library.symbols, name);
}

/** @param name the library's */
function filesOf(libc: Omit<Libc, "readlink" | "isatty">, name: string): FirstFileSystem {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const stateOf = (folder: number, path: Uint8Array, flags: number): FileState | undefined => {
    // struct statx, in words of four bytes.
    const words = new Uint32Array(64);
    if (libc.statx(folder, path, flags, basicStats, words) !== 0) {
      return undefined;
    }
    const mode = (words[7] ?? 0) & 0xffff;
    if ((mode & kindOfFile) !== regularFile) {
      return undefined;
    }
    const seconds = (words[28] ?? 0) + (words[29] ?? 0) * 2 ** 32;
    return {
      uid: words[5] ?? 0,
      gid: words[6] ?? 0,
      mode,
      bytes: (words[10] ?? 0) + (words[11] ?? 0) * 2 ** 32,
      writtenAt: Math.floor(seconds * 1000 + (words[30] ?? 0) / 1_000_000),
    };
  };
  return {
    read: (path, maxBytes, followLink) => {
      const descriptor = libc.open(encoder.encode(`${path}\0`), nonBlock | closeOnExec | (followLink ? 0 : noFollow));
      if (descriptor < 0) {
        return undefined;
      }
      const facts = stateOf(descriptor, new Uint8Array(1), emptyPath);
      let found;
      if (facts !== undefined && facts.bytes <= maxBytes) {
        // Files below /proc have no size.
        const buffer = new Uint8Array(facts.bytes === 0 ? maxBytes + 1 : facts.bytes + 1);
        let length = 0;
        for (let read = 1; read > 0 && length < buffer.length;) {
          read = libc.read(descriptor, length === 0 ? buffer : buffer.subarray(length), buffer.length - length);
          // One that failed: the text is not what it was, then.
          length += read < 0 ? 0 : read;
        }
        found = length > maxBytes ? undefined : { ...facts, text: decoder.decode(buffer.subarray(0, length)) };
      }
      libc.close(descriptor);
      return found;
    },
    look: (path) => stateOf(currentFolder, encoder.encode(`${path}\0`), noFollowAt),
    isThere: (path) => libc.statx(currentFolder, encoder.encode(`${path}\0`), 0, 0, new Uint32Array(64)) === 0,
    readLink: (path) => {
      const library = Bun.FFI?.dlopen(name, { readlink: { args: [pointer, pointer, int], returns: int } });
      if (library === undefined || library instanceof Error) {
        return undefined;
      }
      const buffer = new Uint8Array(4096);
      const length = library.symbols.readlink(encoder.encode(`${path}\0`), buffer, buffer.length);
      return length < 0 ? undefined : decoder.decode(buffer.subarray(0, length));
    },
    write: (bytes) => Math.max(0, libc.write(1, bytes, bytes.length)),
    isTerminal: (descriptor) => {
      const library = Bun.FFI?.dlopen(name, { isatty: { args: [int], returns: int } });
      return library !== undefined && !(library instanceof Error) && library.symbols.isatty(descriptor) === 1;
    },
    // F_GETFD, FD_CLOEXEC: see runtime/closed-stdout.ts.
    mayBeClosed: () => libc.fcntl(1, 1) === 1,
  };
}
