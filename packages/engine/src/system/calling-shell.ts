import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { type Machine, type ShellName, shellOfExecutable } from "@tegata/core";

/** A process, as far as it tells which shell it is. */
interface RunningProcess {
  /** The file name of what runs: for a script, that of its interpreter. */
  readonly name: string;
  /** Its command line; empty where that cannot be told. */
  readonly words: readonly string[];
  readonly parent: number;
}

type FindProcess = (pid: number) => Promise<RunningProcess | undefined>;

/** More than any tree has, so that numbers that are given to other processes meanwhile lead to no endless walk. */
const maxDepth = 64;

/**
 * Here a tree of somebody else begins: what was started from a server or a service runs in no shell above it. The shell that
 * happens to have started a container, or the server of tmux, reads nothing of what is printed here.
 */
const serverPattern =
  /^(?:sshd(?:-\w+)?|dropbear|tmux.*|screen|zellij|login|systemd|init|launchd|s6-svscan|runsvdir|crond?|atd|dockerd|containerd-shim.*)$/i;

/**
 * The nearest shell up the process tree. Programs that are no shells are passed over: what `timeout tegata env` or
 * `sudo tegata env` prints is loaded by the shell behind them.
 *
 * @param parentPid of the process that started this one
 */
export async function callingShell(
  platform: string,
  parentPid: number,
  run: Machine["run"],
): Promise<ShellName | undefined> {
  const find =
    platform === "linux" ? processFromProc : await (platform === "win32" ? processOfWindows() : processFromPs(run));
  let pid = parentPid;
  for (let depth = 0; depth < maxDepth && pid > 0; depth += 1) {
    const found = await find(pid);
    const shell = found && shellOf(found);
    if (found === undefined || shell !== undefined || serverPattern.test(found.name)) {
      return shell;
    }
    pid = found.parent;
  }
  return undefined;
}

function shellOf({ name, words }: RunningProcess): ShellName | undefined {
  const [first = "", second = ""] = words;
  if (/^(?:busybox|toybox)/.test(name)) {
    // By its link, `/bin/sh`, or by a word, `busybox sh`.
    return shellOfExecutable(/^(?:busy|toy)box/.test(basename(first)) ? second : first);
  }
  // The loader, when it is called by its name.
  return shellOfExecutable(/^ld-(?:linux|musl)/.test(name) ? second : name, words);
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const processFromProc: FindProcess = async (pid) => {
  const stat = textOf(`/proc/${pid}/stat`);
  if (stat === undefined) {
    return undefined;
  }
  // A name may hold blanks and parentheses.
  const end = stat.lastIndexOf(")");
  const [, parent] = stat.slice(end + 2).split(" ");
  const words = (textOf(`/proc/${pid}/cmdline`) ?? "").split("\0").slice(0, -1);
  return {
    name: executableOf(pid) ?? nameByWords(words, stat.slice(stat.indexOf("(") + 1, end)),
    words,
    parent: Number(parent),
  };
};

/** Not /proc/PID/comm: that of a script is the script's name, which may be `fish`. */
function executableOf(pid: number): string | undefined {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ""));
  } catch {
    // It is another user's: sudo, or the shell before it.
    return undefined;
  }
}

/** A script's first word is its interpreter. */
function nameByWords([first = ""]: readonly string[], comm: string): string {
  return shellOfExecutable(first) === undefined ? comm : basename(first);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/**
 * The number of a process that has ended is given to others, so that a parent that is younger than its child is none; the list does
 * not tell ages. It is wrong only where the shell itself has ended, and nobody reads what is printed then.
 */
async function processOfWindows(): Promise<FindProcess> {
  const { windowsProcesses } = await import("./windows-processes.ts");
  const processes = new Map(
    windowsProcesses().map(({ pid, parent, name }) => [pid, { name: name.replace(/\.exe$/i, ""), parent, words: [] }]),
  );
  return (pid) => Promise.resolve(processes.get(pid));
}

/** macOS and the BSDs: all processes at once, and the words only of those whose name does not do. */
async function processFromPs(run: Machine["run"]): Promise<FindProcess> {
  const ps = async (words: readonly string[]) => {
    const limits = { timeoutMilliseconds: 2000, maxBytes: 4_194_304 };
    const ended = await run(["/bin/ps", ...words], limits).catch(() => undefined);
    return ended?.status === 0 ? ended.stdout : "";
  };
  const processes = new Map<number, Omit<RunningProcess, "words">>();
  for (const [, pid, parent, path = ""] of (await ps(["-A", "-o", "pid=,ppid=,comm="])).matchAll(
    /^ *(\d+) +(\d+) +(.+)$/gm,
  )) {
    processes.set(Number(pid), { name: basename(path.trim()).replace(/^-/, ""), parent: Number(parent) });
  }
  return async (pid) => {
    const found = processes.get(pid);
    return found && { ...found, words: (await ps(["-o", "args=", "-p", String(pid)])).trim().split(/\s+/) };
  };
}
