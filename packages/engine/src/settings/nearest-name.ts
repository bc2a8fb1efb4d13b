import { shownName } from "@tegata/core";
import { distance } from "fastest-levenshtein";

/**
 * The known name that a misspelt one most likely means: at most one letter in three differs, or the letters are the same
 * in another order. Case and the choice of `-` or `_` do not count.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  // Work grows with the product of the lengths, and the name comes from a file.
  const wanted = plain(name.slice(0, 100));
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    const plainCandidate = plain(candidate);
    // Swapped letters are the commonest slip; for Levenshtein they are two.
    const apart = letters(wanted) === letters(plainCandidate) ? 1 : distance(wanted, plainCandidate);
    const limit = Math.max(1, Math.floor(Math.max(wanted.length, plainCandidate.length) / 3));
    if (apart <= limit && apart < (best?.distance ?? Number.POSITIVE_INFINITY)) {
      best = { name: candidate, distance: apart };
    }
  }
  return best?.name;
}

/**
 * The known name that another one can only be a slip of: the same letters in another order, or one letter in six that
 * differs, at least one. Case and the choice of `-` or `_` do not count. For refusing a name, where `nearestName` only guesses.
 */
export function misspeltName(name: string, known: Iterable<string>): string | undefined {
  const wanted = plain(name);
  return [...known].find((candidate) => {
    const plainCandidate = plain(candidate);
    const slips = Math.max(1, Math.floor(plainCandidate.length / 6));
    return (
      Math.abs(wanted.length - plainCandidate.length) <= slips &&
      (letters(wanted) === letters(plainCandidate) || distance(wanted, plainCandidate) <= slips)
    );
  });
}

/** `; did you mean dev?`, or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? "" : `; did you mean ${shownName(nearest)}?`;
}

function letters(name: string): string {
  return name.split("").sort().join("");
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll("-", "_");
}
