import type { ShellName } from "@tegata/core";
import { shellPath } from "@tegata/engine";

/**
 * A word of a person's own, as one word of the shell that it is to be pasted into. Shells without a rule of their own here
 * quote as POSIX does.
 */
export function shellWord(word: string, shell: ShellName | undefined): string {
  if (/^[\w@+=:,./-]+$/.test(word)) {
    return word;
  }
  switch (shell) {
    case "fish":
      return `'${word.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
    case "powershell":
    case "elvish":
      return `'${word.replaceAll("'", "''")}'`;
    case "cmd":
      return `"${word.replaceAll('"', '""')}"`;
    case "csh":
    case "tcsh":
      return `'${word.replaceAll("'", `'\\''`).replaceAll("!", String.raw`\!`)}'`;
    case "nushell":
    case "xonsh":
      return JSON.stringify(word);
    case "sh":
    case "bash":
    case "zsh":
    case "ksh":
    case undefined:
      return shellPath(word);
  }
}
