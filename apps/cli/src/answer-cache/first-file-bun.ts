/**
 * The first file of a compiled binary: prints cached output while it is right, or what needs no settings, and imports
 * nothing else for it. `first-file-node.ts` is the same for Node and Deno.
 */
import { libcFiles } from "./files-libc.ts";
import { type Binary, runFirstFileOn } from "./first-file.ts";

/** Runs a binary to its end. */
export async function runFirstFile(binary: Binary): Promise<void> {
  // Loading `node:fs` costs a quarter of an empty run: only where the C library cannot be called.
  await runFirstFileOn(binary, libcFiles() ?? (await import("./files-node.ts")).nodeFiles);
}
