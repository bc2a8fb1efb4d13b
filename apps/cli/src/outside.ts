import type { Clock, Fetch, Machine, Random } from "@tegata/core";

/**
 * Everything that the program knows of the world around it. `this-process.ts` builds the real one; a test
 * builds its own.
 */
export interface Outside {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Undefined where the account has no home folder. */
  readonly home: string | undefined;
  /** Undefined on Windows. */
  readonly uid: number | undefined;
  /** Who this process is, for others that wait for it. */
  readonly pid: number;
  readonly hostname: string;
  /** Whether a process of this machine still runs. */
  readonly isRunning: (pid: number) => boolean;
  /** The words that start this program again, for what needs a process of its own; undefined where that cannot be done. */
  readonly self: readonly [string, ...string[]] | undefined;
  /** What plugins may see of this machine, and do there. */
  readonly machine: Machine;
  readonly clock: Clock;
  readonly random: Random;
  /** The runtime's own fetch; the program puts its limits around it. */
  readonly fetch: Fetch;
  /** Aborted, with a TegataError `interrupted`, on Ctrl-C and on SIGTERM. */
  readonly signal: AbortSignal;
  /**
   * Writes all of it to descriptor 1.
   *
   * @throws TegataError `output_failed` when stdout is closed or its disk is full
   */
  writeStdout(text: string): Promise<void>;
  readonly stderr: Stderr;
  /** The terminal that the process belongs to, even when its streams lead elsewhere; undefined when there is none. */
  openTerminalDevice(): Stderr | undefined;
  /**
   * Opens a URL in the person's browser, without a shell in between.
   *
   * @throws Error when no browser could be started
   */
  readonly openUrl: (url: string) => Promise<void>;
}

export interface Stderr {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Characters in a line, and lines; 80 and 24 where unknown. Asked anew each time: windows change their size. */
  size(): { readonly columns: number; readonly rows: number };
}
