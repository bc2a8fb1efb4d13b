import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { isatty } from "node:tty";
import { TegataError } from "@tegata/core";
import { fileErrorCode, ignoredSignals } from "@tegata/engine/system";

interface ChildCommand {
  readonly file: Buffer;
  /** The name that it was called by comes first. */
  readonly argv: readonly Buffer[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type ChildEnd =
  | { readonly kind: "exited"; readonly status: number }
  | { readonly kind: "killed"; readonly signal: NodeJS.Signals }
  /** It was never started: the system's name of the error, such as `EACCES`. */
  | { readonly kind: "refused"; readonly code: string };

/** What a terminal sends to everybody in the foreground: the child has got it already. */
const ofTerminal = ["SIGINT", "SIGQUIT", "SIGWINCH"] as const;
const ofOthers = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

/**
 * Runs a program to its end as if it stood in this one's place: its streams, folder and process group are this one's. What
 * is sent to this process goes on to the child; when the child is stopped, so is this process, for the shell to see.
 *
 * A signal that somebody sends to the whole group by hand reaches the child twice: nothing tells it from one for this
 * process alone.
 *
 * @throws TegataError `usage_invalid` for an argument that is not text
 */
export async function runChild({ file, argv, env }: ChildCommand): Promise<ChildEnd> {
  const [name = "", ...args] = argv.map((word) => textOf(word));
  const ignored = ignoredSignals();
  const listeners = new Map<NodeJS.Signals, () => void>();
  const listen = (signal: NodeJS.Signals, listener: () => void) => {
    if (!ignored.has(signal)) {
      listeners.set(signal, listener);
      process.on(signal, listener);
    }
  };
  const path = textOf(file);
  let child: ChildProcess;
  try {
    child = spawn(path, args, { argv0: name, env, stdio: "inherit" });
  } catch (error) {
    // Bun throws where the others tell later.
    return refusedBy(error);
  }
  const ended = endOf(child);
  if (process.platform === "win32") {
    // The console sends Ctrl-C to both; this process has to outlive the child.
    listen("SIGINT", () => undefined);
    listen("SIGBREAK", () => undefined);
  } else {
    ofTerminal.forEach((signal) => listen(signal, () => isInForeground() || send(child, signal)));
    ofOthers.forEach((signal) => listen(signal, () => send(child, signal)));
    if (statOf("self") !== undefined) {
      // Not at Ctrl-Z itself: an editor has its screen to clear before it stops, or does not stop at all. Where nobody tells
      // whether the child has stopped, both stop at once.
      listen("SIGTSTP", () => isInForeground() || send(child, "SIGTSTP"));
      listen("SIGCHLD", () => isStopped(child) && process.kill(process.pid, "SIGSTOP"));
      listen("SIGCONT", () => isStopped(child) && send(child, "SIGCONT"));
    }
  }
  try {
    return await ended;
  } finally {
    listeners.forEach((listener, signal) => process.off(signal, listener));
  }
}

function endOf(child: ChildProcess): Promise<ChildEnd> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(refusedBy(error)));
    child.once("exit", (status, signal) =>
      resolve(signal === null ? { kind: "exited", status: status ?? 0 } : { kind: "killed", signal }),
    );
  });
}

function refusedBy(error: unknown): ChildEnd {
  return { kind: "refused", code: fileErrorCode(error) ?? "unknown reason" };
}

/** Not by the child's own method, which takes the signal for the one that ended it on Deno. */
function send({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) {
      process.kill(pid, signal);
    }
  } catch {
    // It has ended in the meantime.
  }
}

/**
 * Whether this process group is the one that a terminal sends its signals to. Where that cannot be told, a process that has a
 * terminal is taken to be in its foreground.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
function isInForeground(): boolean {
  const [, , group, , , foreground] = statOf("self") ?? [];
  return group === undefined ? [0, 1, 2].some((descriptor) => isatty(descriptor)) : group === foreground;
}

function isStopped({ pid }: ChildProcess): boolean {
  const [state] = (pid === undefined ? undefined : statOf(pid)) ?? [];
  return state === "T";
}

/**
 * The fields of `/proc/PID/stat` behind the name of the program: state, parent, group, session, terminal, foreground. Deno
 * gives it to nobody who has not been allowed everything.
 */
function statOf(pid: number | "self"): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** @throws TegataError `usage_invalid` for what the runtime could not hand over unchanged */
function textOf(bytes: Buffer): string {
  const text = bytes.toString();
  if (!Buffer.from(text).equals(bytes)) {
    throw new TegataError(
      "usage_invalid",
      "an argument of the command is not UTF-8, which this runtime cannot pass on",
      {
        hint: "use the compiled program of Linux",
      },
    );
  }
  return text;
}
