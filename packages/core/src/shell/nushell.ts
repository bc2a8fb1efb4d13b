import { toSafeJson } from "../base/foreign-text.ts";
import { quotedWord, type ShellDialect } from "./shell-dialect.ts";

/**
 * Nushell, which evaluates no text: a record for `from json | load-env`. A variable that is `null` is none for the programs
 * that Nushell starts.
 */
export const nushell: ShellDialect = {
  // `load-env` takes a record only.
  failure: "false\n",
  word: quotedWord((text) => JSON.stringify(text)),
  render: (variables) => `${toSafeJson(Object.fromEntries(variables.map(([name, value]) => [name, value ?? null])))}\n`,
};
