import type { CliSystem } from "../cli-system.ts";
import type { Terminal } from "./terminal.ts";
import { inTwoColumns, type Row } from "./two-columns.ts";
import { lineWidth, wrap } from "./wrap.ts";

interface Page {
  readonly text: string;
  /** Columns before what is left of a line that had to be broken. */
  readonly hanging: number;
}

/** Writes what a person reads to stdout: as wide as the terminal, or, where it is none, each line as one. */
export async function writePages(
  pages: readonly Page[],
  { system, terminal }: { readonly system: CliSystem; readonly terminal: Terminal },
): Promise<void> {
  const columns = lineWidth(system.stdoutColumns());
  const { programName } = terminal;
  await system.writeStdout(pages.map(({ text, hanging }) => wrap(text, { columns, hanging, programName })).join(""));
}

/** What is said of several names, under a heading. */
export interface Section {
  readonly heading: string;
  readonly rows: readonly Row[];
}

/** Writes sections to stdout, as `writePages` does; what is said of the names begins in one column for all of them. */
export async function writeSections(
  sections: readonly Section[],
  { system, terminal }: { readonly system: CliSystem; readonly terminal: Terminal },
): Promise<void> {
  const columns = lineWidth(system.stdoutColumns());
  const { programName } = terminal;
  const lines = inTwoColumns(
    sections.flatMap(({ rows }) => rows),
    { columns, programName },
  );
  let next = 0;
  const texts = sections.map(({ heading, rows }) => {
    const own = lines.slice(next, (next += rows.length));
    return [wrap(heading, { columns, programName }), ...own].map((line) => `${line}\n`).join("");
  });
  await system.writeStdout(texts.join("\n"));
}
