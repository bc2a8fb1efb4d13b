import type { CliSystem } from "../cli-system.ts";
import { inWords, type Vocabulary, type Words } from "@tegata/core";
import { ownName } from "./program-name.ts";
import { vocabularyOf } from "./vocabulary.ts";
import { lineWidth, widthOf, wrap } from "./wrap.ts";

/**
 * The rules of stderr, all in this file:
 *
 * - stdout is the answer and nothing else; what is said to a person goes to stderr, each line with the program's name
 *   before it (`tegata: `), no capital at its start, no full stop at its end;
 * - errors are `tegata: error: …`, followed by `tegata: hint: <the next command>`;
 * - colour, countdown and QR code only on a terminal: see `Abilities`;
 * - on a terminal lines are broken at blanks, elsewhere not at all;
 * - text that came from outside has been through `printable` before it gets here.
 */
export interface Terminal extends Abilities {
  readonly programName: string;
  /** The words that errors, hints and lines are shown in. */
  readonly vocabulary: Vocabulary;
  readonly isTerminal: boolean;
  /** What a person should know; `--quiet` hides it. */
  readonly say: (line: string | Words) => void;
  /** What a person must know to go on; `--quiet` does not hide it. */
  readonly ask: (line: string | Words) => void;
  /** For `--verbose`. */
  readonly log: (line: string | Words) => void;
  readonly warn: (line: string | Words) => void;
  readonly error: (message: string, hint: string | undefined) => void;
  /** Several lines as they are, such as a QR code. */
  readonly block: (text: string) => void;
  /** The same text, emphasised where that can be done. */
  readonly strong: (text: string) => string;
  readonly paint: Paint;
  /**
   * A line that replaces itself: the first text that fits. `undefined` takes it away. Nothing happens where lines cannot be
   * rewritten, and while another job of the shell has the terminal.
   */
  readonly status: (texts: readonly string[] | undefined) => void;
  /** How many rows of the terminal a line takes that is said. */
  readonly rowsOf: (line: string) => number;
  size(): { readonly columns: number; readonly rows: number };
}

/** What a terminal can do besides showing one line after the other. */
interface Abilities {
  /**
   * Lines can be rewritten. Not on a dumb terminal or one without a name, not in CI, where each state would stay, and not
   * with `NO_COLOR`: then there are no escape sequences at all.
   */
  readonly rewrites: boolean;
  /** Blocks and lines of pictures can be shown: somebody looks, and characters are written in UTF-8. */
  readonly draws: boolean;
}

interface Verbosity {
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** What the program calls itself; left out, `tegata`. */
  readonly programName?: string | undefined;
  /** What was typed. */
  readonly args?: readonly string[] | undefined;
}

/** By the codes of ECMA-48, SGR. */
const colourCodes = { bold: "1", dim: "2", red: "31", green: "32", yellow: "33", cyan: "36" } as const;

/** Text in a colour; as it is, where there are no colours. */
export type Paint = (colour: keyof typeof colourCodes, text: string) => string;

type TerminalSystem = Pick<CliSystem, "stderr" | "env" | "platform">;

