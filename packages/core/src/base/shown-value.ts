import { unicodeEscapes } from "./foreign-text.ts";

/**
 * What nobody can see, or tell from a blank: what `printable` takes out; every blank but the usual one (no-break,
 * ideographic); what may be shown as nothing (Hangul fillers, variation selectors, the Braille pattern without dots); private
 * use; a mark that would sit on the quote before it.
 */
const unseen =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}|(?<=^"?)\p{M}/gu;

/** Of a text that is cut: a carriage return or a blank at its end is what a person looks for. */
const tailCharacters = 16;

/**
 * A value of a person, a file or a server as an error shows it: text as JSON, so that what cannot be seen is an escape
 * (`"dev\r"`) and blanks at the ends stand within quotes; anything else with its kind (`the number 5`, `the time 01:00:00`,
 * `a list`), which the text alone would not tell. Never a class name, never the members of a list or a table.
 *
 * @param maxLength of a text, in UTF-16 units, before it is escaped: of a longer one the middle is left out
 */
export function shownValue(value: unknown, maxLength = 120): string {
  if (typeof value === "string") {
    return escaped(JSON.stringify(shortened(value, maxLength)));
  }
  if (typeof value === "number") {
    return `the number ${Number.isFinite(value) ? value : String(value).replace("Infinity", "inf").replace("NaN", "nan")}`;
  }
  if (typeof value === "bigint") {
    return `the number ${value}`;
  }
  if (typeof value === "boolean") {
    return `the boolean ${value}`;
  }
  if (value instanceof Date) {
    return shownDate(value);
  }
  if (value === undefined || value === null) {
    return value === null ? "null" : "nothing";
  }
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "a table" : `a ${typeof value}`;
}

/** A name in a list or in the middle of a sentence: as it is, and in quotes where that would mislead. */
export function shownName(name: string, maxLength = 80): string {
  const isPlain = name.length <= maxLength && /^[^\s"'`,;]+( [^\s"'`,;]+)*$/.test(name) && escaped(name) === name;
  return isPlain ? name : shownValue(name, maxLength);
}

/** A path in a message: as it is, and in quotes where it holds what cannot be seen. */
export function shownPath(path: string): string {
  return path === "" || path.length > 1000 || path.trim() !== path || escaped(path) !== path
    ? shownValue(path, 1000)
    : path;
}

/**
 * A line of a file as it is, to be looked at beside others: its blanks stay, and what cannot be seen is an escape. Of a tab a reader
 * knows.
 *
 * @param maxLength in UTF-16 units, before it is escaped: of a longer one the middle is left out
 */
export function shownLine(line: string, maxLength = 1000): string {
  return shortened(line, maxLength).replace(unseen, (found) => (found === "\t" ? found : unicodeEscapes(found)));
}

/** True for text that holds something that cannot be seen. */
export function holdsUnseen(text: string): boolean {
  return escaped(text) !== text;
}

/** `undefined` when there is none: the first of what cannot be seen, as an escape. */
export function firstUnseen(text: string): string | undefined {
  const [found] = text.match(unseen) ?? [];
  return found === undefined ? undefined : escaped(found);
}

/** The text with something else for each character that cannot be seen. */
export function replaceUnseen(text: string, replacement: string): string {
  return text.replace(unseen, replacement);
}

function escaped(text: string): string {
  return text.replace(unseen, unicodeEscapes);
}

function shortened(text: string, maxLength: number): string {
  if (text.length <= maxLength) {
    return text;
  }
  const tail = Math.min(tailCharacters, Math.floor(maxLength / 4));
  // No half of a character outside the basic plane stays.
  const head = text.slice(0, maxLength - tail - 1).replace(/[\uD800-\uDBFF]$/, "");
  return `${head}…${text.slice(text.length - tail).replace(/^[\uDC00-\uDFFF]/, "")}`;
}

/** TOML's own kinds of date are told apart by their text: a parser's class may write itself as any of them. */
function shownDate(date: Date): string {
  if (Number.isNaN(date.getTime())) {
    return "a date that there is not";
  }
  const text = date.toISOString().replace(/\.000(?!\d)/, "");
  return `the ${/^\d\d:/.test(text) ? "time" : text.includes("T") ? "date and time" : "date"} ${text}`;
}
