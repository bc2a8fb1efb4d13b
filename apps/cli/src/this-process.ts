import { randomInt } from "node:crypto";
import { existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { homedir } from "node:os";
import { fileURLToPath } from "node:url";
import { isatty, WriteStream } from "node:tty";
import { isTegataError, TegataError, type Clock } from "@tegata/core";
import * as v from "valibot";
import { createMachine } from "./machine.ts";
import { runtimeFetch } from "./runtime/fetch.ts";
import { isStdoutClosed } from "./runtime/closed-stdout.ts";
import { ignoredSignals } from "./runtime/ignored-signals.ts";
import { silenceRuntime } from "./runtime/silence.ts";
import { foldersOf } from "./settings/folders.ts";
import { createLocks } from "./storage/lock.ts";
import { isGone, thisProcessIdentity } from "./storage/process-identity.ts";
import type { Outside } from "./outside.ts";

/** The real outside world: this process, on Bun, Node or Deno. */
export function thisProcess(): Outside {
  // A copy: what this process sets for itself is not for its children.
  const env = process.platform === "win32" ? withoutCase({ ...process.env }) : { ...process.env };
  setOwnVariables();
  silenceRuntime();
  const signals = abortOnSignals();
  return {
    ...surroundings(env, signals, selfCommand()),
    writeStdout,
    stdoutIsTerminal: isatty(1),
    stdoutColumns: () => (isatty(1) ? process.stdout.columns || 80 : undefined),
    readLine: isatty(0)
      ? async () => {
          const { readLine } = await import("./terminal/read-line.ts");
          return readLine(signals.signal);
        }
      : undefined,
    stderr: {
      write: (text) => {
        try {
          writeFully(2, text);
        } catch {
          // Whoever closed stderr does not want to hear about it.
        }
      },
      isTerminal: isatty(2),
      size: () => (isatty(2) ? sizeOf(process.stderr) : unknownSize),
      isForeground,
    },
    openTerminalDevice: () => {
      try {
        const descriptor = openSync(process.platform === "win32" ? "\\\\.\\CONOUT$" : "/dev/tty", "w");
        const stream = new WriteStream(descriptor);
        return {
          write: (text) => writeFully(descriptor, text),
          isTerminal: true,
          size: () => sizeOf(stream),
          isForeground,
        };
      } catch {
        return undefined;
      }
    },
    openUrl: async (url, options) => {
      const { openInBrowser } = await import("./terminal/browser.ts");
      return openInBrowser(url, options, {
        env,
        platform: process.platform,
        home: homeFolder(),
        clock,
        withGivenVariables: async (start) => {
          const restore = setOwnVariables(env);
          try {
            return await start();
          } finally {
            restore();
          }
        },
      });
    },
  };
}

const sdkWarningVariable = "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED";

/**
 * The SDK warns on stderr about Node versions that it will drop; a success has to be silent there.
 *
 * @param given the environment as it was: takes ours back, until the function that is returned is called
 */
function setOwnVariables(given?: Outside["env"]): () => void {
  const set = () => {
    process.env[sdkWarningVariable] = "true";
  };
  if (given === undefined) {
    set();
  } else if (given[sdkWarningVariable] === undefined) {
    delete process.env[sdkWarningVariable];
  } else {
    process.env[sdkWarningVariable] = given[sdkWarningVariable];
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

const notHere = () => Promise.reject(new TegataError("internal", "a library has no stdout and no browser"));

/**
 * The outside world for a program that uses tegata as a library: its streams, its signals and its terminal are its own, so
 * nothing is written there, and nobody is asked.
 */
export function insideAnotherProgram(): Outside {
  const signals = { signal: new AbortController().signal, leaveSignals: () => undefined };
  return {
    ...surroundings(process.env, signals, ownCommand()),
    writeStdout: notHere,
    stdoutIsTerminal: false,
    stdoutColumns: () => undefined,
    stderr: { write: () => undefined, isTerminal: false, size: () => unknownSize },
    openTerminalDevice: () => undefined,
    openUrl: notHere,
  };
}

function surroundings(
  env: Outside["env"],
  signals: Pick<Outside, "signal" | "leaveSignals">,
  self: Outside["self"],
): Omit<Outside, "writeStdout" | "stdoutIsTerminal" | "stdoutColumns" | "stderr" | "openTerminalDevice" | "openUrl"> {
  const facts = {
    platform: process.platform,
    env,
    uid: process.getuid?.(),
    home: homeFolder(),
    currentFolder,
    pid: process.pid,
    identity: thisProcessIdentity,
    isGone,
    clock,
    // Jitter needs no secrecy, but two processes started at once must not draw alike.
    random: () => randomInt(2 ** 32) / 2 ** 32,
    ...signals,
  };
  const { cacheDir } = foldersOf(facts);
  const lockFolder = cacheDir === undefined ? undefined : { path: cacheDir, variable: "TEGATA_CACHE_DIR" };
  return {
    ...facts,
    self,
    machine: createMachine({
      ...facts,
      parentPid: process.ppid,
      fileLocks: createLocks(lockFolder, facts, clock),
    }),
    fetch: runtimeFetch(process.env),
  };
}

const unknownSize = { columns: 80, rows: 24 };

/** Asked of the system each time: what the stream remembers is renewed by a signal that may not have come yet. */
function sizeOf(stream: WriteStream): { readonly columns: number; readonly rows: number } {
  const [columns, rows] = stream.getWindowSize();
  return { columns: columns || unknownSize.columns, rows: rows || unknownSize.rows };
}

/** By Linux's own account of the process group that has the terminal; elsewhere nothing tells. */
function isForeground(): boolean {
  try {
    // Behind the program's name, which may hold anything: state, parent, group, session, terminal, its group.
    const [, , group, , , foreground] = readFileSync("/proc/self/stat", "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return foreground === "-1" || foreground === group;
  } catch {
    return true;
  }
}

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        // The reason is what the caller gave to abort().
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", stop);
        resolve();
      }, milliseconds);
      if (signal?.aborted === true) {
        stop();
      } else {
        signal?.addEventListener("abort", stop, { once: true });
      }
    }),
};

