import type { Outside } from "../outside.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { lineWidth, wrap } from "../terminal/wrap.ts";

export interface Page {
  readonly text: string;
  /** Columns before what is left of a line that had to be broken. */
  readonly hanging: number;
}

/** Writes what a person reads to stdout: as wide as the terminal, or, where it is none, each line as one. */
export async function writePages(
  pages: readonly Page[],
  { outside, terminal }: { readonly outside: Outside; readonly terminal: Terminal },
): Promise<void> {
  const columns = lineWidth(outside.stdoutColumns());
  const { programName } = terminal;
  await outside.writeStdout(pages.map(({ text, hanging }) => wrap(text, { columns, hanging, programName })).join(""));
}
