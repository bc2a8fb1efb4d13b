import stringWidth from "string-width";

/** Letters, digits and signs of ASCII, each a column wide: most of what is shown, and counted at once. */
const plain = /^[ -~]*$/;

/** How many columns text takes: two for most East Asian characters and emoji, none for combining ones and for colours. */
export const widthOf = (text: string): number => (plain.test(text) ? text.length : stringWidth(text));

export interface WrapOptions {
  /**
   * How wide a line may be: a column less than the terminal, because some begin a new line as soon as their last one is used.
   * `undefined` where lines are not broken: in files, and for `grep`.
   */
  readonly columns: number | undefined;
  /** Columns before every line but the first. */
  readonly hanging?: number;
  /** By whose name a command begins that a person may copy. */
  readonly programName: string;
}

/** What a margin leaves at least, or it is made small. */
const minTextColumns = 17;

/** How wide lines may be on a stream of so many columns; `undefined` for one that is no terminal. */
export function lineWidth(columns: number | undefined): number | undefined {
  return columns === undefined ? undefined : Math.max(1, columns - 1);
}

/**
 * Breaks lines at blanks. What a person may copy is never broken: an address, a path, a command. Where that fits on no line
 * it begins where it stands, and the terminal carries it over: so it is copied as one.
 */
export function wrap(text: string, options: WrapOptions): string {
  return text
    .split("\n")
    .map((line) => wrapLine(line, options))
    .join("\n");
}

function wrapLine(line: string, { columns, hanging = 2, programName }: WrapOptions): string {
  if (columns === undefined || widthOf(line) <= columns) {
    return line;
  }
  // A narrow window has no room for a deep margin.
  const margin = columns - hanging >= minTextColumns ? hanging : Math.min(hanging, 2);
  let wrapped = "";
  let width = 0;
  for (const { blanks, unit } of unitsOf(line, programName)) {
    const unitWidth = widthOf(unit);
    if (width > margin && width + blanks.length + unitWidth > columns && margin + unitWidth <= columns) {
      wrapped += `\n${" ".repeat(margin)}${unit}`;
      width = margin + unitWidth;
    } else {
      wrapped += blanks + unit;
      width += blanks.length + unitWidth;
      // Where the terminal carries a line over, it goes on at its left edge, and uses its last column too.
      width = width > columns ? width % (columns + 1) : width;
    }
  }
  return wrapped;
}

interface Unit {
  /** What stands before it. */
  readonly blanks: string;
  readonly unit: string;
}

function unitsOf(line: string, programName: string): readonly Unit[] {
  const units: Unit[] = [];
  const next = / *(?=(\S+))/y;
  for (let found = next.exec(line); found !== null; found = next.exec(line)) {
    const [blanks, word = ""] = found;
    const at = next.lastIndex;
    const isOwn = word === programName;
    const isShell = shellWords.has(word) && /: *$/.test(line.slice(0, at));
    const unit = isOwn || isShell ? commandAt(line, at, isShell) : word;
    units.push({ blanks, unit });
    next.lastIndex = at + unit.length;
  }
  return units;
}

/** Programs of the system, and words of a shell, that hints name behind a colon. */
const shellWords = new Set(
  "cat cd chmod chown cp curl docker echo eval export icacls kubectl ls mkdir mv openssl rm set source sudo unset".split(
    " ",
  ),
);

/** What follows the name of a command when a sentence goes on. */
const proseWords = new Set(
  "acts again and are ask asks by can cannot did does first for has if in is it knows lists may must names needs or prints reads says shows takes to with without".split(
    " ",
  ),
);

const commandWord = / +((?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+|\S+)/y;

/** A command from there to its end: the end of its clause, or where a sentence goes on. */
function commandAt(line: string, start: number, isShell: boolean): string {
  const [first = ""] = /^\S+/.exec(line.slice(start)) ?? [];
  let end = start + first.length;
  while (!/[,;)]$/.test(line.slice(start, end))) {
    commandWord.lastIndex = end;
    const [, word = ""] = commandWord.exec(line) ?? [];
    if (word === "" || (!isShell && proseWords.has(word))) {
      break;
    }
    end = commandWord.lastIndex;
  }
  return line.slice(start, end);
}
