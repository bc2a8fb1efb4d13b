import { holdsUnseen, printable, shells, unicodeEscapes } from "@tegata/core";

/** A word that can stand next. */
export interface Candidate {
  readonly word: string;
  /** One line that says what it is. */
  readonly description?: string | undefined;
}

/** What has been typed, as the shell's script gives it. */
export interface TypedLine {
  /** Behind the program's name, raw: with the quotes and escapes that a person has typed. The last one is being typed. */
  readonly words: readonly string[];
  /** The last word, without quotes: what a candidate has to begin with. */
  readonly beginning: string;
  /** The quote that is open in it. */
  readonly openQuote: "'" | '"' | undefined;
  /** How many characters of `beginning` stay as they are, because the shell replaces only what is behind them. */
  readonly kept: number;
}

/** Longer ones are cut: they stand beside a word, in a list. */
const maxDescriptionCharacters = 120;

/** The shells with completions. */
export const candidateShells = ["bash", "zsh", "fish", "powershell"] as const;
export type CandidateShell = (typeof candidateShells)[number];

/**
 * The words of a line as a shell's script gives them. bash makes words of its own at `=`, `:` and `@`, and replaces only the
 * last of them: its script gives the whole line first, by which they are put together again.
 */
export function typedLine(given: readonly string[], shell: CandidateShell): TypedLine {
  const [line = "", ...pieces] = given;
  if (shell !== "bash") {
    const last = shell === "powershell" ? (given.at(-1) ?? "").trim() : (given.at(-1) ?? "");
    return { words: [...given.slice(0, -1), last], kept: 0, ...withoutQuotes(last, shell) };
  }
  const words: string[] = [];
  let rest = line;
  for (const piece of pieces.toReversed()) {
    const isGlued = words.length > 0 && !/\s$/.test(rest);
    const before = words.length === 0 ? rest : rest.trimEnd();
    rest = before.endsWith(piece) ? before.slice(0, before.length - piece.length) : " ";
    if (isGlued) {
      words[0] = piece + words[0];
    } else {
      words.unshift(piece);
    }
  }
  const last = words.at(-1) ?? "";
  const { beginning, openQuote } = withoutQuotes(last, shell);
  const replaced = pieces.at(-1) ?? "";
  // Where the last piece is a separator itself, nothing behind it has been typed.
  const behind = /^[=:@]+$/.test(replaced) ? 0 : withoutQuotes(replaced, shell).beginning.length;
  return {
    words,
    beginning,
    openQuote,
    kept: last === replaced ? (behind === 0 ? beginning.length : 0) : beginning.length - behind,
  };
}

/** What a script reads: a line for each candidate that goes on from what has been typed. */
export function candidateLines(
  candidates: readonly Candidate[],
  { beginning, openQuote, kept }: Omit<TypedLine, "words">,
  shell: CandidateShell,
): string {
  const fitting = candidates.filter(({ word }) => !holdsUnseen(word) && word !== "");
  // zsh and fish choose themselves, by rules that a person can set, and quote what they insert.
  const chosen =
    shell === "zsh" || shell === "fish" ? fitting : fitting.filter(({ word }) => word.startsWith(beginning));
  return chosen
    .flatMap(({ word, description = "" }) => {
      const about = printable(description, maxDescriptionCharacters);
      switch (shell) {
        case "bash":
          return inBash(word.slice(kept), openQuote);
        case "zsh":
        case "fish":
          return [about === "" ? word : `${word}\t${about}`];
        case "powershell":
          return [[shells.powershell.dialect.word(word), word, about === "" ? word : about].map(inAscii).join("\t")];
      }
    })
    .map((line) => `${line}\n`)
    .join("");
}

/** readline closes a quote that is open. */
function inBash(text: string, openQuote: TypedLine["openQuote"]): readonly string[] {
  switch (openQuote) {
    case undefined:
      return [text === "" ? text : shells.bash.dialect.word(text)];
    case "'":
      return [text.replaceAll("'", String.raw`'\''`)];
    case '"':
      // Nothing takes its meaning from an exclamation mark in there.
      return text.includes("!") ? [] : [text.replace(/["\\$`]/g, String.raw`\$&`)];
  }
}

/** PowerShell reads what a program writes in the encoding of the console, which can be any; its script undoes this. */
function inAscii(text: string): string {
  return text.replaceAll("\\", String.raw`\\`).replace(/[^\u0020-\u007e]/gu, unicodeEscapes);
}

function withoutQuotes(word: string, shell: CandidateShell): Pick<TypedLine, "beginning" | "openQuote"> {
  const escape = shell === "powershell" ? "`" : "\\";
  let beginning = "";
  let openQuote: TypedLine["openQuote"];
  for (let at = 0; at < word.length; at += 1) {
    const character = word.charAt(at);
    if (character === escape && openQuote !== "'") {
      at += 1;
      beginning += word.charAt(at);
    } else if (character === openQuote) {
      openQuote = undefined;
    } else if (openQuote === undefined && (character === "'" || character === '"')) {
      openQuote = character;
    } else {
      beginning += character;
    }
  }
  return { beginning, openQuote };
}