export function createTerminal(system: TerminalSystem, verbosity: Verbosity): Terminal {
  const { quiet, verbose, programName = ownName, args = [] } = verbosity;
  const vocabulary = vocabularyOf({ programName, args, env: system.env });
  const said = (text: string | Words) => inWords(text, vocabulary);
  const { stderr } = system;
  const { rewrites, draws } = abilitiesOf(system);
  const paint = paintOn(stderr, system);
  const isForeground = () => stderr.isForeground?.() !== false;
  /** How many columns the line takes that replaces itself; 0 when there is none. */
  let statusWidth = 0;

  const columns = () => lineWidth(stderr.isTerminal ? stderr.size().columns : undefined);
  const laidOut = (text: string) => wrap(`${programName}: ${text}`, { columns: columns(), programName });
  const line = (text: string | Words) => {
    status(undefined);
    stderr.write(`${laidOut(said(text))}\n`);
  };
  const eraseStatus = () => {
    // A window that has become narrower carries the line over to further rows.
    const rowsAbove = Math.ceil(statusWidth / stderr.size().columns) - 1;
    const up = rowsAbove > 0 ? `\u001b[${rowsAbove}A\u001b[J` : "\u001b[K";
    statusWidth = 0;
    return `\r${up}`;
  };
  const status: Terminal["status"] = (texts) => {
    if (!rewrites || quiet || (texts === undefined && statusWidth === 0)) {
      return;
    }
    if (!isForeground()) {
      // The line is somebody else's by now.
      statusWidth = 0;
      return;
    }
    const last = texts?.at(-1);
    const candidates = [
      ...(texts ?? []).map((text) => `${programName}: ${text}`),
      ...(last === undefined ? [] : [last]),
    ];
    const shown = candidates.find((text) => widthOf(text) < stderr.size().columns) ?? "";
    stderr.write(`${eraseStatus()}${shown === "" ? "" : paint("dim", shown)}`);
    statusWidth = widthOf(shown);
  };

  return {
    programName,
    vocabulary,
    isTerminal: stderr.isTerminal,
    rewrites,
    draws,
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
    warn: (text) => line(`${paint("yellow", "warning")}: ${said(text)}`),
    error: (message, hint) => {
      line(`${paint("red", "error")}: ${message}`);
      if (hint !== undefined) {
        line(`${paint("cyan", "hint")}: ${hint}`);
      }
    },
    block: (text) => {
      status(undefined);
      stderr.write(text.endsWith("\n") ? text : `${text}\n`);
    },
    strong: (text) => paint("bold", text),
    paint,
    status,
    rowsOf: (text) =>
      laidOut(text)
        .split("\n")
        .reduce((rows, each) => rows + Math.max(1, Math.ceil(widthOf(each) / stderr.size().columns)), 0),
    size: () => stderr.size(),
  };
}

function abilitiesOf(system: TerminalSystem): Abilities {
  const { stderr, env } = system;
  const rewrites = isAbleTerminal(stderr, system) && !isSet("NO_COLOR", env);
  return { rewrites, draws: drawsOn(stderr, system) };
}

/** Whether characters besides letters are understood on a stream: marks, lines, blocks. */
export function drawsOn(
  stream: { readonly isTerminal: boolean },
  system: Pick<TerminalSystem, "env" | "platform">,
): boolean {
  return isAbleTerminal(stream, system) && writesUtf8(system.env);
}

/** How text is coloured on a stream: on a terminal that can, unless a variable says otherwise. */
export function paintOn(
  stream: { readonly isTerminal: boolean },
  system: Pick<TerminalSystem, "env" | "platform">,
): Paint {
  const { env } = system;
  const force = env["FORCE_COLOR"];
  const hasColours = isSet("NO_COLOR", env)
    ? false
    : force === undefined
      ? isAbleTerminal(stream, system)
      : !["0", "false"].includes(force);
  return (colour, text) => (hasColours ? `\u001b[${colourCodes[colour]}m${text}\u001b[0m` : text);
}

function isAbleTerminal(
  { isTerminal }: { readonly isTerminal: boolean },
  { env, platform }: Pick<TerminalSystem, "env" | "platform">,
): boolean {
  const inCi = isSet("CI", env) && !["0", "false"].includes(env["CI"] ?? "");
  // A console of Windows has no name.
  const isDumb = env["TERM"] === "dumb" || (!isSet("TERM", env) && platform !== "win32");
  return isTerminal && !isDumb && !inCi;
}

function isSet(name: string, env: TerminalSystem["env"]): boolean {
  return (env[name] ?? "") !== "";
}

/** By the first of the variables of POSIX that says it. Where none does, a terminal of today has UTF-8. */
function writesUtf8(env: CliSystem["env"]): boolean {
  const locale = ["LC_ALL", "LC_CTYPE", "LANG"].map((name) => env[name] ?? "").find((value) => value !== "");
  return locale === undefined || /utf-?8/i.test(locale);
}
