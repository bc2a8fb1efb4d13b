import { quotedWord, statementDialect } from "./shell-dialect.ts";

/** xonsh: Python's string literals, in ASCII. */
export const xonsh = statementDialect({
  set: (name, value) => `$${name} = ${literal(value)}`,
  unset: (name) => `\${...}.pop('${name}', None)`,
  failure: "raise RuntimeError('tegata failed, so nothing was set')",
  // A text in Python: of one that is a word itself the shell would replace `$NAME` and `~`.
  word: quotedWord((text) => `@(${JSON.stringify(text)})`),
});

function literal(value: string): string {
  const quoted = value.replace(/[\\']/g, String.raw`\$&`).replace(/[^ -~]/gu, (character) => {
    const codePoint = character.codePointAt(0) ?? 0;
    return `\\U${codePoint.toString(16).padStart(8, "0")}`;
  });
  return `'${quoted}'`;
}
