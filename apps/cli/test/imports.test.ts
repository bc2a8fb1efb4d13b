import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));

const sources = ["packages", "apps", "tools"]
  .flatMap((parent) =>
    readdirSync(join(root, parent), { withFileTypes: true }).map((entry) => `${parent}/${entry.name}/src`),
  )
  .flatMap(filesBelow)
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));

function filesBelow(folder: string): readonly string[] {
  try {
    return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** The files that each file names: of types, and by `import()`, too, which the linter's rule does not follow. */
const imports = new Map(
  sources.map((file) => {
    const code = readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
    const named = [...code.matchAll(/\b(?:from|import|import\() ?"(\.[^"]+)"/g)].map(([, path = ""]) =>
      relative(root, join(root, dirname(file), path)),
    );
    return [file, named];
  }),
);

/** The way back to the file, if it imports itself round a corner. */
function circleOf(file: string): readonly string[] | undefined {
  const ways = (imports.get(file) ?? []).map((next) => [file, next]);
  const seen = new Set<string>();
  for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
    const last = way.at(-1) ?? "";
    if (last === file) {
      return way;
    }
    if (!seen.has(last)) {
      seen.add(last);
      ways.push(...(imports.get(last) ?? []).map((next) => [...(way ?? []), next]));
    }
  }
  return undefined;
}

describe("the files of the product", () => {
  it("are all found, with what they import", () => {
    expect(sources.length).toBeGreaterThan(400);
    expect([...imports.values()].flat().length).toBeGreaterThan(1000);
    expect(imports.get("apps/cli/src/answer-cache/first-file.ts")).toContain(
      "apps/cli/src/answer-cache/share-renewal.ts",
    );
  });

  it("import in no circle, counting types and import()", () => {
    expect(sources.flatMap((file) => circleOf(file) ?? [])).toEqual([]);
  });
});
