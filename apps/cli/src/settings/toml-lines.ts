import type { AST } from "toml-eslint-parser";

/** The line on which a key or table header stands, counted from 1. */
export type LineOf = (path: readonly string[]) => number | undefined;

/** No setting stands deeper; without a limit the work grows with the square of a key's parts. */
const maxKeyParts = 8;

/**
 * Where each key of a TOML document stands. The second parser is loaded only here, when there is a problem to locate:
 * the first one keeps no positions.
 */
export async function linesOf(text: string): Promise<LineOf> {
  const { parseTOML } = await import("toml-eslint-parser");
  const lines = new Map<string, number>();
  try {
    const [top] = parseTOML(text, { tomlVersion: "latest" }).body;
    for (const node of top.body) {
      if (node.type === "TOMLTable") {
        const path = node.resolvedKey.map(String);
        note(lines, path, node);
        node.body.forEach((pair) => notePair(lines, path, pair));
      } else {
        notePair(lines, [], node);
      }
    }
  } catch {
    // What one parser takes and the other does not has no line; the problem is told all the same.
  }
  return (path) => lines.get(JSON.stringify(path));
}

function notePair(lines: Map<string, number>, base: readonly string[], pair: AST.TOMLKeyValue): void {
  const path = base.concat(pair.key.keys.map((key) => (key.type === "TOMLBare" ? key.name : key.value)));
  note(lines, path, pair);
  if (pair.value.type === "TOMLInlineTable") {
    for (const inner of pair.value.body) {
      notePair(lines, path, inner);
    }
  }
}

function note(lines: Map<string, number>, path: readonly string[], node: AST.TOMLTable | AST.TOMLKeyValue): void {
  // `[a.b]` and `a.b = 1` are the first place of `a` as well.
  for (let length = Math.min(path.length, maxKeyParts); length > 0; length -= 1) {
    const key = JSON.stringify(path.slice(0, length));
    if (!lines.has(key)) {
      lines.set(key, node.loc.start.line);
    }
  }
}
