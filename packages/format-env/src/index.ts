export { formatEnv } from "./format-env.ts";
export type { ShellDialect, Variables } from "./shell-dialect.ts";
