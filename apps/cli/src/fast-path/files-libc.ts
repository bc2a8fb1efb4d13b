import type { FileFacts, FirstFileSystem } from "./first-file.ts";

/**
 * The part of Bun that is used here. `bun:ffi` wraps this object; loading the wrapper alone costs more than the calls. It is
 * no documented name: where it is gone, `node:fs` does the same, which a test proves.
 */
declare const Bun: {
  readonly FFI?: {
    dlopen(
      library: string,
      functions: Readonly<Record<keyof Libc, { readonly args: readonly number[]; readonly returns: number }>>,
    ): Error | { readonly symbols: Libc };
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
 *
 * @returns undefined where that cannot be done: another system, another C library, a Bun without it
 */
export function libcFiles(): FirstFileSystem | undefined {
  const libc = loadLibc();
  return (
    libc && {
      read: reader(libc),
      look: looker(libc),
      readLink: linkReader(libc),
      write: writer(libc),
      isTerminal: (descriptor) => libc.isatty(descriptor) === 1,
      // F_GETFD, FD_CLOEXEC: see runtime/closed-stdout.ts.
      mayBeClosed: () => libc.fcntl(1, 1) === 1,
    }
  );
}

function loadLibc(): Libc | undefined {
  const { platform, arch } = process;
  if (platform !== "linux" || (arch !== "x64" && arch !== "arm64") || Bun.FFI === undefined) {
    return undefined;
  }
  const functions = {
    open: { args: [pointer, int], returns: int },
    statx: { args: [int, pointer, int, int, pointer], returns: int },
    read: { args: [int, pointer, int], returns: int },
    readlink: { args: [pointer, pointer, int], returns: int },
    write: { args: [int, pointer, int], returns: int },
    close: { args: [int], returns: int },
    fcntl: { args: [int, int], returns: int },
    isatty: { args: [int], returns: int },
  };
  let library;
  try {
    library = Bun.FFI.dlopen("libc.so.6", functions);
    if (library instanceof Error) {
      library = Bun.FFI.dlopen(`libc.musl-${arch === "arm64" ? "aarch64" : "x86_64"}.so.1`, functions);
    }
  } catch {
    return undefined;
  }
  return library instanceof Error ? undefined : library.symbols;
}

function reader(libc: Libc): FirstFileSystem["read"] {
  return (path, maxBytes, followLink) => {
    const descriptor = libc.open(terminated(path), nonBlock | closeOnExec | (followLink ? 0 : noFollow));
    if (descriptor < 0) {
      return undefined;
    }
    const facts = factsOf(libc, descriptor, "", emptyPath);
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
      found = length > maxBytes ? undefined : { ...facts, text: new TextDecoder().decode(buffer.subarray(0, length)) };
    }
    libc.close(descriptor);
    return found;
  };
}

function looker(libc: Libc): FirstFileSystem["look"] {
  return (path) => factsOf(libc, currentFolder, path, noFollowAt);
}

function linkReader(libc: Libc): FirstFileSystem["readLink"] {
  return (path) => {
    const buffer = new Uint8Array(4096);
    const length = libc.readlink(terminated(path), buffer, buffer.length);
    return length < 0 ? undefined : new TextDecoder().decode(buffer.subarray(0, length));
  };
}

function writer(libc: Libc): FirstFileSystem["write"] {
  return (bytes) => {
    const written = libc.write(1, bytes, bytes.length);
    return written < 0 ? 0 : written;
  };
}

function factsOf(libc: Libc, folder: number, path: string, flags: number): FileFacts | undefined {
  // struct statx, in words of four bytes.
  const words = new Uint32Array(64);
  if (libc.statx(folder, terminated(path), flags, basicStats, words) !== 0) {
    return undefined;
  }
  const [uid = 0, gid = 0] = [words[5], words[6]];
  const mode = (words[7] ?? 0) & 0xffff;
  const bytes = (words[10] ?? 0) + (words[11] ?? 0) * 2 ** 32;
  const seconds = (words[28] ?? 0) + (words[29] ?? 0) * 2 ** 32;
  const writtenAt = Math.floor(seconds * 1000 + (words[30] ?? 0) / 1_000_000);
  return (mode & kindOfFile) === regularFile ? { uid, gid, mode, bytes, writtenAt } : undefined;
}

function terminated(path: string): Uint8Array {
  return new TextEncoder().encode(`${path}\0`);
}
