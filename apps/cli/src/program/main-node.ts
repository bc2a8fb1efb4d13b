import { statSync } from "node:fs";
import { type Composition, binaryOf } from "./composition.ts";
import { runFirstFile } from "../answer-cache/first-file-node.ts";

export type { Composition } from "./composition.ts";

/** The whole of a composed binary's first file: runs it to its end, and sets the exit status. */
export function main(composition: Composition): Promise<void> {
  return runFirstFile(binaryOf(composition, builtAt(process.argv[1])));
}

/** A binary that is run from its sources does not change as a whole. */
function builtAt(path: string | undefined): number | undefined {
  return path === undefined || path.endsWith(".ts") ? undefined : statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
