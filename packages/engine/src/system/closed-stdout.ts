import { readFileSync, readlinkSync } from "node:fs";

/** O_CLOEXEC of Linux, as `/proc/PID/fdinfo` has it. */
const closeOnExec = 0o2_000_000;

/**
 * True where this process was started without a stdout (`>&-`). Bun opens `/dev/null` in its place, and closes that one in
 * programs that it starts, which no descriptor that was handed on can be. Node and Deno do not tell it from `>/dev/null`.
 */
export function isStdoutClosed(): boolean {
  if (process.platform !== "linux" || !("Bun" in globalThis)) {
    return false;
  }
  try {
    const [, flags = "0"] = /^flags:\s*(\d+)/m.exec(readFileSync("/proc/self/fdinfo/1", "latin1")) ?? [];
    return (Number.parseInt(flags, 8) & closeOnExec) !== 0 && readlinkSync("/proc/self/fd/1") === "/dev/null";
  } catch {
    return false;
  }
}
