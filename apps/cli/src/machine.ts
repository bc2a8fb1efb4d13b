import { readlink } from "node:fs/promises";
import { basename } from "node:path";
import type { Machine } from "@tegata/core";
import { appendTextFile, readTextFile, updateTextFile, type UpdateFacts } from "./storage/text-file.ts";

export interface MachineFacts extends UpdateFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the process that started this one. */
  readonly parentPid: number;
}

/** The machine that this process runs on. */
export function createMachine(facts: MachineFacts): Machine {
  const { platform, env, signal } = facts;
  const run: Machine["run"] = async (command, options) => {
    const { runProgram } = await import("./run-program.ts");
    return runProgram(command, options, { env, signal });
  };
  return {
    platform,
    variable: (name) => env[name] || undefined,
    variableNames: () => Object.keys(env).filter((name) => env[name]),
    parentProgram: () => parentProgram(facts, run),
    readFile: readTextFile,
    appendFile: appendTextFile,
    updateFile: (path, maxBytes, change) => updateTextFile(path, maxBytes, change, facts),
    run,
  };
}

async function parentProgram({ platform, parentPid }: MachineFacts, run: Machine["run"]): Promise<string | undefined> {
  if (platform === "linux") {
    // Not /proc/PID/comm: that of a script is the script's name.
    return readlink(`/proc/${parentPid}/exe`).then(
      (path) => basename(path.replace(/ \(deleted\)$/, "")),
      () => undefined,
    );
  }
  if (platform === "win32") {
    return undefined;
  }
  const limits = { timeoutMilliseconds: 1000, maxBytes: 4096 };
  const ended = await run(["/bin/ps", "-o", "comm=", "-p", String(parentPid)], limits).catch(() => undefined);
  // A login shell has a dash before its name.
  const name = basename(ended?.stdout.trim() ?? "").replace(/^-/, "");
  return ended?.status === 0 && name !== "" ? name : undefined;
}
