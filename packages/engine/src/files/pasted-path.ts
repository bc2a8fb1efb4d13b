import { holdsUnseen } from "@tegata/core";

/** A path or another word as one word of a POSIX shell, for a hint that can be pasted; in escapes where it cannot be seen. */
export function shellPath(path: string): string {
  if (/^[\w@%+=:,./-]+$/.test(path)) {
    return path;
  }
  return holdsUnseen(path) ? `$'${octalEscapes(path)}'` : `'${path.replaceAll("'", `'\\''`)}'`;
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

/** A pasteable way out where a folder cannot be used: an empty one, for this shell. */
export function ownFolderHint(variable: string): string {
  return `name a folder of your own: export ${variable}="$(mktemp -d)"`;
}
