import type { KeptPlace } from "../command.ts";

/** What a program's first file knows of the rest of it. */
export interface FirstFileProgram {
  /**
   * Tells its kept answers from those of any other program: another one may answer the same arguments otherwise.
   * `undefined`: no answer is kept.
   */
  readonly id: string | undefined;
  /** What can be said without settings or plugins; `undefined` leaves it to the rest of the program. */
  readonly plainAnswer: (args: readonly string[]) => Promise<string | undefined>;
  /** Loads the rest, for all that no kept answer is there for. */
  readonly load: () => Promise<RestOfProgram>;
}

export interface RestOfProgram {
  /** @returns the exit status */
  readonly run: (args: readonly string[], kept: KeptPlace) => Promise<number>;
  /** Writes what the first file could not write of a kept answer. */
  readonly finishWriting: (rest: Uint8Array) => Promise<number>;
  /** Says why a kept answer could not be written. */
  readonly reportOutputFailure: (error: unknown) => number;
}
