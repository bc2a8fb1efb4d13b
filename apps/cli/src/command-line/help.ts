import { existsSync } from "node:fs";
import { isatty } from "node:tty";
import { shownPath } from "@tegata/core";
import { type Command, formOf } from "../command.ts";
import { inTwoColumns, type Row } from "../terminal/two-columns.ts";
import { summaryOf } from "../terminal/vocabulary.ts";
import { lineWidth, wrap } from "../terminal/wrap.ts";
import type { CommandLineGrammar } from "./command-line-grammar.ts";
import { type DescribedFlag, mainFlagsOf, ownFlagsOf } from "./described-flags.ts";
import { overviewOf } from "./overview.ts";

type Grammar = Pick<CommandLineGrammar, "commands" | "settings" | "programName" | "settingsPath">;

/** How wide a line of help is in a file. */
const columnsOfFile = 100;
/** Longer lines are tiring to read. */
const maxColumns = 110;

/** Of a help text. Asked of a terminal only, and only for the help: Bun makes a pipe non-blocking as soon as somebody looks at its stream. */
export function columnsOfHelp(): number {
  return Math.min(
    maxColumns,
    lineWidth(isatty(1) ? process.stdout.columns || columnsOfFile : undefined) ?? columnsOfFile,
  );
}

/** Every command, in groups: what is said when no command is named. */
export function overview(
  { commands, programName, settingsPath }: Omit<Grammar, "settings">,
  columns = columnsOfHelp(),
): string {
  const file = wrap(settingsLine(settingsPath), { columns, programName });
  return `${overviewOf(commands, programName, columns)}\n${file}\n`;
}

function settingsLine(path: string | undefined): string {
  if (path === undefined) {
    return "settings file: none, because no home folder is known; name one with --config or TEGATA_CONFIG";
  }
  return `settings file: ${shownPath(path)}${existsSync(path) ? "" : " (it is not there)"}`;
}

/** The help of one command: what it does, its own flags, the settings that most people use, examples. It fits a screen of 25 lines. */
export function helpOf(
  command: Command,
  { settings, programName }: Pick<Grammar, "settings" | "programName">,
  columns = columnsOfHelp(),
): string {
  const { argument, firstWords = [], examples = [] } = command;
  const options = { columns, programName };
  const shells = argument === "shell" ? [{ label: "  SHELL", words: firstWords.join(", ") }] : [];
  const own = ownFlagsOf(command).map(rowOf);
  const main = mainFlagsOf(command, settings).map(shortRowOf);
  const shown = examples.map(({ line, what }) => ({ label: `  ${programName} ${line}`, words: what }));
  const blocks = [
    [wrap(`${programName} ${formOf(command)}`, options)],
    [wrap(summaryOf(command, programName), options)],
    inTwoColumns(shells, options),
    headed("flags:", inTwoColumns(own, options)),
    headed(wrap("settings that most people use:", options), inTwoColumns(main, options)),
    headed("examples:", inTwoColumns(shown, options)),
    [wrap(`all settings: ${programName} help settings`, options)],
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function headed(heading: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [heading, ...lines];
}

/** A flag, and the beginning of what is said of it: the page of all settings has the rest, and its default. */
function shortRowOf({ name, alias, facts }: DescribedFlag): Row {
  const description = facts.description.replace(/[:;] .*/s, "");
  return rowOf({
    name,
    alias,
    facts: { kind: facts.kind, choices: facts.choices, description, defaultText: undefined },
  });
}

/** A flag, and all that is known of it. */
export function rowOf({ name, alias, facts }: DescribedFlag): Row {
  const { description, choices, defaultText, kind, hasManyChoices } = facts;
  const isOff = kind === "boolean" && defaultText === "false";
  return {
    label: `  --${name}${alias === undefined ? "" : `, -${alias}`}`,
    words: [
      description,
      ...(choices === undefined || hasManyChoices === true ? [] : [`(${choices.join(", ")})`]),
      ...(defaultText === undefined || isOff ? [] : [`[default: ${defaultText}]`]),
    ].join(" "),
  };
}