const standalone = v.object({ Bun: v.object({ isStandaloneExecutable: v.literal(true) }) });

function selfCommand(): Outside["self"] {
  if (v.is(standalone, globalThis)) {
    return [process.execPath];
  }
  // Deno would have to be given its permissions anew, and one more.
  const [, script] = process.argv;
  return "Deno" in globalThis || script === undefined ? undefined : [process.execPath, ...process.execArgv, script];
}

/** The command line of this package: another program's own words would start that program again. */
function ownCommand(): Outside["self"] {
  const { url } = import.meta;
  if (!url.startsWith("file:") || "Deno" in globalThis) {
    return undefined;
  }
  const entry = fileURLToPath(new URL(url.endsWith(".ts") ? "main.ts" : "main.js", url));
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

function abortOnSignals(): Pick<Outside, "signal" | "leaveSignals"> {
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

function writeStdout(text: string | Uint8Array): Promise<void> {
  return writeBytes(typeof text === "string" ? Buffer.from(text, "utf8") : text);
}

/** @throws TegataError `output_failed` */
export async function writeBytes(bytes: Uint8Array): Promise<void> {
  if (bytes.length > 0 && isStdoutClosed()) {
    throw outputFailed(Object.assign(new Error("closed"), { code: "EBADF" }));
  }
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(1, bytes, written);
    } catch (error) {
      // A pipe that someone else made non-blocking is full: wait for its reader.
      if (!["EAGAIN", "EINTR"].includes(codeOf(error))) {
        throw outputFailed(error);
      }
      await clock.sleep(5);
    }
  }
}

function writeFully(descriptor: number, text: string): void {
  const bytes = Buffer.from(text, "utf8");
  let written = 0;
  for (let attempt = 0; written < bytes.length && attempt < 1000; attempt += 1) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      if (codeOf(error) !== "EAGAIN") {
        throw error;
      }
    }
  }
}

/** What the system says of a failed write, as an error of ours. */
export function outputFailed(error: unknown): TegataError {
  if (isTegataError(error)) {
    return error;
  }
  const code = codeOf(error);
  const reason = writeFailures[code] ?? code;
  return new TegataError("output_failed", `stdout cannot be written: ${reason}`, {
    hint: "nothing is lost: run the same command again",
    cause: error,
  });
}

const writeFailures: Readonly<Record<string, string>> = {
  EPIPE: "its reader is gone",
  ENOSPC: "the disk is full",
  EBADF: "it is closed",
};

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown error";
}
