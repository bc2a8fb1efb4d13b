export { createTegata, type Tegata, type TegataOptions } from "./program/compose.ts";
export type { ExitStatus } from "./exit-status.ts";
export type { CliSystem, Stderr } from "./cli-system.ts";
export { defaultPlugins } from "./program/run.ts";
export { thisProcess } from "./this-process.ts";
