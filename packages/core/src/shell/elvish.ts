import { quotedWord, statementDialect } from "./shell-dialect.ts";

/** Elvish: between single quotes nothing is special but the quote, which is doubled. */
export const elvish = statementDialect({
  set: (name, value) => `set E:${name} = ${quoted(value)};`,
  unset: (name) => `unset-env ${name};`,
  failure: "fail 'tegata failed, so nothing was set';",
  word: quotedWord(quoted),
});

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
