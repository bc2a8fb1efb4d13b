/** What a pattern is made of: a character, `*` (any run, the empty one too) or `?` (exactly one character). */
export type PatternToken = { readonly character: string } | "any" | "one";

/** A text of a policy as a pattern: `*` and `?` stand for what they stand for in IAM, each character is a code point. */
export function patternOf(text: string): readonly PatternToken[] {
  return Array.from(text, (character) => (character === "*" ? "any" : character === "?" ? "one" : { character }));
}

/** A text that stands for itself. */
export function literalPattern(text: string): readonly PatternToken[] {
  return Array.from(text, (character) => ({ character }));
}

/** True when the pattern has `*` or `?`. */
export function hasWildcard(pattern: readonly PatternToken[]): boolean {
  return pattern.some((token) => typeof token === "string");
}

/**
 * True when the whole value fits the pattern; `*` takes `/` and `:` too.
 *
 * Every piece between two `*` is looked for once, from left to right, and never again: the first place where it stands leaves most
 * for the pieces behind. Each is found by bits (the Shift-And algorithm), 32 tokens of the pattern at a time, so that the time
 * grows with the value's length however many `*` there are.
 */
export function matchesPattern(value: string, pattern: readonly PatternToken[]): boolean {
  const characters = Array.from(value);
  const [first = [], ...others] = piecesOf(pattern);
  const last = others.pop();
  if (last === undefined) {
    return first.length === characters.length && standsAt(characters, 0, first);
  }
  const end = characters.length - last.length;
  if (end < first.length || !standsAt(characters, 0, first) || !standsAt(characters, end, last)) {
    return false;
  }
  let position = first.length;
  for (const piece of others) {
    const found = findPiece(characters, position, end, piece);
    if (found === undefined) {
      return false;
    }
    position = found;
  }
  return true;
}

type PieceToken = Exclude<PatternToken, "any">;

/** What stands between the `*`s: one piece more than there are of them. */
function piecesOf(pattern: readonly PatternToken[]): PieceToken[][] {
  let piece: PieceToken[] = [];
  const pieces = [piece];
  for (const token of pattern) {
    if (token === "any") {
      piece = [];
      pieces.push(piece);
    } else {
      piece.push(token);
    }
  }
  return pieces;
}

function standsAt(characters: readonly string[], start: number, piece: readonly PieceToken[]): boolean {
  return piece.every((token, index) => token === "one" || token.character === characters[start + index]);
}

/** The index behind the first place of the piece between `start` and `end`. */
function findPiece(
  characters: readonly string[],
  start: number,
  end: number,
  piece: readonly PieceToken[],
): number | undefined {
  if (piece.length === 0) {
    return start;
  }
  if (end - start < piece.length) {
    return undefined;
  }
  const { ofOthers, ofCharacters } = masksOf(piece);
  const state = new Int32Array(ofOthers.length);
  const lastBit = 1 << ((piece.length - 1) & 31);
  for (let index = start; index < end; index += 1) {
    const mask = ofCharacters.get(characters[index] ?? "") ?? ofOthers;
    let carry = 1;
    for (let word = 0; word < state.length; word += 1) {
      const before = state[word] ?? 0;
      state[word] = ((before << 1) | carry) & (mask[word] ?? 0);
      carry = before >>> 31;
    }
    if (((state[state.length - 1] ?? 0) & lastBit) !== 0) {
      return index + 1;
    }
  }
  return undefined;
}

/** Of each character, the places of the piece that it may take: a bit for each. */
function masksOf(piece: readonly PieceToken[]): {
  readonly ofOthers: Int32Array;
  readonly ofCharacters: ReadonlyMap<string, Int32Array>;
} {
  const length = Math.ceil(piece.length / 32);
  const ofOthers = new Int32Array(length);
  for (const [index, token] of piece.entries()) {
    if (token === "one") {
      setBit(ofOthers, index);
    }
  }
  const ofCharacters = new Map<string, Int32Array>();
  for (const [index, token] of piece.entries()) {
    if (token !== "one") {
      const mask = ofCharacters.get(token.character) ?? ofOthers.slice();
      setBit(mask, index);
      ofCharacters.set(token.character, mask);
    }
  }
  return { ofOthers, ofCharacters };
}

function setBit(mask: Int32Array, index: number): void {
  mask[index >>> 5] = (mask[index >>> 5] ?? 0) | (1 << (index & 31));
}
