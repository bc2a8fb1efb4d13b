import { readFile } from "node:fs/promises";
import * as v from "valibot";

const metaSchema = v.object({
  outputs: v.record(
    v.string(),
    v.object({
      bytes: v.number(),
      entryPoint: v.optional(v.string()),
      inputs: v.record(v.string(), v.unknown()),
      imports: v.array(v.object({ path: v.string(), kind: v.string() })),
    }),
  ),
});
type Output = v.InferOutput<typeof metaSchema>["outputs"][string];

/** What is in a binary, by what Bun wrote down when it made it. */
export class Metafile {
  readonly #outputs: ReadonlyMap<string, Output>;

  private constructor(outputs: ReadonlyMap<string, Output>) {
    this.#outputs = outputs;
  }

  /** @param binary the path of the binary, beside which the metafile lies */
  static async of(binary: string): Promise<Metafile> {
    const { outputs } = v.parse(metaSchema, JSON.parse(await readFile(`${binary}.meta.json`, "utf8")));
    return new Metafile(new Map(Object.entries(outputs)));
  }

  /** How many pieces of code there are: each is loaded as a whole. */
  get chunkCount(): number {
    return this.#outputs.size;
  }

  /** The source files of all that is in it. */
  get inputs(): readonly string[] {
    return [...this.#outputs.values()].flatMap(({ inputs }) => Object.keys(inputs));
  }

  /**
   * The source files that are loaded before anything of a file runs: those of its own chunk, and of what that imports
   * statically.
   *
   * @param entryPoint the end of the file's path
   */
  loadedWith(entryPoint: string): readonly string[] {
    const chunk = [...this.#outputs.values()].find((output) => output.entryPoint?.endsWith(entryPoint) === true);
    if (chunk === undefined) {
      throw new Error(`no chunk starts with ${entryPoint}`);
    }
    const seen = new Set<Output>();
    const visit = (output: Output) => {
      seen.add(output);
      for (const { path, kind } of output.imports) {
        const next = this.#outputs.get(path);
        if (kind === "import-statement" && next !== undefined && !seen.has(next)) {
          visit(next);
        }
      }
    };
    visit(chunk);
    return [...seen].flatMap(({ inputs }) => Object.keys(inputs));
  }
}

/** The npm packages that files are of, each once. */
export function packagesOf(inputs: readonly string[]): readonly string[] {
  return [...new Set(inputs.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []))];
}

/** Packages that only some runs need: such a run loads them when it does. */
export const lateOnly = /^(@aws-sdk|@smithy|@napi-rs|@clack)\/|^(open|toml-eslint-parser)$/;
