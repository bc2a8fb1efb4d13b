/** The first file on Node and Deno: what `first-file-bun.ts` is for a compiled binary. */
import { nodeFiles } from "./files-node.ts";
import { type FirstFileProgram, runFirstFileOn } from "./first-file.ts";

/** Runs a binary to its end. */
export function runFirstFile(program: FirstFileProgram): Promise<void> {
  return runFirstFileOn(program, nodeFiles);
}
