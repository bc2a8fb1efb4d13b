import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";

/** What a program left behind when it ended. */
export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** The whole environment: nothing of the tests' own is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Written to stdin, which is then closed. */
  readonly input?: string;
  /** Leave stdin open: a terminal on which somebody types. */
  readonly keepStdinOpen?: boolean;
  /** A program that has not ended by then is killed and the run fails. */
  readonly limitSeconds?: number;
  /** A process group of its own, so that all of it can be ended. */
  readonly ownGroup?: boolean;
}

export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  /** What stdout holds so far, once it matches. */
  stdoutMatching(pattern: RegExp): Promise<RegExpMatchArray>;
  stderrMatching(pattern: RegExp): Promise<RegExpMatchArray>;
  readonly ended: Promise<Ended>;
}

/** Starts a program; every one that is started is awaited or killed by its time limit. */
export function start([command, ...args]: readonly [string, ...string[]], options: RunOptions): Running {
  const child = spawn(command, args, {
    env: options.env,
    cwd: options.cwd,
    stdio: "pipe",
    detached: options.ownGroup === true,
  });
  const output = { stdout: "", stderr: "" };
  const watchers = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      output[name] += chunk;
      watchers.forEach((watch) => watch());
    });
  }
  child.stdin.on("error", () => undefined);
  if (options.keepStdinOpen !== true) {
    child.stdin.end(options.input);
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    const limit = options.limitSeconds ?? 20;
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${[command, ...args].join(" ")} did not end in ${limit} s; it said:\n${output.stderr}`));
    }, limit * 1000);
    child.once("error", reject);
    child.once("close", (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, ...output });
    });
  });
  const matching = (name: "stdout" | "stderr") => (pattern: RegExp) =>
    Promise.race([
      new Promise<RegExpMatchArray>((resolve) => {
        const watch = () => {
          const match = output[name].match(pattern);
          if (match !== null) {
            watchers.delete(watch);
            resolve(match);
          }
        };
        watchers.add(watch);
        watch();
      }),
      ended.then((end): never => {
        throw new Error(`it ended with ${end.status} before ${name} matched ${String(pattern)}:\n${end.stderr}`);
      }),
    ]);
  ended.catch(() => undefined);
  return { child, stdoutMatching: matching("stdout"), stderrMatching: matching("stderr"), ended };
}

export function run(command: readonly [string, ...string[]], options: RunOptions): Promise<Ended> {
  return start(command, options).ended;
}
