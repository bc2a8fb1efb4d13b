import { readFileSync } from "node:fs";
import { constants } from "node:os";

/**
 * The signals that this process was started to ignore: SIGHUP under `nohup`, SIGINT behind `&` in a script. A program
 * that listens for one of them, or gives its children the usual behaviour again, would take that back. Has to be asked
 * before anybody listens.
 *
 * Only Linux tells. Node gives every signal the usual behaviour before it gets here, so there nothing is found.
 */
export function ignoredSignals(): ReadonlySet<NodeJS.Signals> {
  const mask = maskOf("SigIgn");
  const names = Object.entries(constants.signals).flatMap(([name, number]) =>
    ((mask >> BigInt(number - 1)) & 1n) === 1n && isSignalName(name) ? [name] : [],
  );
  return new Set(names);
}

function maskOf(field: string): bigint {
  try {
    const [, hex = "0"] =
      new RegExp(`^${field}:\\s+([0-9a-f]+)$`, "m").exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    return BigInt(`0x${hex}`);
  } catch {
    return 0n;
  }
}

function isSignalName(name: string): name is NodeJS.Signals {
  return name in constants.signals;
}
