import { existsSync } from "node:fs";
import { isatty } from "node:tty";
import { type Example, shownPath } from "@tegata/core";
import { type Command, formOf } from "../command.ts";
import { inTwoColumns, type Row } from "../terminal/two-columns.ts";
import { summaryOf } from "../terminal/vocabulary.ts";
import { lineWidth, wrap } from "../terminal/wrap.ts";
import type { CommandLineGrammar } from "./command-line-grammar.ts";
import { type DescribedFlag, mainFlagsOf, ownFlagsOf, settingFlagsOf } from "./described-flags.ts";
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

/** A screen as most terminals begin with, and its last column stays free. */
const screen = { columns: 79, lines: 25 };

/**
 * The help of one command: what it does, its own flags, the settings that most people use, examples. It fits a screen of 25 lines: of
 * more flags than that, the last ones and the settings are named, and `help COMMAND flags` explains them.
 */
export function helpOf(
  command: Command,
  grammar: Pick<Grammar, "settings" | "programName">,
  columns = columnsOfHelp(),
): string {
  const count = Object.keys(command.flags).length;
  // Of narrower and of wider windows, it is the same.
  const fitting = Array.from({ length: count + 1 }, (_, index) => count - index).find(
    (explained) => withFlags(explained, command, grammar, screen.columns).split("\n").length - 1 <= screen.lines,
  );
  return withFlags(fitting ?? 0, command, grammar, columns);
}

/** @param explained how many of its own flags are explained */
function withFlags(
  explained: number,
  command: Command,
  { settings, programName }: Pick<Grammar, "settings" | "programName">,
  columns: number,
): string {
  const { argument, firstWords = [], examples = [], note } = command;
  const options = { columns, programName };
  const shells = argument === "shell" ? [{ label: "  SHELL", words: firstWords.join(", ") }] : [];
  const own = ownFlagsOf(command);
  const main = mainFlagsOf(command, settings);
  const isWhole = explained === own.length;
  const others = (isWhole ? [] : [...own.slice(explained), ...main]).map(({ name }) => `--${name}`);
  const named = others.length === 0 ? [] : [wrap(`  also ${others.join(", ")}`, { ...options, hanging: 4 })];
  const all = isWhole ? "" : `all flags: ${programName} help ${command.name} flags; `;
  const blocks = [
    [wrap(`${programName} ${formOf(command)}`, options)],
    [wrap(summaryOf(command, programName), options)],
    note === undefined ? [] : [wrap(note(programName), options)],
    inTwoColumns(shells, options),
    headed("flags:", [...inTwoColumns(own.slice(0, explained).map(rowOf), options), ...named]),
    headed(wrap("settings that most people use:", options), isWhole ? inTwoColumns(main.map(shortRowOf), options) : []),
    headed("examples:", examplesIn(examples, options)),
    [wrap(`${all}all settings: ${programName} help settings`, options)],
  ];
  return pageOf(blocks);
}

/** Every flag of one command, and every setting that it takes. */
export function flagsOf(
  command: Command,
  { settings, programName }: Pick<Grammar, "settings" | "programName">,
  columns = columnsOfHelp(),
): string {
  const options = { columns, programName };
  return pageOf([
    [wrap(`${programName} ${formOf(command)}`, options)],
    headed("flags:", inTwoColumns(ownFlagsOf(command).map(rowOf), options)),
    headed("settings:", inTwoColumns(settingFlagsOf(command, settings).map(rowOf), options)),
  ]);
}

function pageOf(blocks: readonly (readonly string[])[]): string {
  const texts = blocks.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return `${texts.join("\n\n")}\n`;
}

/** What an example does stands beside it, or below it where one line of all is too long for that. */
function examplesIn(
  examples: readonly Example[],
  { columns, programName }: { readonly columns: number; readonly programName: string },
): readonly string[] {
  const rows = examples.map(({ line, what }) => ({ label: `  ${programName} ${line}`, words: what }));
  const beside = inTwoColumns(rows, { columns, programName });
  return beside.every((text) => !text.includes("\n"))
    ? beside
    : rows.flatMap(({ label, words }) => [
        wrap(label, { columns, programName, hanging: 4 }),
        wrap(`      ${words}`, { columns, programName, hanging: 6 }),
      ]);
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
