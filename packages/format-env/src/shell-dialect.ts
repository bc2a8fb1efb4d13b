/**
 * How one family of shells sets and takes back a variable. Whatever the value holds, loading the statement runs nothing;
 * a NUL is refused before it gets here. Each statement ends with `;`: an unquoted `eval $(…)` turns the line breaks
 * between them into spaces.
 */
export interface ShellDialect {
  readonly set: (name: string, value: string) => string;
  readonly unset: (name: string) => string;
}
