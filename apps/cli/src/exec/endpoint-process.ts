import { spawn } from "node:child_process";
import { fstatSync, readFileSync } from "node:fs";
import { again, type Clock, flag, hint, or, TegataError, words as saying } from "@tegata/core";
import * as v from "valibot";
import type { CredentialsOfRun } from "@tegata/engine";
import type { Command, CommandContext } from "../command.ts";
import { createTerminal } from "../terminal/terminal.ts";
import type { EndpointVariables } from "../serve/credentials-endpoint.ts";
import { serveRole } from "../serve/serve-role.ts";
import { stderrOfProcess } from "./stderr-of-process.ts";

const word = "__credentials-endpoint";
const startLimitMilliseconds = 15_000;
/** How long the endpoint outlives the process that it is for, at most. */
const watchMilliseconds = 250;

const announcement = v.strictObject({
  AWS_CONTAINER_CREDENTIALS_FULL_URI: v.string(),
  AWS_CONTAINER_AUTHORIZATION_TOKEN: v.string(),
});

/**
 * Starts the endpoint of `exec --refresh` in a process of its own, so that the command can stand in this process's place.
 * It is nobody's child, so that the command finds no child that it did not start, and in a session of its own, so that no
 * signal for the command reaches it. It ends when this process, or what stands in its place, does.
 *
 * @returns `undefined` where it cannot be done: this program cannot start itself, or there is no `/bin/sh`
 * @throws TegataError `process_failed` when it does not answer; the reason of Ctrl-C
 */
export async function startEndpointProcess(
  obtained: CredentialsOfRun,
  { flags, system, ports }: CommandContext,
): Promise<EndpointVariables | undefined> {
  const { self } = system;
  if (self === undefined) {
    return undefined;
  }
  const words = [
    ...self,
    word,
    ...(obtained.profile === undefined ? [] : [`--profile=${obtained.profile}`]),
    ...settingFlags({ ...obtained.flags, ...flags }),
  ];
  const child = spawn("/bin/sh", ["-c", '"$@" &', "sh", ...words, `--pid=${system.pid}`], {
    detached: true,
    // Its way to stderr is another one, where there is one: an open descriptor keeps readers of it waiting.
    stdio: ["ignore", "pipe", isSocket(2) ? "inherit" : "ignore"],
  });
  const said = new Promise<string | undefined>((resolve) => {
    let text = "";
    child.once("error", () => resolve(undefined));
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (text.endsWith("\n")) {
        resolve(text);
      }
    });
    child.stdout.once("end", () => resolve(text));
  });
  // It ends at once; not before is it gone from this process's children.
  const gone = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
  const enough = new AbortController();
  const limit = ports.clock.sleep(startLimitMilliseconds, AbortSignal.any([enough.signal, ports.signal])).then(
    () => "",
    () => "",
  );
  const text = await Promise.race([said, limit]);
  enough.abort();
  ports.signal.throwIfAborted();
  child.stdout.destroy();
  await gone;
  return text === undefined ? undefined : announcedIn(text);
}

function announcedIn(text: string): EndpointVariables {
  try {
    return v.parse(announcement, JSON.parse(text));
  } catch {
    throw new TegataError("process_failed", saying`the credentials endpoint of ${flag("refresh")} did not start`, {
      hint: [hint`${again}`, or`without ${flag("refresh")}`],
    });
  }
}

/** The settings that were typed, once more. */
function settingFlags(flags: CommandContext["flags"]): string[] {
  return Object.entries(flags)
    .filter(([name]) => !["profile", "fresh", "refresh", "nested", "all-variables"].includes(name))
    .flatMap(([name, value]) =>
      typeof value === "string" ? [`--${name}=${value}`] : value === true ? [`--${name}`] : [`--no-${name}`],
    );
}

/** What {@link startEndpointProcess} starts: says how it is reached, and serves as long as a process lives. */
export const endpointCommand: Command = {
  name: word,
  summary: "serve credentials for as long as a process lives",
  group: "setup",
  argument: "profile",
  flags: {
    pid: { kind: "text", choices: undefined, defaultText: undefined, description: "the process" },
  },
  hidden: true,
  async run(context) {
    const { system, ports, commandLine } = context;
    const pid = Number(context.flags["pid"]);
    const startedAt = startOf(pid);
    // The command has not started: what it opens later is not its stderr.
    const { write, look } = stderrOfProcess(pid);
    system.leaveSignals();
    // A service manager tells every process of a service to end; the command may still have something to finish.
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      process.on(signal, () => undefined);
    }
    // Kept credentials are new enough, `--fresh` or not: `exec` has just looked.
    const obtained = await context.credentials();
    const stderr = { ...system.stderr, isTerminal: false, write };
    const endpoint = await serveRole(obtained, context, createTerminal({ ...system, stderr }, commandLine));
    await system.writeStdout(`${JSON.stringify(endpoint.variables)}\n`);
    await untilEnded(pid, startedAt, ports.clock, look);
    endpoint.close();
  },
};

async function untilEnded(pid: number, startedAt: string | undefined, clock: Clock, look: () => void): Promise<void> {
  // Another process may get its number.
  const lives = () => startedAt !== undefined && startOf(pid) === startedAt;
  while (lives()) {
    look();
    await clock.sleep(watchMilliseconds);
  }
}

/** When a process started, in ticks since the system did; `undefined` when it has ended. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    // Z: ended, and its parent has not looked yet.
    return ["Z", "X"].includes(fields[0] ?? "X") ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** What Node gives its children as stderr: the one kind that cannot be opened by another process. */
function isSocket(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isSocket();
  } catch {
    return false;
  }
}
