import { statementDialect } from "./shell-dialect.ts";

/** Elvish: between single quotes nothing is special but the quote, which is doubled. */
export const elvish = statementDialect({
  set: (name, value) => `set E:${name} = '${value.replaceAll("'", "''")}';`,
  unset: (name) => `unset-env ${name};`,
  failure: "fail 'tegata failed, so nothing was set';",
});
