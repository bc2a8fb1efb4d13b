export { createTegata, type Tegata, type TegataOptions } from "./create-tegata.ts";
export type { ExitStatus } from "./exit-status.ts";
export type { Outside, Stderr } from "./outside.ts";
export { defaultPlugins, defaultTegata } from "./run.ts";
export { thisProcess } from "./this-process.ts";
