import { basename } from "node:path";
import { split } from "shlex";

/** One command of `BROWSER`. */
interface BrowserCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** Shows pages in the terminal, and needs it for itself. */
  readonly isTextBrowser: boolean;
}

export interface BrowserVariableOptions {
  readonly platform: NodeJS.Platform;
  /** Whether a path names a file: then its blanks and quotes are part of its name. */
  readonly isFile: (path: string) => boolean;
}

/** `www-browser` is Debian's name for the text browser of the machine; `x-www-browser` is for the other kind. */
const textBrowsers = new Set("www-browser lynx w3m links links2 elinks browsh chawan cha netrik retawq".split(" "));

/**
 * The commands in `BROWSER`, in the order in which they are tried:
 *
 * - they are separated by `:`, by `;` on Windows; one in quotes or behind a backslash is part of a word;
 * - words are split as a POSIX shell does; a path of a file that is there may have blanks as it is;
 * - `%s` stands for the URL, which is the last word where there is none; `%c` is a colon and `%%` a percent sign;
 * - `&` at the end says what holds for every command: it runs in the background.
 *
 * The URL is put into words that have been split before, so that nothing in it is read as more than a part of a word. It is
 * never put into the name of the program.
 *
 * @throws Error whose message says what is wrong with the value
 * @see http://www.catb.org/~esr/BROWSER/ and Python's `webbrowser`
 */
export function browserCommands(value: string, url: string, facts: BrowserVariableOptions): readonly BrowserCommand[] {
  const [first = "", ...rest] = value.split(facts.platform === "win32" ? ";" : ":");
  const commands: BrowserCommand[] = [];
  let piece = first;
  for (const next of [...rest, undefined]) {
    const words = wordsOf(piece.trim(), facts);
    if (words === undefined && next !== undefined) {
      // The quotes end behind this colon.
      piece = `${piece}:${next}`;
      continue;
    }
    if (words === undefined) {
      throw new Error("BROWSER ends within quotes or behind a backslash");
    }
    const command = commandOf(words, url);
    commands.push(...(command === undefined ? [] : [command]));
    piece = next ?? "";
  }
  return commands;
}

/** `undefined` for text that ends within quotes or behind a backslash. */
function wordsOf(text: string, { platform, isFile }: BrowserVariableOptions): readonly string[] | undefined {
  if (isFile(text)) {
    return [text.replaceAll("%", "%%")];
  }
  try {
    return split(platform === "win32" ? text.replaceAll("\\", "\\\\") : text);
  } catch {
    return undefined;
  }
}

const placeholder = /%[sc%]/g;

function commandOf(words: readonly string[], url: string): BrowserCommand | undefined {
  const [program, ...further] = words.at(-1) === "&" ? words.slice(0, -1) : words;
  if (program === undefined) {
    return undefined;
  }
  const meanings: Readonly<Record<string, string>> = { "%s": url, "%c": ":", "%%": "%" };
  const filled = (word: string) => word.replace(placeholder, (found) => meanings[found] ?? found);
  const names = (word: string) => word.match(placeholder)?.includes("%s") === true;
  const args = further.some(names) ? further : [...further, "%s"];
  const name = program.replace(placeholder, (found) => (found === "%s" ? found : (meanings[found] ?? found)));
  return { program: name, args: args.map(filled), isTextBrowser: textBrowsers.has(basename(name)) };
}
