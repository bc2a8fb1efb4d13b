/** Variables by name, in the order in which a shell is told them; those without a value are to be unset. */
export type Variables = readonly (readonly [name: string, value: string | undefined])[];

/** What one family of shells is told in its own words. No matter what a value holds, loading it runs nothing. */
export interface ShellDialect {
  /**
   * Statements that set and unset variables, the last newline included. A NUL, which no variable can hold, is the caller's to
   * refuse.
   *
   * @throws TegataError `output_failed` for a value that this shell cannot be told
   */
  readonly render: (variables: Variables) => string;
  /** What fails when it is loaded, sets nothing, and is seen by what stands behind: `&&`, `$?`, `try`. With its newline. */
  readonly failure: string;
  /**
   * A text as one word of a command line, for a hint to paste. As it is where nothing in it is special. A line break stays one,
   * and a text that the shell has no quotes for (cmd: `%`) is only quoted as well as can be.
   */
  readonly word: (text: string) => string;
}

/** A dialect with one statement a variable, each on a line of its own unless `separator` says otherwise. */
export function statementDialect(statement: {
  readonly set: (name: string, value: string) => string;
  readonly unset: (name: string) => string;
  readonly failure: string;
  /** Stands between two statements: a newline when left out. */
  readonly separator?: string;
  readonly word: (text: string) => string;
}): ShellDialect {
  const { set, unset, failure, separator = "\n", word } = statement;
  return {
    render: (variables) =>
      `${variables.map(([name, value]) => (value === undefined ? unset(name) : set(name, value))).join(separator)}\n`,
    failure: `${failure}\n`,
    word,
  };
}

/** A word that is quoted only where it has to be. What may stand inside a word is special at its start in one shell or another. */
export function quotedWord(quote: (text: string) => string): (text: string) => string {
  return (text) => (/^[\w+:./-][\w@+=:,./-]*$/.test(text) ? text : quote(text));
}
