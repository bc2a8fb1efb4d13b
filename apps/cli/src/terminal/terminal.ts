import type { Outside } from "../outside.ts";
import { inOwnName, ownName } from "../grammar/program-name.ts";

/**
 * The rules of stderr, all in this file:
 *
 * - stdout is the answer and nothing else; whatever is said to a person goes to stderr, each line with the program's name
 *   before it (`tegata: `), no capital at its start, no full stop at its end;
 * - errors are `tegata: error: …`, followed by `tegata: hint: <the next command>`;
 * - colour, countdown and QR code only on a terminal; `NO_COLOR` is honoured, `FORCE_COLOR` too;
 * - text that came from outside has been through `printable` before it gets here.
 */
export interface Terminal {
  readonly programName: string;
  readonly isTerminal: boolean;
  /** What a person should know; `--quiet` hides it. */
  readonly say: (line: string) => void;
  /** What a person must know to go on; `--quiet` does not hide it. */
  readonly ask: (line: string) => void;
  /** For `--verbose`. */
  readonly log: (line: string) => void;
  readonly warn: (line: string) => void;
  readonly error: (message: string, hint: string | undefined) => void;
  /** Several lines as they are, such as a QR code. */
  readonly block: (text: string) => void;
  /** A line that replaces itself; `undefined` takes it away. Nothing happens where stderr is no terminal. */
  readonly status: (line: string | undefined) => void;
  size(): { readonly columns: number; readonly rows: number };
}

export interface Verbosity {
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** What the program calls itself; left out, `tegata`. */
  readonly programName?: string | undefined;
}

const red = "31";
const cyan = "36";
const yellow = "33";
const dim = "2";

export function createTerminal(outside: Pick<Outside, "stderr" | "env">, verbosity: Verbosity): Terminal {
  const { quiet, verbose, programName = ownName } = verbosity;
  const { stderr, env } = outside;
  const colours = wantsColour(env, stderr.isTerminal);
  const paint = (code: string, text: string) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  let statusShown = false;

  const line = (text: string) => {
    status(undefined);
    stderr.write(`${programName}: ${inOwnName(text, programName)}\n`);
  };
  const status = (text: string | undefined) => {
    if (!stderr.isTerminal || quiet || (text === undefined && !statusShown)) {
      return;
    }
    // Back to the start of the line, and erase it: it must not have wrapped, or its first part would stay.
    const shown = text === undefined ? "" : `${programName}: ${text}`.slice(0, Math.max(0, stderr.size().columns - 1));
    stderr.write(`\r\u001b[K${shown === "" ? "" : paint(dim, shown)}`);
    statusShown = text !== undefined;
  };

  return {
    programName,
    isTerminal: stderr.isTerminal,
    say: (text) => {
      if (!quiet) {
        line(text);
      }
    },
    ask: line,
    log: (text) => {
      if (verbose) {
        line(text);
      }
    },
    warn: (text) => line(`${paint(yellow, "warning")}: ${text}`),
    error: (message, hint) => {
      line(`${paint(red, "error")}: ${message}`);
      if (hint !== undefined) {
        line(`${paint(cyan, "hint")}: ${hint}`);
      }
    },
    block: (text) => {
      status(undefined);
      stderr.write(text.endsWith("\n") ? text : `${text}\n`);
    },
    status,
    size: () => stderr.size(),
  };
}

function wantsColour(env: Outside["env"], isTerminal: boolean): boolean {
  if ((env["NO_COLOR"] ?? "") !== "") {
    return false;
  }
  const force = env["FORCE_COLOR"];
  if (force !== undefined) {
    return !["0", "false"].includes(force);
  }
  return isTerminal && env["TERM"] !== "dumb";
}
