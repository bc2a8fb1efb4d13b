/** The first file on Node and Deno: what `first-file-bun.ts` is for a compiled binary. */
import { nodeFiles } from "./files-node.ts";
import { type FirstFileProgram, runProgram } from "./first-file.ts";

/** Runs a program to its end. */
export function runFirstFile(program: FirstFileProgram): Promise<void> {
  return runProgram(program, nodeFiles);
}
