import { isTegataError, type TegataError } from "@tegata/core";

/** What may be shown of an error: of an unexpected one neither message nor cause. */
export function shownError(error: unknown): Pick<TegataError, "code" | "message" | "hint" | "nextCommand" | "details"> {
  return isTegataError(error)
    ? error
    : { code: "internal", message: `a bug: ${nameOf(error)}`, hint: bugHint, nextCommand: undefined, details: {} };
}

const bugHint = "run the command again with --verbose and report what it says";

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
