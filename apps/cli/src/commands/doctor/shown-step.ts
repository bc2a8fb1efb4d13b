import { hintInWords, inWords, printable, type ErrorCode, type Vocabulary } from "@tegata/core";
import type { DiagnosisStep } from "@tegata/engine";

/** A step in the words of the command line. */
export interface ShownStep extends Pick<DiagnosisStep, "id" | "state"> {
  /** Of several lines, where there are several problems. */
  readonly message: string;
  readonly hint: string | undefined;
  readonly code: ErrorCode | undefined;
}

/** Longer than any message of ours; what is longer came from outside. */
const maxCharacters = 2000;

/** Text of servers and files is in it: it is shown as such. */
export function shownStep({ id, state, message, hint, code }: DiagnosisStep, vocabulary: Vocabulary): ShownStep {
  const said = hint && hintInWords(hint, vocabulary);
  return { id, state, message: shownLines(inWords(message, vocabulary)), hint: said && shownLines(said), code };
}

function shownLines(text: string): string {
  return text
    .split("\n")
    .map((line) => printable(line, maxCharacters))
    .join("\n");
}

/** As `--json` has it: a member without a value is left out. */
export function stepObject({ id, state, message, hint, code }: ShownStep): Readonly<Record<string, string>> {
  return { id, state, message, ...(hint === undefined ? {} : { hint }), ...(code === undefined ? {} : { code }) };
}
