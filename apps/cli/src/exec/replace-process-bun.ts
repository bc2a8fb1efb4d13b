import { dlopen, FFIType, ptr, read } from "bun:ffi";
import { constants } from "node:os";
import type { NextProcess, ReplaceProcess } from "../cli-system.ts";

/** Of glibc, of musl. */
const libcNames = ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];

// <fcntl.h> and <signal.h> of Linux on x64 and arm64.
const setDescriptorFlags = 2;
const defaultAction = 0;
const ignore = 1;

/**
 * `execve` of Linux, with what Bun has changed put back as it was. Bun's own `process.execve` (1.4.5) leaves SIGPIPE and
 * SIGXFSZ ignored, so that a program that writes to a closed pipe goes on, and closes every descriptor beyond the standard
 * streams.
 */
export function loadReplaceProcess(): ReplaceProcess | undefined {
  const libc = loadLibc();
  return libc && ((next) => replaceProcess(next, libc));
}

function replaceProcess(next: NextProcess, libc: Libc): string {
  const { execve, fcntl, signal, __errno_location: errnoLocation } = libc.symbols;
  for (const name of ["SIGPIPE", "SIGXFSZ"] as const) {
    signal(constants.signals[name], defaultAction);
  }
  for (const descriptor of next.descriptors) {
    fcntl(descriptor, setDescriptorFlags, 0);
  }
  const path = terminated(next.file);
  const argv = vectorOf(next.argv);
  const environment = vectorOf(next.environment);
  execve(ptr(path), ptr(argv.pointers), ptr(environment.pointers));
  const location = errnoLocation();
  const errno = location === null ? 0 : read.i32(location, 0);
  // Anyone who reports this may write to a pipe that is closed.
  signal(constants.signals.SIGPIPE, ignore);
  return Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `error ${errno}`;
}

type Libc = NonNullable<ReturnType<typeof loadLibc>>;

function loadLibc() {
  if (process.platform !== "linux") {
    return undefined;
  }
  for (const name of libcNames) {
    try {
      return dlopen(name, {
        execve: { args: [FFIType.ptr, FFIType.ptr, FFIType.ptr], returns: FFIType.int },
        fcntl: { args: [FFIType.int, FFIType.int, FFIType.int], returns: FFIType.int },
        // The second one is a function, or one of two small numbers.
        signal: { args: [FFIType.int, FFIType.u64], returns: FFIType.u64 },
        __errno_location: { args: [], returns: FFIType.ptr },
      });
    } catch {
      // The other one, then.
    }
  }
  return undefined;
}

/** A list of strings as C has it. The strings have to stay alive as long as their addresses are used. */
function vectorOf(strings: readonly Buffer[]) {
  const kept = strings.map(terminated);
  const pointers = new BigUint64Array([...kept.map((string) => BigInt(ptr(string))), 0n]);
  return { kept, pointers };
}

function terminated(string: Buffer): Buffer {
  return Buffer.concat([string, Buffer.from([0])]);
}
