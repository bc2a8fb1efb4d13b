import type { ShellDialect } from "./shell-dialect.ts";

/** fish: between single quotes a backslash escapes a quote and itself. */
export const fish: ShellDialect = {
  set: (name, value) => `set -gx ${name} '${value.replace(/[\\']/g, String.raw`\$&`)}';`,
  unset: (name) => `set -e ${name};`,
};
