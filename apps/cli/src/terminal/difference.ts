import { shownLine, shownName } from "@tegata/core";
import type { StructuredPatch } from "diff";
import type { Paint } from "./terminal.ts";

/** One of two texts that are compared. */
export interface ComparedText {
  /** As the difference calls it: a path, mostly. */
  readonly name: string;
  readonly text: string;
}

/** Two texts with less in common are shown as one that replaces the other: finding out more would take seconds. */
const maxEdits = 4000;
/** A person reads no more before they are asked. */
const maxShownLines = 400;

/**
 * The unified difference of two texts, as `diff -u` writes it, in lines that are safe to look at: what cannot be seen is an
 * escape, and a line that is too long has no middle. Carriage returns are shown where the two do not end their lines alike.
 *
 * @returns without line ends; empty where the texts are equal
 */
export async function differenceOf(before: ComparedText, after: ComparedText): Promise<readonly string[]> {
  if (before.text === after.text) {
    return [];
  }
  const { formatPatch, OMIT_HEADERS, structuredPatch } = await import("diff");
  const endAlike = [before, after].every(({ text }) => !/(?<!\r)\n/.test(text));
  const plain = ({ text }: ComparedText) => (endAlike ? text.replaceAll("\r\n", "\n") : text);
  const patch =
    structuredPatch("", "", plain(before), plain(after), undefined, undefined, {
      context: 3,
      maxEditLength: maxEdits,
    }) ?? replacement(plain(before), plain(after));
  const hunks = formatPatch(patch, OMIT_HEADERS).replace(/\n+$/, "").split("\n");
  return [
    `--- ${shownName(before.name, 1000)}`,
    `+++ ${shownName(after.name, 1000)}`,
    ...hunks.map((line) => shownLine(line)),
  ];
}

/** Lines of a difference with their ends, in colours. */
export function paintedDifference(lines: readonly string[], paint: Paint): string {
  return lines.map((line, index) => `${painted(line, index < 2, paint)}\n`).join("");
}

/** What a person sees before they are asked: of a long difference, its beginning and how much more there is. */
export function shownDifference(lines: readonly string[], paint: Paint): string {
  const more = lines.length - maxShownLines;
  return more > 0
    ? `${paintedDifference(lines.slice(0, maxShownLines), paint)}… and ${more} more lines\n`
    : paintedDifference(lines, paint);
}

function painted(line: string, isHeading: boolean, paint: Paint): string {
  if (isHeading) {
    return paint("bold", line);
  }
  switch (line.charAt(0)) {
    case "+":
      return paint("green", line);
    case "-":
      return paint("red", line);
    case "@":
      return paint("cyan", line);
    default:
      return line;
  }
}

function replacement(before: string, after: string): StructuredPatch {
  const sides = [before, after].map((text) => text.match(/[^\n]*\n|[^\n]+$/g) ?? []);
  const [old = [], fresh = []] = sides;
  return {
    oldFileName: "",
    newFileName: "",
    oldHeader: undefined,
    newHeader: undefined,
    hunks: [
      {
        oldStart: 1,
        oldLines: old.length,
        newStart: 1,
        newLines: fresh.length,
        lines: [...marked("-", old), ...marked("+", fresh)],
      },
    ],
  };
}

function marked(sign: string, lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) =>
    line.endsWith("\n") ? [`${sign}${line.slice(0, -1)}`] : [`${sign}${line}`, "\\ No newline at end of file"],
  );
}
