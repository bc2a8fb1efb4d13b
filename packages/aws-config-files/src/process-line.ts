import { firstUnseen, posixWord } from "@tegata/core";

/** What a line of `credential_process` says, and whom it does not reach. */
export type ProcessLine =
  | { readonly kind: "line"; readonly line: string; readonly isQuotedPath: boolean }
  /** `words`: what would have to be quoted at once. */
  | { readonly kind: "impossible"; readonly words: readonly string[] };

/**
 * A command and its words as a line of `credential_process`, so that every client starts it: some hand the line to a shell, others take
 * it apart by themselves, and all cut a value at ` #` or ` ;` but the AWS CLI.
 *
 * On Windows `cmd /c` takes the first and the last quote of a line away, so at most one word can be in quotes; and the SDK for Go
 * does not start a program whose path is. On other systems a shell's quotes are read alike by all.
 *
 * @param platform `process.platform`
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
export function processLine(words: readonly string[], platform: string): ProcessLine {
  const impossible = words.filter((word) => !isPossible(word));
  if (impossible.length > 0) {
    return { kind: "impossible", words: impossible };
  }
  if (platform !== "win32") {
    return { kind: "line", line: words.map(posixWord).join(" "), isQuotedPath: false };
  }
  const quoted = words.filter((word) => !isPlain(word));
  // `cmd` replaces a variable within quotes, too, and a backslash before the quote would make it a part of the word.
  const unquotable = quoted.filter((word) => /[%!"]|\\$/.test(word));
  if (quoted.length > 1 || unquotable.length > 0) {
    return { kind: "impossible", words: quoted.length > 1 ? quoted : unquotable };
  }
  const line = words.map((word) => (isPlain(word) ? word : `"${word}"`)).join(" ");
  return { kind: "line", line, isQuotedPath: quoted[0] === words[0] && quoted.length > 0 };
}

/** For `cmd.exe` without quotes. */
function isPlain(word: string): boolean {
  return /^[^\s&|<>^()%!,;='`@"]+$/.test(word);
}

/** Nothing that cannot be seen, and nothing that some take for a comment. */
function isPossible(word: string): boolean {
  return word !== "" && firstUnseen(word) === undefined && !/(?:^|\s)[#;]/.test(word);
}
