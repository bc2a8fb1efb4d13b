import { lineWidth, widthOf } from "./wrap.ts";

/**
 * Rows with a heading over each column. Where the window is too narrow for that, each row begins a line of its own, and what does not fit
 * on it follows below.
 *
 * @param columns of the terminal; `undefined`: any width will do
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number | undefined,
): string {
  const isUsed = headings.map((_heading, index) => rows.some((row) => (row[index] ?? "") !== ""));
  const used = (cells: readonly string[]) => cells.filter((_cell, index) => isUsed[index] === true);
  const all = [used(headings), ...rows.map(used)];
  const widths = used(headings).map((_heading, index) => Math.max(...all.map((row) => widthOf(row[index] ?? ""))));
  const width = widths.reduce((sum, each) => sum + each + 2, -2);
  const limit = lineWidth(columns);
  const lines =
    limit === undefined || width <= limit
      ? all.map((row) => row.map((cell, index) => padded(cell, widths[index] ?? 0)).join("  "))
      : all.slice(1).flatMap((row) => flowing(row, limit));
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

function padded(cell: string, width: number): string {
  return `${cell}${" ".repeat(Math.max(0, width - widthOf(cell)))}`;
}

function flowing(row: readonly string[], limit: number): readonly string[] {
  const lines: string[] = [];
  for (const cell of row.filter((each) => each !== "")) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 2 + widthOf(cell) <= limit) {
      lines[lines.length - 1] = `${last}  ${cell}`;
    } else {
      lines.push(last === undefined ? cell : `    ${cell}`);
    }
  }
  return lines;
}
