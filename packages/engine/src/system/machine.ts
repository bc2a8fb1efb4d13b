import type { Machine } from "@tegata/core";
import { expandHome } from "../files/home-path.ts";
import {
  appendTextFile,
  readGuardedFile,
  readSecretFile,
  readTextFile,
  updateTextFile,
  type UpdatePorts,
} from "../files/text-file.ts";

export interface MachineOptions extends UpdatePorts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What `~/` stands for at the beginning of a path. */
  readonly home?: string | undefined;
  /** Of the process that started this one. */
  readonly parentPid: number;
  readonly readKeyringSecret: Machine["readKeyringSecret"];
}

/** The machine that this process runs on. */
export function createMachine(options: MachineOptions): Machine {
  const { platform, env, signal, parentPid } = options;
  const run: Machine["run"] = async (command, limits) => {
    const { runProcess } = await import("./run-process.ts");
    return runProcess(command, limits, { env, signal });
  };
  const at = (path: string) => expandHome(path, options.home, platform);
  return {
    platform,
    variable: (name) => env[name] || undefined,
    variableNames: () => Object.keys(env).filter((name) => env[name]),
    callingShell: async () => {
      const { callingShell } = await import("./calling-shell.ts");
      return callingShell(platform, parentPid, run);
    },
    readFile: (path, maxBytes) => readTextFile(at(path), maxBytes),
    readGuardedFile: (path, maxBytes) => readGuardedFile(at(path), maxBytes, options),
    readSecretFile: (path, maxBytes) => readSecretFile(at(path), maxBytes, options),
    readKeyringSecret: options.readKeyringSecret,
    appendFile: (path, text) => appendTextFile(at(path), text),
    updateFile: (path, maxBytes, change) => updateTextFile(at(path), maxBytes, change, options),
    run,
  };
}
