/**
 * Splits words as a POSIX shell does, with quotes and backslashes, by the rules of Python's `shlex.split`.
 *
 * @returns `undefined` for a quote that is not closed
 */
export function shellWordsOf(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (quote !== "") {
      if (character === quote) {
        quote = "";
        continue;
      }
      const next = text.charAt(index + 1);
      const isEscape = character === "\\" && quote === '"' && (next === '"' || next === "\\");
      word = `${word ?? ""}${isEscape ? next : character}`;
      index += isEscape ? 1 : 0;
    } else if (/[ \t\r\n]/.test(character)) {
      if (word !== undefined) {
        words.push(word);
        word = undefined;
      }
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= "";
    } else if (character === "\\") {
      index += 1;
      if (index === text.length) {
        return undefined;
      }
      word = `${word ?? ""}${text.charAt(index)}`;
    } else {
      word = `${word ?? ""}${character}`;
    }
  }
  if (quote !== "") {
    return undefined;
  }
  return word === undefined ? words : [...words, word];
}
