import { randomInt } from "node:crypto";
import { openSync, writeSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { isTegataError, TegataError, type Clock } from "@tegata/core";
import * as v from "valibot";
import { createMachine } from "./machine.ts";
import { runtimeFetch } from "./runtime/fetch.ts";
import { openInBrowser } from "./terminal/browser.ts";
import type { Outside } from "./outside.ts";

/** The real outside world: this process, on Bun, Node or Deno. */
export function thisProcess(): Outside {
  // The SDK warns on stderr about Node versions that it will drop; a success has to be silent there.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
  const signal = abortOnSignals();
  const facts = { platform: process.platform, env: process.env, uid: process.getuid?.() };
  return {
    ...facts,
    home: homeFolder(),
    pid: process.pid,
    hostname: hostname(),
    isRunning,
    self: selfCommand(),
    machine: createMachine({ ...facts, parentPid: process.ppid, signal }),
    clock,
    // Jitter needs no secrecy, but two processes started at once must not draw alike.
    random: () => randomInt(2 ** 32) / 2 ** 32,
    fetch: runtimeFetch(process.env),
    signal,
    writeStdout,
    stderr: {
      write: (text) => {
        try {
          writeFully(2, text);
        } catch {
          // Whoever closed stderr does not want to hear about it.
        }
      },
      isTerminal: process.stderr.isTTY,
      size: terminalSize,
    },
    openTerminalDevice: () => {
      try {
        const descriptor = openSync(process.platform === "win32" ? "\\\\.\\CONOUT$" : "/dev/tty", "w");
        return { write: (text) => writeFully(descriptor, text), isTerminal: true, size: terminalSize };
      } catch {
        return undefined;
      }
    },
    openUrl: (url) => openInBrowser(url, process.env),
  };
}

const terminalSize = () => ({ columns: process.stderr.columns || 80, rows: process.stderr.rows || 24 });

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

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It may belong to someone else: then it runs.
    return codeOf(error) !== "ESRCH";
  }
}

function homeFolder(): string | undefined {
  try {
    const home = homedir();
    return home === "" ? undefined : home;
  } catch {
    return undefined;
  }
}

function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => controller.abort(new TegataError("interrupted", "interrupted")));
  }
  return controller.signal;
}

function writeStdout(text: string): Promise<void> {
  return writeBytes(Buffer.from(text, "utf8"));
}

/** @throws TegataError `output_failed` */
export async function writeBytes(bytes: Uint8Array): Promise<void> {
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
  const reason = code === "EPIPE" ? "its reader is gone" : code === "ENOSPC" ? "the disk is full" : code;
  return new TegataError("output_failed", `stdout cannot be written: ${reason}`, {
    hint: "nothing is lost: run the same command again",
    cause: error,
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown error";
}
