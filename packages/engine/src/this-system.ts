import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { fileURLToPath } from "node:url";
import { TegataError } from "@tegata/core";
import { createMachine } from "./system/machine.ts";
import { machineFileOf } from "./system/machine-file.ts";
import { runtimeFetch } from "./system/fetch.ts";
import { ignoredSignals } from "./system/ignored-signals.ts";
import { silenceRuntime } from "./system/silence.ts";
import { foldersOf } from "./settings/folders.ts";
import { createLocks } from "./files/lock.ts";
import { isGone, thisProcessIdentity } from "./files/process-identity.ts";
import { clock } from "./system/system-clock.ts";
import type { System } from "./system/system.ts";

/** The system of a program of ours, on Bun, Node or Deno. */
export interface ProcessSystem extends System {
  /** From now on `signal` is left alone: Ctrl-C and SIGTERM are for the command that this process runs, or ends for. */
  readonly leaveSignals: () => void;
  /** Starts another program while this process has no variable of its own making: what is started inherits it. */
  readonly withInheritedVariables: <Value>(start: () => Promise<Value>) => Promise<Value>;
}

/**
 * The system as a program of ours sees it: signals abort what it does, and nothing but the program writes to stderr.
 *
 * @param self as `System` has it
 */
export function systemOfProcess(self: System["self"]): ProcessSystem {
  // A copy: what this process sets for itself is not for its children.
  const env = process.platform === "win32" ? withoutCase({ ...process.env }) : { ...process.env };
  setOwnVariables();
  silenceRuntime();
  const { signal, leaveSignals } = abortOnSignals();
  return {
    ...systemWith(env, signal, self),
    leaveSignals,
    withInheritedVariables: async (start) => {
      const restore = setOwnVariables(env);
      try {
        return await start();
      } finally {
        restore();
      }
    },
  };
}

/** The system as a library sees it: signals, streams and variables are those of the program that uses it. */
export function systemOfLibrary(): System {
  return systemWith(process.env, new AbortController().signal, keyringProcess());
}

const sdkWarningVariable = "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED";

/**
 * The SDK warns on stderr about Node versions that it will drop; a success has to be silent there.
 *
 * @param variables the environment as it was: then this takes our variable out again, until the returned function is called
 */
function setOwnVariables(variables?: System["env"]): () => void {
  const set = () => {
    process.env[sdkWarningVariable] = "true";
  };
  if (variables === undefined) {
    set();
  } else if (variables[sdkWarningVariable] === undefined) {
    delete process.env[sdkWarningVariable];
  } else {
    process.env[sdkWarningVariable] = variables[sdkWarningVariable];
  }
  return set;
}

/** Windows looks names up in capitals or not; a copy of its environment does not by itself. */
function withoutCase(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = new Map(Object.keys(env).map((name) => [name.toUpperCase(), name]));
  const named = (name: string | symbol) => (typeof name === "string" ? (names.get(name.toUpperCase()) ?? name) : name);
  return new Proxy(env, {
    get: (target, name) => Reflect.get(target, named(name)) as unknown,
    has: (target, name) => Reflect.has(target, named(name)),
    getOwnPropertyDescriptor: (target, name) => Reflect.getOwnPropertyDescriptor(target, named(name)),
  });
}

function systemWith(env: System["env"], signal: AbortSignal, self: System["self"]): System {
  const parts = {
    platform: process.platform,
    env,
    uid: process.getuid?.(),
    home: homeFolder(),
    machineFile: machineFileOf(process.platform),
    currentFolder,
    pid: process.pid,
    identity: thisProcessIdentity,
    isGone,
    clock,
    // Jitter needs no secrecy, but two processes started at once must not draw alike.
    random: () => randomInt(2 ** 32) / 2 ** 32,
    signal,
  };
  const { cacheDir, stateDir } = foldersOf(parts);
  const lockFolder = cacheDir === undefined ? undefined : { path: cacheDir, variable: "TEGATA_CACHE_DIR" };
  return {
    ...parts,
    self,
    machine: createMachine({
      ...parts,
      parentPid: process.ppid,
      fileLocks: createLocks(lockFolder, parts, clock),
      readKeyringSecret: async (service, account) => {
        const { readKeyringSecret } = await import("./storage/keyring-secret.ts");
        return readKeyringSecret(service, account, { ...parts, self, stateDir });
      },
    }),
    fetch: runtimeFetch(process.env),
    listen: async (serve, options = {}) => {
      // With an HTTP server, which most runs do not need.
      const [{ listenOnLoopback }, { createPeerOf }] = await Promise.all([
        import("./system/listen.ts"),
        import("./system/peer-user.ts"),
      ]);
      return listenOnLoopback(serve, options, createPeerOf(parts));
    },
  };
}

/** For a library: another program's own words would start that program again. It serves the keyring, and nothing else. */
function keyringProcess(): System["self"] {
  const { url } = import.meta;
  if (!url.startsWith("file:") || "Deno" in globalThis) {
    return undefined;
  }
  const entry = fileURLToPath(new URL(`keyring-process.${url.endsWith(".ts") ? "ts" : "js"}`, url));
  // Not where a bundler has put everything into one file.
  return existsSync(entry) ? [process.execPath, entry] : undefined;
}

function homeFolder(): string | undefined {
  try {
    const home = homedir();
    return home === "" ? undefined : home;
  } catch {
    return undefined;
  }
}

function currentFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

function abortOnSignals(): Pick<ProcessSystem, "signal" | "leaveSignals"> {
  const controller = new AbortController();
  const abort = () => controller.abort(new TegataError("interrupted", "interrupted"));
  const ignored = ignoredSignals();
  const names = (["SIGINT", "SIGTERM"] as const).filter((name) => !ignored.has(name));
  for (const name of names) {
    process.once(name, abort);
  }
  const leaveSignals = () => names.forEach((name) => process.removeListener(name, abort));
  return { signal: controller.signal, leaveSignals };
}
