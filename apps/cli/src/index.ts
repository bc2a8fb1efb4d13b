export { createTegata, type Tegata, type TegataOptions } from "./program/compose.ts";
export type { ExitStatus } from "./exit-status.ts";
export type { Outside, Stderr } from "./outside.ts";
export { defaultPlugins, defaultTegata } from "./program/run.ts";
export { thisProcess } from "./this-process.ts";
