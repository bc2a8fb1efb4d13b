/** The first file on Node and Deno: what `first-file-bun.ts` is for a compiled binary. */
import { nodeFiles } from "./files-node.ts";
import { type Binary, runFirstFileOn } from "./first-file.ts";

/** Runs a binary to its end. */
export function runFirstFile(binary: Binary): Promise<void> {
  return runFirstFileOn(binary, nodeFiles);
}
