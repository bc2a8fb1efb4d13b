import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { parseAst } from "vitest/node";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

/** Every file that can say something to a person, but for tests and what never names a surface. */
export const sourceFiles: readonly string[] = [
  "apps/cli",
  "apps/github-action",
  ...readdirSync(join(root, "packages")).map((name) => `packages/${name}`),
]
  .filter((folder) => !/testkit|create-tegata/.test(folder))
  .flatMap((folder) =>
    readdirSync(join(root, folder, "src"), { recursive: true }).map((path) => `${folder}/src/${path.toString()}`),
  )
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
  .toSorted();

export function readSource(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

export const nodeSchema = v.looseObject({ type: v.string(), start: v.number() });
export type SourceNode = v.InferOutput<typeof nodeSchema>;

/** The program as the parser has it. */
export function parseSource(source: string): unknown {
  return parseAst(source, { lang: "ts" });
}

export const literalSchema = v.looseObject({ type: v.literal("Literal"), value: v.string(), start: v.number() });

export const templateSchema = v.looseObject({
  type: v.literal("TemplateLiteral"),
  quasis: v.array(v.looseObject({ start: v.number(), value: v.looseObject({ raw: v.string() }) })),
  expressions: v.array(v.unknown()),
});
