import { openSync, readFileSync, writeSync } from "node:fs";
import { isatty, WriteStream } from "node:tty";
import * as v from "valibot";
import { systemOfProcess } from "@tegata/engine";
import { fileErrorCode, writeBytes } from "@tegata/engine/system";
import type { CliSystem } from "./cli-system.ts";

/** The real outside world: this process, on Bun, Node or Deno. */
export function thisProcess(): CliSystem {
  const { withInheritedVariables, ...system } = systemOfProcess(selfCommand());
  const { env, platform, home, clock, signal } = system;
  return {
    ...system,
    runtime: { name: runtimeName(), architecture: process.arch },
    writeStdout,
    stdoutIsTerminal: isatty(1),
    stdoutColumns: () => (isatty(1) ? process.stdout.columns || 80 : undefined),
    readLine: isatty(0)
      ? async () => {
          const { readLine } = await import("./terminal/read-line.ts");
          return readLine(signal);
        }
      : undefined,
    openKeyboard: isatty(0)
      ? async () => {
          const { keyboardOfProcess } = await import("./terminal/keyboard.ts");
          return keyboardOfProcess();
        }
      : undefined,
    readStdin: isatty(0)
      ? undefined
      : async (maxBytes) => {
          const { readStdin } = await import("./terminal/read-stdin.ts");
          return readStdin(maxBytes, clock, signal);
        },
    stderr: {
      write: (text) => {
        try {
          writeFully(2, text);
        } catch {
          // Anyone who closed stderr does not want to hear about it.
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
        platform,
        home,
        clock,
        withInheritedVariables,
      });
    },
  };
}

function runtimeName(): string {
  const { bun, deno, node } = process.versions;
  return bun !== undefined ? `Bun ${bun}` : deno !== undefined ? `Deno ${deno}` : `Node ${node}`;
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

const standalone = v.object({ Bun: v.object({ isStandaloneExecutable: v.literal(true) }) });

function selfCommand(): CliSystem["self"] {
  if (v.is(standalone, globalThis)) {
    return [process.execPath];
  }
  // Deno would have to be given its permissions again, and one more.
  const [, script] = process.argv;
  return "Deno" in globalThis || script === undefined ? undefined : [process.execPath, ...process.execArgv, script];
}

function writeStdout(text: string | Uint8Array): Promise<void> {
  return writeBytes(typeof text === "string" ? Buffer.from(text, "utf8") : text);
}

function writeFully(descriptor: number, text: string): void {
  const bytes = Buffer.from(text, "utf8");
  let written = 0;
  for (let attempt = 0; written < bytes.length && attempt < 1000; attempt += 1) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      if (fileErrorCode(error) !== "EAGAIN") {
        throw error;
      }
    }
  }
}
