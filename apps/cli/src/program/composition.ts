import type { Plugins, Defaults } from "@tegata/engine";
import type { Binary } from "../answer-cache/first-file.ts";
import type { CliSystem } from "../cli-system.ts";

/** A composed binary: what `main` runs. */
export interface Composition {
  /** What it is called, in kebab-case. */
  readonly name: string;
  /** What `--version` prints. */
  readonly version: string;
  /**
   * Loads the plugins, by an `import()`: cached output does without them. `defaults` are settings that hold when nobody says
   * otherwise, by key.
   */
  readonly plugins: () => Promise<Plugins & { readonly defaults?: Defaults }>;
}

/**
 * @param builtAt milliseconds since the epoch: when the file that was started was written. Output of an older build may
 *   be another one. `undefined` where that cannot be told: then nothing is cached
 * @param replaceProcess where the runtime can put the command of `exec` in this process's place
 */
export function binaryOf(
  { name, version, plugins }: Composition,
  builtAt: number | undefined,
  replaceProcess?: CliSystem["replaceProcess"],
): Binary {
  return {
    id: builtAt === undefined ? undefined : `${name} ${version} ${builtAt}`,
    plainOutput: async (args) => (await import("../answer-cache/plain-output.ts")).plainOutput(args, { name, version }),
    load: async () => {
      (await import("@tegata/engine/silence")).silenceRuntime();
      const { restOf } = await import("./rest-of-binary.ts");
      return restOf({ name, version, ...(await plugins()) }, replaceProcess);
    },
  };
}
