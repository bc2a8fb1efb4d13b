import { quotedWord, statementDialect } from "./shell-dialect.ts";

/**
 * fish: between single quotes a backslash escapes a quote and itself. Each statement ends with `;`: an `eval (…)` makes one
 * line of them.
 */
export const fish = statementDialect({
  set: (name, value) => `set -gx ${name} ${quoted(value)};`,
  // It fails where there is no such variable, and the last status is that of the whole.
  unset: (name) => `set -e ${name}; or true;`,
  failure: "false",
  word: quotedWord(quoted),
});

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, String.raw`\$&`)}'`;
}
