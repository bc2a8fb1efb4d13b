import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, statSync } from "node:fs";
import type { Clock } from "@tegata/core";
import { shownPath } from "@tegata/core";
import type { OpenUrlOptions } from "../cli-system.ts";
import { expandHome, fileErrorReason, namesBrowser } from "@tegata/engine/system";

type Environment = Readonly<Record<string, string | undefined>>;

/** A browser that ends later than this has been used, with any status. */
const failsAtOnceMilliseconds = 10_000;

interface BrowserSystem {
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  readonly home: string | undefined;
  readonly clock: Clock;
  /** Runs what hands this process's own variables on, with those that it was given. */
  readonly withInheritedVariables: <T>(start: () => Promise<T>) => Promise<T>;
}

/**
 * Opens a URL, by `BROWSER` (see `browserCommands`) or by what the desktop uses. The URL is an argument of its own: no shell
 * reads it, and nothing that is started can write to stdout.
 *
 * As with `xdg-open` and Python's `webbrowser`, a command that cannot be started, or that ends at once with another status
 * than 0, is followed by the next one. Unlike there, this process goes on meanwhile, text browsers apart.
 *
 * @returns when a command has ended well. A browser that stays open: never
 * @throws Error whose message says, for a person, why nothing was opened
 */
export async function openInBrowser(url: string, options: OpenUrlOptions, system: BrowserSystem): Promise<void> {
  const value = system.env["BROWSER"];
  if (!namesBrowser(value)) {
    const problem = await problemOfDesktop(url, system);
    if (problem !== undefined) {
      throw new Error(problem);
    }
    return;
  }
  const { browserCommands } = await import("./browser-variable.ts");
  const pathOf = (path: string) => expandHome(path, system.home, system.platform);
  const isFile = (path: string) => statSync(pathOf(path), { throwIfNoEntry: false })?.isFile() === true;
  const problems: string[] = [];
  for (const command of browserCommands(value, url, { platform: system.platform, isFile })) {
    const program = pathOf(command.program);
    const problem =
      command.isTextBrowser && system.platform !== "win32"
        ? problemOfTextBrowser(program, command.args, options, system)
        : await problemOf(() => spawn(program, command.args, { ...inBackground, env: { ...system.env } }), system);
    if (problem === undefined) {
      return;
    }
    problems.push(`${shownPath(program)} in BROWSER: ${problem}`);
  }
  throw new Error(problems.join("; "));
}

const inBackground = { stdio: "ignore", detached: true, windowsHide: true } as const;

async function problemOfDesktop(url: string, system: BrowserSystem): Promise<string | undefined> {
  const { default: open } = await import("open");
  try {
    const child = await system.withInheritedVariables(() => open(url));
    return await problemOf(() => child, system);
  } catch (error) {
    return `the program that opens pages here cannot be started: ${fileErrorReason(error)}`;
  }
}

/** Starts a program that runs beside this one, which does not stay for its sake; `undefined` once it has ended well. */
function problemOf(start: () => ChildProcess, { clock }: BrowserSystem): Promise<string | undefined> {
  return new Promise((resolve) => {
    const startedAt = clock.monotonic();
    const judge = (status: number | null, signal: NodeJS.Signals | null) =>
      resolve(clock.monotonic() - startedAt > failsAtOnceMilliseconds ? undefined : problemOfEnd(status, signal));
    let child: ChildProcess;
    try {
      child = start();
    } catch (error) {
      // Some errors come this way, others as an event.
      resolve(cannotBeStarted(error));
      return;
    }
    child.once("error", (error) => resolve(cannotBeStarted(error)));
    child.once("exit", judge);
    child.unref();
    if (child.exitCode !== null) {
      // On Windows a page is opened by a program that has ended by now.
      judge(child.exitCode, null);
    }
  });
}

/** It gets the terminal itself, wherever stdout and stderr lead: nothing of a page is part of an answer. */
function problemOfTextBrowser(
  program: string,
  args: readonly string[],
  { mayTakeTerminal }: OpenUrlOptions,
  { env }: BrowserSystem,
): string | undefined {
  if (!mayTakeTerminal) {
    return "a text browser cannot show this page";
  }
  let terminal: number;
  try {
    terminal = openSync("/dev/tty", "r+");
  } catch {
    return "it needs a terminal";
  }
  try {
    const { error, status, signal } = spawnSync(program, args, {
      stdio: [terminal, terminal, terminal],
      env: { ...env },
    });
    return error === undefined ? problemOfEnd(status, signal) : cannotBeStarted(error);
  } finally {
    closeSync(terminal);
  }
}

const cannotBeStarted = (error: unknown) => `it cannot be started: ${fileErrorReason(error)}`;

function problemOfEnd(status: number | null, signal: NodeJS.Signals | null): string | undefined {
  return status === 0
    ? undefined
    : signal === null
      ? `it ended at once with status ${status}`
      : `it was ended at once by ${signal}`;
}
