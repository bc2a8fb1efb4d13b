import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Which process it is, among all that can see the same file: those of other computers that have the same home, of other
 * containers with the same host name, and of later times, in which a process id is given again.
 */
export interface ProcessIdentity {
  readonly hostname: string;
  /** Of this start of the system; undefined where the system has none (only Linux tells it). */
  readonly bootId: string | undefined;
  /** In which process ids and start times count; undefined where the system has none. */
  readonly namespaces: string | undefined;
  readonly pid: number;
  /** As the system counts it; undefined where it does not tell. */
  readonly startedAt: string | undefined;
}

/** What can be asked of the system about a process of the same namespaces. */
export interface ProcessTable {
  readonly isRunning: (pid: number) => boolean;
  /** `undefined` where that cannot be told. */
  readonly startOf: (pid: number) => string | undefined;
}

/**
 * True for a process that has certainly ended. Only one of the same host, start of the system and namespaces can be judged
 * by its process id; of any other it is never true, and anyone who waits for it has to go by time.
 */
export function hasEnded(other: ProcessIdentity, self: ProcessIdentity, table: ProcessTable): boolean {
  const isComparable =
    other.hostname === self.hostname &&
    other.bootId !== undefined &&
    other.bootId === self.bootId &&
    other.namespaces !== undefined &&
    other.namespaces === self.namespaces;
  if (!isComparable) {
    return false;
  }
  if (!table.isRunning(other.pid)) {
    return true;
  }
  const startedAt = table.startOf(other.pid);
  return startedAt !== undefined && other.startedAt !== undefined && startedAt !== other.startedAt;
}

let self: ProcessIdentity | undefined;

/** This process. @see proc(5), namespaces(7) */
export function thisProcessIdentity(): ProcessIdentity {
  return (self ??= {
    hostname: hostname(),
    bootId: unlessRefused(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    namespaces: unlessRefused(
      () => `${readlinkSync("/proc/self/ns/pid")} ${unlessRefused(() => readlinkSync("/proc/self/ns/time")) ?? ""}`,
    ),
    pid: process.pid,
    startedAt: unlessRefused(() => startIn("/proc/self/stat")),
  });
}

/** The processes of this machine, as the system has them now. */
export const processTable: ProcessTable = {
  isRunning: (pid) => {
    try {
      return process.kill(pid, 0);
    } catch (error) {
      // It may belong to someone else: then it runs.
      return !(error instanceof Error && "code" in error && error.code === "ESRCH");
    }
  },
  // A /proc that was mounted for another namespace shows other processes under these numbers.
  startOf: (pid) =>
    unlessRefused(() =>
      readlinkSync("/proc/self") === String(process.pid) ? startIn(`/proc/${pid}/stat`) : undefined,
    ),
};

/** True where the process that wrote that has certainly ended. */
export function isGone(holder: ProcessIdentity): boolean {
  return hasEnded(holder, thisProcessIdentity(), processTable);
}

/** The 22nd field; the second, the program's name, can hold blanks and brackets. */
function startIn(path: string): string | undefined {
  const text = readFileSync(path, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
}

function unlessRefused<Result>(ask: () => Result): Result | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
