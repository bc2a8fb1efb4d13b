import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { constants } from "node:os";
import { openToRead } from "@tegata/engine/system";
import type { NextProcess, CliSystem, ReplaceProcess } from "../cli-system.ts";
import { startFailure } from "./find-executable.ts";
import { type EnvironmentChanges, inheritedEnvironment } from "./inherited.ts";
import { type ChildEnd, runChild } from "./run-child.ts";

/**
 * Runs a program in this process's place, or else as its child.
 *
 * @returns its exit status, for a child: 128 + n when signal n ended it. In this process's place, nothing comes back.
 * @throws TegataError `exec_not_executable` when the system does not start it
 */
export async function startCommand(
  program: Omit<NextProcess, "environment">,
  changes: EnvironmentChanges,
  replace: ReplaceProcess | undefined,
  { env, platform, leaveSignals }: Pick<CliSystem, "env" | "platform" | "leaveSignals">,
): Promise<number> {
  leaveSignals();
  const childEnvironment = changedEnvironment(env, changes, platform);
  const start = async (file: Buffer, argv: readonly Buffer[]): Promise<ChildEnd> =>
    replace === undefined
      ? runChild({ file, argv, env: childEnvironment })
      : {
          kind: "refused",
          code: replace({ ...program, file, argv, environment: inheritedEnvironment(env, changes) }),
        };
  const { file, argv } = program;
  const end = await start(file, argv);
  if (end.kind !== "refused") {
    return statusOf(end);
  }
  if (end.code !== "ENOEXEC" || !isText(file)) {
    throw startFailure(file, end.code);
  }
  // A script whose first line names no interpreter: execvp takes it for one of the shell.
  const shell = Buffer.from("/bin/sh");
  const second = await start(shell, [shell, file, ...argv.slice(1)]);
  if (second.kind === "refused") {
    throw startFailure(shell, second.code);
  }
  return statusOf(second);
}

/** Windows takes names in any case for the same variable. */
function changedEnvironment(env: CliSystem["env"], changes: EnvironmentChanges, platform: string): CliSystem["env"] {
  const keyOf = (name: string) => (platform === "win32" ? name.toUpperCase() : name);
  const changed = new Set(Object.keys(changes).map(keyOf));
  const kept = Object.entries(env).filter(([name]) => !changed.has(keyOf(name)));
  const set = Object.entries(changes).filter(([, value]) => value !== undefined);
  return Object.fromEntries([...kept, ...set]);
}

/** Where a program of another processor has its first zero, a text has none. What may not be read is no script either. */
function isText(file: Buffer): boolean {
  const start = Buffer.alloc(512);
  try {
    const descriptor = openSync(file, openToRead);
    try {
      return fstatSync(descriptor).isFile() && !start.subarray(0, readSync(descriptor, start)).includes(0);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false;
  }
}

/** They leave a core file, where the system is set up for it: one is enough. */
const dumping: ReadonlySet<NodeJS.Signals> = new Set([
  "SIGABRT",
  "SIGBUS",
  "SIGFPE",
  "SIGILL",
  "SIGQUIT",
  "SIGSEGV",
  "SIGSYS",
  "SIGTRAP",
  "SIGXCPU",
  "SIGXFSZ",
] as const);

/** What a signal ended is ended by the same signal here: a shell's loop stops at Ctrl-C only if the command died of it. */
function statusOf(end: Exclude<ChildEnd, { readonly kind: "refused" }>): number {
  if (end.kind === "exited") {
    return end.status;
  }
  if (!dumping.has(end.signal)) {
    process.kill(process.pid, end.signal);
  }
  return 128 + constants.signals[end.signal];
}
