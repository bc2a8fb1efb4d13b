import type { ShellName } from "../shell/shells.ts";

/** How a program that was started by `Machine.run` ended. */
export interface ProcessResult {
  /** The exit status; `undefined` when a signal ended it. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a program is run, and what it may take. */
export interface RunProcessOptions {
  /** Written to the program's stdin, which is then closed. A secret belongs here: an argument list is public. */
  readonly input?: string;
  /** Set for the program besides the environment of this process. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The program is killed when it runs longer. */
  readonly timeoutMilliseconds: number;
  /** The program is killed when it writes more than that to stdout or to stderr. */
  readonly maxBytes: number;
}

/**
 * What a plugin may see of the machine it runs on, and do there: for tokens that a runner or a pod already has, and for
 * the files that a runner reads. `fakeMachine` of the testkit stands in for it.
 */
export interface Machine {
  /** As Node names it: `linux`, `darwin`, `win32`. */
  readonly platform: string;
  /** An environment variable; `undefined` when it is unset or empty. */
  variable(name: string): string | undefined;
  /** The names of the environment variables that are set and not empty. */
  variableNames(): readonly string[];
  /**
   * The shell that this program was started from: the nearest one up the process tree. Programs between that are no shells,
   * such as `sudo`, `timeout` or `make`, are passed over. `undefined` where the tree tells none.
   */
  callingShell(): Promise<ShellName | undefined>;
  /**
   * The text of a file; `undefined` when there is none.
   *
   * @throws TegataError `file_unreadable`, also for what is longer than `maxBytes` or not UTF-8
   */
  readFile(path: string, maxBytes: number): Promise<string | undefined>;
  /**
   * The text of a file that says what is allowed; `undefined` when there is none. Where files have modes, it must belong to this user or to
   * root, and others may not write to it; anybody may read it.
   *
   * @throws TegataError `storage_unsafe` for a file that somebody else could have written; `file_unreadable` as `readFile`
   */
  readGuardedFile(path: string, maxBytes: number): Promise<string | undefined>;
  /**
   * The text of a file that holds a secret; `undefined` when there is none. Where files have modes, it must belong to this user or to
   * root, and others may neither read nor write it; a group may read it, as services are given secrets.
   *
   * @throws TegataError `file_unreadable`, also for a file that others can read, for what is longer than `maxBytes` or not UTF-8
   */
  readSecretFile(path: string, maxBytes: number): Promise<string | undefined>;
  /**
   * A secret that a person has stored in the operating system's keyring, by its service and account; `undefined` when there is none.
   * The keyring has two seconds.
   *
   * @throws TegataError `storage_unreadable` when no keyring answers, or it is locked
   */
  readKeyringSecret(service: string, account: string): Promise<string | undefined>;
  /**
   * Adds to the end of a file in one write. A file that is not there is created for this user alone (0600).
   *
   * @throws TegataError `file_unwritable`
   */
  appendFile(path: string, text: string): Promise<void>;
  /**
   * Changes a file as a whole, or not at all: `change` is given its text (`undefined` when there is none) and returns the
   * new one; `undefined` leaves everything as it is. No other tegata changes it meanwhile, and when another program does,
   * `change` is asked again.
   *
   * A new file is for this user alone (0600), with the folders that it needs. An existing one keeps its mode, but nobody
   * outside its owner and group can read it any more; a link stays one.
   *
   * @throws TegataError `file_unwritable`; `file_unreadable` as `readFile`; `storage_locked` when it is busy for 15 seconds;
   *   what `change` throws
   */
  updateFile(path: string, maxBytes: number, change: (text: string | undefined) => string | undefined): Promise<void>;
  /**
   * Runs a program to its end, without a shell in between; a name without a slash is looked up on `PATH`.
   *
   * @throws TegataError `process_failed` when it cannot be started, runs too long or says too much
   */
  run(command: readonly [string, ...string[]], options: RunProcessOptions): Promise<ProcessResult>;
}
