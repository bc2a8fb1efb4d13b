import { realpathSync } from "node:fs";
import { isAbsolute } from "node:path";
import type { StartedProgram } from "@tegata/engine";
import type { CliSystem } from "../../cli-system.ts";
import { fileKind, findExecutable } from "../../exec/find-executable.ts";

/**
 * How AWS clients start this program: by its name, where `PATH` finds this very program by it; else by its path. A name survives that
 * the program is moved or renewed, and has no blanks.
 */
export function startedProgram(
  programName: string,
  system: Pick<CliSystem, "env" | "platform" | "self">,
): StartedProgram {
  const { self } = system;
  const own = self?.at(-1);
  // Where it cannot start itself, its name is all there is.
  const isFound =
    self === undefined || (own !== undefined && realPathOf(own) === realPathOf(onPath(programName, system)));
  return isFound ? { name: programName, words: [programName], path: self } : { name: programName, words: self };
}

/** Its absolute path. A folder of `PATH` that counts from the current one is another folder for each client. */
function onPath(name: string, system: Pick<CliSystem, "env" | "platform">): string | undefined {
  try {
    const path = findExecutable(Buffer.from(name), { ...system, look: fileKind }).toString();
    return isAbsolute(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

function realPathOf(path: string | undefined): string | undefined {
  try {
    return path === undefined ? undefined : realpathSync(path);
  } catch {
    return undefined;
  }
}
