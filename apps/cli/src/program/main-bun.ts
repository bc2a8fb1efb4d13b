import { runFirstFile } from "../answer-cache/first-file-bun.ts";
import { type Composition, binaryOf } from "./composition.ts";

export type { Composition } from "./composition.ts";

/** The part of Bun that is used here. */
declare const Bun: {
  readonly isStandaloneExecutable: boolean;
  file(path: string): { readonly lastModified: number };
};

const replaceProcess = async () => (await import("../exec/replace-process-bun.ts")).loadReplaceProcess();

/** What `main` of `main-node.ts` is, for a compiled binary. */
export function main(composition: Composition): Promise<void> {
  return runFirstFile(binaryOf(composition, builtAt(), replaceProcess));
}

/** A binary that is run from its sources does not change as a whole. */
function builtAt(): number | undefined {
  return Bun.isStandaloneExecutable ? Bun.file(process.execPath).lastModified : undefined;
}
