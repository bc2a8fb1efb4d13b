import { printable } from "@tegata/core";

/** A shorter part of a secret is none: it is as likely a word. A secret that is shorter as a whole is one. */
const partCharacters = 12;
const tokenLike = /\beyJ[\w-]{10,}(?:\.[\w-]*){1,4}/g;

/**
 * Makes text of a program fit to be shown: printable, and without anything of the secrets that the program was given, not
 * even a part of one, nor anything that looks like a JSON Web Token.
 */
export function createSecretHider(secrets: readonly string[]): (text: string, maxCharacters?: number) => string {
  const parts = new Set<string>();
  const short = secrets.filter((secret) => secret !== "" && secret.length < partCharacters);
  for (const secret of secrets) {
    for (let at = 0; at + partCharacters <= secret.length; at += 1) {
      parts.add(secret.slice(at, at + partCharacters));
    }
  }
  return (text, maxCharacters = 300) => {
    // As much as will be shown at most: the pattern takes time by the square of what it is given.
    const start = text.slice(0, maxCharacters * 4).replace(tokenLike, "…");
    const shown = short.reduce((rest, secret) => rest.replaceAll(secret, "…"), start);
    return printable(withoutParts(shown, parts), maxCharacters);
  };
}

function withoutParts(text: string, parts: ReadonlySet<string>): string {
  let shown = "";
  let from = 0;
  let secretUntil = -1;
  for (let at = 0; at < text.length; at += 1) {
    if (parts.has(text.slice(at, at + partCharacters))) {
      if (at > secretUntil) {
        shown += `${text.slice(from, at)}…`;
      }
      secretUntil = at + partCharacters;
      from = secretUntil;
    }
  }
  return shown + text.slice(from);
}
