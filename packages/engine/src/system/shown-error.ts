import {
  again,
  type ErrorCode,
  hint,
  hintInWords,
  inWords,
  isTegataError,
  setting,
  type TegataError,
  type Vocabulary,
  wordingOf,
  type Wording,
} from "@tegata/core";

/** An error in the words of one surface. */
export interface ShownError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
  readonly details: TegataError["details"];
}

/** What may be said of an error: of an unexpected one neither message nor cause. */
export function saidOfError(error: unknown): Wording & Pick<ShownError, "code" | "details"> {
  if (isTegataError(error)) {
    const { code, details } = error;
    return { ...wordingOf(error), code, details };
  }
  return { code: "internal", message: [`a bug: ${nameOf(error)}`], hint: [bugHint], details: {} };
}

/** What is shown of an error, in the words of the surface that shows it. */
export function shownError(error: unknown, vocabulary: Vocabulary): ShownError {
  const { code, message, hint: clauses, details } = saidOfError(error);
  return {
    code,
    message: inWords(message, vocabulary),
    hint: clauses && hintInWords(clauses, vocabulary),
    details,
  };
}

const bugHint = hint`${again} with ${setting("verbose", true)} and report what it says`;
function nameOf(error: unknown): string {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? ` ${error.code}` : "";
  return error instanceof Error ? `${error.name}${code}` : typeof error;
}

/** Only the frames: the first lines of a stack repeat the message. */
export function stackFrames(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  return stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim());
}
