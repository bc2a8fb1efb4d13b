export { formatEnv } from "./format-env.ts";
export type { ShellDialect } from "./shell-dialect.ts";
