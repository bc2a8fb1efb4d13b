/**
 * Characters that change how a terminal or a reader shows what stands around them: controls (C0, C1, DEL), format
 * characters (bidi marks, zero-width characters, tags), lone surrogates, line and paragraph separators.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Text from a server, a file or a variable, made safe for a terminal and for a one-line message: unprintable characters
 * become a space, runs of spaces one, and what is too long is cut.
 */
export function printable(text: string, maxLength = 300): string {
  const clean = text
    .slice(0, maxLength * 4)
    .replace(unprintable, " ")
    .replace(/ {2,}/g, " ")
    .trim();
  // The cut may go through the middle of a character outside the basic plane: no half of it stays.
  return clean.length > maxLength ? `${clean.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, "")}…` : clean;
}

/** What a server said, to stand at the end of a message of ours: printable, without the full stop of its sentence. */
export function wordsOf(text: string, maxLength?: number): string {
  return printable(text, maxLength).replace(/(?<!\.)\.$/, "");
}

/** The longest URL of a server's that is shown or asked, in characters: as long as any browser takes, and fits a QR code. */
export const maxUrlCharacters = 2048;

/** The longest token or device code of a server's, in characters: real ones have less than 10,000. */
export const maxTokenCharacters = 65_536;

/** What an error says of a text of a server's that is too long; `undefined` for one that is not. */
export function tooLong(name: string, text: string, maxCharacters: number): string | undefined {
  return text.length > maxCharacters
    ? `its ${name} has ${text.length} characters, and at most ${maxCharacters} are taken`
    : undefined;
}

/** True for text that holds something to read. Some servers write an empty text for what they do not have. */
export function saysSomething(text: unknown): text is string {
  return typeof text === "string" && printable(text) !== "";
}

/** JSON on one line that is safe to look at: every unprintable character is written as an escape. */
export function toSafeJson(value: unknown): string {
  return JSON.stringify(value).replace(unprintable, unicodeEscapes);
}

/** `\u00a0`, for each UTF-16 unit of a character. */
export function unicodeEscapes(character: string): string {
  return [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`)
    .join("");
}
