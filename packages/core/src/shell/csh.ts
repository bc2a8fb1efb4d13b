import { refuse } from "./refuse.ts";
import { quotedWord, statementDialect } from "./shell-dialect.ts";

/**
 * csh and tcsh: as in sh, but `!` calls for a former command even between single quotes. A quoted line break would need a
 * backslash that the quotes of ``eval "`…`"`` do not let through.
 */
export const csh = statementDialect({
  set: (name, value) => {
    if (/[\r\n]/.test(value)) {
      throw refuse(name, "a line break", "csh");
    }
    return `setenv ${name} ${quoted(value)};`;
  },
  unset: (name) => `unsetenv ${name};`,
  failure: "false",
  word: quotedWord(quoted),
});

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`).replaceAll("!", String.raw`\!`)}'`;
}
