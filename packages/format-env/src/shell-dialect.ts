import type { Variables } from "@tegata/core";

export type { Variables };

/**
 * How one family of shells is told what its variables are to be. Whatever a value holds, loading the answer runs nothing;
 * a NUL, which no variable can hold, is refused before it gets here.
 */
export interface ShellDialect {
  /**
   * The whole answer, its last newline included.
   *
   * @throws TegataError `output_failed` for a value that this shell cannot be told
   */
  readonly render: (variables: Variables) => string;
  /** What fails when it is loaded, sets nothing, and is seen by what stands behind: `&&`, `$?`, `try`. With its newline. */
  readonly failure: string;
}

/** A dialect with one statement a variable, each on a line of its own unless `separator` says otherwise. */
export function statementDialect(statement: {
  readonly set: (name: string, value: string) => string;
  readonly unset: (name: string) => string;
  readonly failure: string;
  readonly separator?: string;
}): ShellDialect {
  const { set, unset, failure, separator = "\n" } = statement;
  return {
    render: (variables) =>
      `${variables.map(([name, value]) => (value === undefined ? unset(name) : set(name, value))).join(separator)}\n`,
    failure: `${failure}\n`,
  };
}
