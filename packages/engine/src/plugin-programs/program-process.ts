import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { parse } from "node:path";
import { again, command, hint, or, setting, TegataError, type Words } from "@tegata/core";
import { fileErrorReason } from "../files/file-errors.ts";

/** A program that may be run, and by which name. */
export interface PluginProgram {
  /** `tegata-idp-acme`. */
  readonly name: string;
  /** For hints: `acme`. */
  readonly id: string;
  /** By what it is called. */
  readonly path: string;
  /** What is run: no link. */
  readonly realPath: string;
}

/** What a program is started with. */
export interface PluginEnvironment {
  readonly platform: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Starts a program in a session of its own: with its own group, and without a terminal that it could write to.
 *
 * @throws TegataError `process_failed`
 */
export function startPluginProgram(
  program: PluginProgram,
  { env, platform }: PluginEnvironment,
): ChildProcessWithoutNullStreams {
  const { path, realPath } = program;
  try {
    return spawn(realPath, [], {
      argv0: path,
      cwd: parse(realPath).root,
      env,
      stdio: "pipe",
      detached: platform !== "win32",
      windowsHide: true,
    });
  } catch (error) {
    // Some errors come this way, others as an event.
    throw notStarted(program, error);
  }
}

/** Sends a signal to the program and to what it has started; on Windows, to the program. */
export function signalPluginProgram(
  child: ChildProcessWithoutNullStreams,
  signal: NodeJS.Signals,
  { platform }: Pick<PluginEnvironment, "platform">,
): void {
  if (child.pid === undefined || platform === "win32") {
    child.kill(signal);
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}

/** For a program that the system does not start. */
export function notStarted(program: PluginProgram, error: unknown): TegataError {
  return failed(program, `${program.name} cannot be started: ${fileErrorReason(error)}`, error);
}

/** For a program that does not keep to the protocol. */
export function invalid({ name, id }: PluginProgram, message: string | Words): TegataError {
  return new TegataError("plugin_invalid", message, {
    hint: [hint`tell its author`, hint`${command("plugins", "check", id)} says more`],
    details: { program: name },
  });
}

/** For a program that ends badly, or has to be ended. */
export function failed({ name, id }: PluginProgram, message: string, cause?: unknown): TegataError {
  return new TegataError("process_failed", message, {
    hint: [hint`${again} with ${setting("verbose", true)}`, or`look with ${command("plugins", "check", id)}`],
    details: { program: name },
    cause,
  });
}
