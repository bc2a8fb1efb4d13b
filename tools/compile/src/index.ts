export { compile, compileFlags, type CompileOptions } from "./compile.ts";
export type { RuntimeRequest } from "./runtime-copy.ts";
export { UnknownRuntimeError } from "./runtime-variables.ts";
