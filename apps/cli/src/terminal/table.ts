import { inTwoColumns } from "./two-columns.ts";
import { widthOf } from "./wrap.ts";

/** A column of a table. */
export interface Column {
  readonly heading: string;
  /** How many columns of the terminal it keeps at least, where it may be cut; left out, it never is. */
  readonly least?: number;
}

const gap = 2;
/** In a narrower window, each row is a few lines of its own. */
const minColumns = 60;
/** Stands for what has been cut off. */
const ellipsis = "…";

/**
 * A table as lines that fit, without columns in which there is nothing: what is too wide is cut, the widest column first. Where that is not enough, and in a narrow window,
 * each row is a line with its first cell, and the other cells below it, each behind the heading of its column.
 *
 * @param width how wide a line may be; `undefined`: as wide as it is
 */
export function inTable(
  allColumns: readonly Column[],
  allRows: readonly (readonly string[])[],
  { width, programName }: { readonly width: number | undefined; readonly programName: string },
): readonly string[] {
  const isUsed = allColumns.map((_, index) => allRows.some((cells) => (cells[index] ?? "") !== ""));
  const columns = allColumns.filter((_, index) => isUsed[index] === true);
  const rows = allRows.map((cells) => cells.filter((_, index) => isUsed[index] === true));
  const headings = columns.map(({ heading }) => heading);
  const natural = columns.map((_, index) =>
    Math.max(...[headings, ...rows].map((cells) => widthOf(cells[index] ?? ""))),
  );
  const widths = width === undefined ? natural : fitted(natural, columns, width);
  if (widths === undefined || (width !== undefined && width < minColumns - 1)) {
    return rows.flatMap((cells) => stacked(headings, cells, { columns: width, programName }));
  }
  return [headings, ...rows].map((cells) =>
    widths
      .map((each, index) => {
        const cell = cut(cells[index] ?? "", each);
        return cell + " ".repeat(each - widthOf(cell) + gap);
      })
      .join("")
      .trimEnd(),
  );
}

/** `undefined` where it does not fit, however much is cut. */
function fitted(natural: readonly number[], columns: readonly Column[], width: number): readonly number[] | undefined {
  const widths = [...natural];
  const total = () => widths.reduce((sum, each) => sum + each, gap * (widths.length - 1));
  while (total() > width) {
    const [widest] = columns
      .map(({ least = Number.POSITIVE_INFINITY }, index) => ({ index, isLess: (widths[index] ?? 0) > least }))
      .filter(({ isLess }) => isLess)
      .sort((a, b) => (widths[b.index] ?? 0) - (widths[a.index] ?? 0));
    if (widest === undefined) {
      return undefined;
    }
    widths[widest.index] = (widths[widest.index] ?? 0) - 1;
  }
  return widths;
}

function cut(text: string, width: number): string {
  if (widthOf(text) <= width) {
    return text;
  }
  let shown = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (widthOf(`${shown}${segment}${ellipsis}`) > width) {
      break;
    }
    shown += segment;
  }
  return `${shown}${ellipsis}`;
}

function stacked(
  [, ...headings]: readonly string[],
  [first = "", ...cells]: readonly string[],
  options: { readonly columns: number | undefined; readonly programName: string },
): readonly string[] {
  const rows = cells.flatMap((words, index) =>
    words === "" ? [] : [{ label: `    ${(headings[index] ?? "").toLowerCase()}`, words }],
  );
  return [first, ...inTwoColumns(rows, options)];
}
