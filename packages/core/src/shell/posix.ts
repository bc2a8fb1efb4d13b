import { holdsUnseen } from "../base/shown-value.ts";
import { statementDialect } from "./shell-dialect.ts";

/**
 * A statement that sets a variable in sh, bash, dash, zsh and ksh. Nothing is special between single quotes except their
 * end: no matter what the value holds, loading it runs nothing. A NUL is the caller's to refuse.
 *
 * It ends with `;`, because an unquoted `eval $(…)` turns the line breaks between statements into spaces.
 */
function posixSet(name: string, value: string): string {
  return `export ${name}=${quoted(value)};`;
}

/** A statement that unsets a variable in sh, bash, dash, zsh and ksh. It ends with `;`. */
function posixUnset(name: string): string {
  return `unset ${name};`;
}

/** A text as one word of sh, bash, dash, zsh and ksh, for a hint to paste; in escapes where it cannot be seen. */
export function posixWord(text: string): string {
  // At the start of a word zsh makes the path of a program of `=`.
  if (/^(?!=)[\w@%+=:,./-]+$/.test(text)) {
    return text;
  }
  return holdsUnseen(text) ? `$'${octalEscapes(text)}'` : quoted(text);
}

/** sh, bash, dash, zsh, ksh. */
export const posix = statementDialect({ set: posixSet, unset: posixUnset, failure: "false", word: posixWord });

/** A statement that fails: `eval "$(…)" && deploy` must not deploy when the program that prints statements has failed. */
export const posixFailure: string = posix.failure;

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Every shell with `$'…'` knows these, in every locale. */
function octalEscapes(word: string): string {
  return [...new TextEncoder().encode(word)]
    .map((byte) =>
      byte > 0x1f && byte < 0x7f && byte !== 0x27 && byte !== 0x5c
        ? String.fromCharCode(byte)
        : `\\${byte.toString(8).padStart(3, "0")}`,
    )
    .join("");
}
