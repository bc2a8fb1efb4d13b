import type { AST } from "toml-eslint-parser";

/** Where a key or table header begins, counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type PositionOf = (path: readonly string[]) => Position | undefined;

/** No setting stands deeper; without a limit the work grows with the square of a key's parts. */
const maxKeyParts = 8;

/**
 * Where each key of a TOML document stands. The second parser is loaded only here, when there is a problem to locate:
 * the first one keeps no positions.
 */
export async function positionsOf(text: string): Promise<PositionOf> {
  const { parseTOML } = await import("toml-eslint-parser");
  const positions = new Map<string, Position>();
  try {
    const [top] = parseTOML(text, { tomlVersion: "latest" }).body;
    for (const node of top.body) {
      if (node.type === "TOMLTable") {
        const path = node.resolvedKey.map(String);
        note(positions, path, node);
        node.body.forEach((pair) => notePair(positions, path, pair));
      } else {
        notePair(positions, [], node);
      }
    }
  } catch {
    // If one parser accepts a text and the other does not, there is no position; the problem is reported without one.
  }
  return (path) => positions.get(JSON.stringify(path));
}

function notePair(positions: Map<string, Position>, base: readonly string[], pair: AST.TOMLKeyValue): void {
  const path = base.concat(pair.key.keys.map((key) => (key.type === "TOMLBare" ? key.name : key.value)));
  note(positions, path, pair);
  if (pair.value.type === "TOMLInlineTable") {
    for (const inner of pair.value.body) {
      notePair(positions, path, inner);
    }
  }
}

function note(positions: Map<string, Position>, path: readonly string[], node: AST.TOMLTable | AST.TOMLKeyValue): void {
  // `[a.b]` and `a.b = 1` are the first position of `a` as well.
  for (let length = Math.min(path.length, maxKeyParts); length > 0; length -= 1) {
    const key = JSON.stringify(path.slice(0, length));
    if (!positions.has(key)) {
      const { line, column } = node.loc.start;
      positions.set(key, { line, column: column + 1 });
    }
  }
}
