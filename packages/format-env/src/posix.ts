import type { ShellDialect } from "./shell-dialect.ts";

/** sh, bash, dash, zsh, ksh: nothing is special between single quotes except their end. */
export const posix: ShellDialect = {
  set: (name, value) => `export ${name}='${value.replaceAll("'", String.raw`'\''`)}';`,
  unset: (name) => `unset ${name};`,
};
