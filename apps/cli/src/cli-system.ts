import type { System } from "@tegata/engine";

/**
 * Everything that the program knows of the world around it. `this-process.ts` builds the real one; a test
 * builds its own.
 */
export interface CliSystem extends System {
  /** What runs the program, and on what: `Bun 1.4.5`, `x64`. */
  readonly runtime: { readonly name: string; readonly architecture: string };
  /** From now on `signal` is left alone: Ctrl-C and SIGTERM are for the command that this process runs, or ends for. */
  readonly leaveSignals: () => void;
  /**
   * Writes all of it to descriptor 1.
   *
   * @throws TegataError `output_failed` when stdout is closed or its disk is full
   */
  writeStdout(text: string | Uint8Array): Promise<void>;
  readonly stdoutIsTerminal: boolean;
  /** Characters in a line of stdout; `undefined` where it is no terminal. */
  stdoutColumns(): number | undefined;
  readonly stderr: Stderr;
  /**
   * The next line that a person types, without its end; empty when there is none. Left out where stdin is no terminal.
   *
   * @throws what `signal` was aborted with
   */
  readonly readLine?: (() => Promise<string>) | undefined;
  /** What a person types, for questions of more than a line. Left out where stdin is no terminal. */
  readonly openKeyboard?: (() => Promise<Keyboard>) | undefined;
  /**
   * All that is piped in, to its end. Left out where stdin is a terminal.
   *
   * @returns `too large` for more than `maxBytes`
   * @throws what `signal` was aborted with
   */
  readonly readStdin?: ((maxBytes: number) => Promise<Uint8Array | "too large">) | undefined;
  /** The terminal that the process belongs to, even when its streams lead elsewhere; undefined when there is none. */
  openTerminalDevice(): Stderr | undefined;
  /**
   * Opens a URL in the person's browser, without a shell in between.
   *
   * @returns when the program that opens pages has ended well. A browser that stays open: never
   * @throws Error whose message says, for a person, why nothing was opened
   */
  readonly openUrl: (url: string, options: OpenUrlOptions) => Promise<void>;
  /**
   * Loads what puts another program in this process's place. Left out where the runtime has no such thing; `undefined`
   * where the system has not.
   */
  readonly replaceProcess?: (() => Promise<ReplaceProcess | undefined>) | undefined;
}

/** What stands in this process's place next. All of it is bytes, as the system's own names and arguments are. */
export interface NextProcess {
  readonly file: Buffer;
  /** The name that it was called by comes first. */
  readonly argv: readonly Buffer[];
  /** The whole of it, as `NAME=value`. */
  readonly environment: readonly Buffer[];
  /** Left open for it, besides stdin, stdout and stderr. */
  readonly descriptors: readonly number[];
}

/** Returns only when it failed: the system's name of the error, such as `EACCES`. */
export type ReplaceProcess = (next: NextProcess) => string;

/** Where a person reads, as far as terminals are concerned. */
export interface Stderr {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Characters in a line, and lines; 80 and 24 where unknown. Asked again each time: windows change their size. */
  size(): { readonly columns: number; readonly rows: number };
  /** False while another job of the shell has the terminal. Left out where nothing tells. */
  isForeground?(): boolean;
}

/** A terminal at stdin, while somebody reads it. */
export interface Keyboard {
  /**
   * @param onText each piece that is typed
   * @param onEnd nobody can type any more
   * @returns what ends the reading: what is typed from then on is for the next one who reads
   */
  read(onText: (text: string) => void, onEnd: () => void): () => void;
  /** True: every key comes at once and is not shown, Ctrl-C as well. */
  setRaw(isRaw: boolean): void;
}

export interface OpenUrlOptions {
  /** A text browser will do: it has the terminal to itself, and this process stands still until it ends. */
  readonly mayTakeTerminal: boolean;
}
