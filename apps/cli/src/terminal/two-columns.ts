import { widthOf, wrap, type WrapOptions } from "./wrap.ts";

/** A name, and what is said of it; lines of their own where `words` has line breaks. */
export interface Row {
  readonly label: string;
  readonly words: string;
}

/** A narrower window has what is said of a name below it, not beside it, unless the names are so short that this is left. */
const minColumns = 60;
const minTextColumns = 22;

/** `undefined`: lines are not broken. */
export const hasTwoColumns = (columns: number | undefined): boolean => columns === undefined || columns >= minColumns;

/** Names, and beside them what they are; below them in a narrow window. */
export function inTwoColumns(
  rows: readonly Row[],
  { columns, programName }: Pick<WrapOptions, "columns" | "programName">,
): readonly string[] {
  const beside = Math.max(0, ...rows.map(({ label }) => widthOf(label))) + 2;
  const isBeside = columns === undefined || hasTwoColumns(columns) || columns - beside >= minTextColumns;
  return rows.map(({ label, words }) => {
    const below = columns !== undefined && columns < 2 * minTextColumns ? 2 : 4;
    const margin = isBeside ? beside : marginOf(label) + below;
    const before = isBeside ? `${label}${" ".repeat(beside - widthOf(label))}` : `${label}\n${" ".repeat(margin)}`;
    const text = `${before}${words.replaceAll("\n", `\n${" ".repeat(margin)}`)}`;
    return wrap(text, { columns, hanging: margin, programName });
  });
}

function marginOf(label: string): number {
  return label.length - label.trimStart().length;
}
