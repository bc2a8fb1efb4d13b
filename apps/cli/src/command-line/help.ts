import { existsSync } from "node:fs";
import { isatty } from "node:tty";
import { command as commandPart, hint, printable, shownPath, TegataError } from "@tegata/core";
import type { Argv, Options } from "yargs";
import { holdsSecret, type SettingDefinition } from "@tegata/engine/settings";
import { type Command, type FlagDefinition, formOf } from "../command.ts";
import type { CommandLineGrammar } from "./command-line-grammar.ts";
import { lineWidth as widthOfTerminal, wrap } from "../terminal/wrap.ts";
import { hasTwoColumns, inTwoColumns } from "../terminal/two-columns.ts";
import { overviewOf } from "./overview.ts";
import { parserConfiguration } from "./parse-arguments.ts";
import { summaryOf } from "../terminal/vocabulary.ts";
import { createYargs } from "./yargs.ts";

/** Every command, in groups: what is said when no command is named. */
export function overview({ commands, programName, settingsPath }: CommandLineGrammar): string {
  return `${overviewOf(commands, programName, lineWidth())}\n\n${settingsLine(settingsPath)}\n`;
}

function settingsLine(path: string | undefined): string {
  if (path === undefined) {
    return "settings file: none, because no home folder is known; name one with --config or TEGATA_CONFIG";
  }
  return `settings file: ${shownPath(path)}${existsSync(path) ? "" : " (it is not there)"}`;
}

/** The help or the version, by yargs; `undefined` when neither was asked for after all. */
export async function textFor(args: readonly string[], grammar: CommandLineGrammar): Promise<string | undefined> {
  let text = "";
  const argv = await (
    await buildParser(grammar)
  ).parseAsync([...args], {}, (_error, _argv, output) => {
    text = output;
  });
  if (argv["help"] === true && !grammar.commands.some(({ name }) => name === argv._[0])) {
    return overview(grammar);
  }
  return text === "" ? undefined : `${hasTwoColumns(lineWidth()) ? text : stacked(text, grammar.programName)}\n`;
}

/** The help of yargs for a window in which its columns would break words: each description below its flag. */
function stacked(text: string, programName: string): string {
  const columns = lineWidth();
  return text
    .split("\n")
    .flatMap((line) => {
      const [, label, words] = /^ {2,}(\S.*?) {2,}(\S.*)$/.exec(line) ?? [];
      return label === undefined || words === undefined
        ? wrap(line, { columns, programName })
        : inTwoColumns([{ label: `  ${label}`, words }], { columns, programName });
    })
    .join("\n");
}

async function buildParser(grammar: CommandLineGrammar): Promise<Argv> {
  let parser = (await createYargs())
    .scriptName(grammar.programName)
    // Messages are the same everywhere.
    .detectLocale(false)
    .locale("en")
    .updateStrings({ "Positionals:": "arguments:", "Options:": "everywhere:" })
    .version("version", "print the version", grammar.version)
    .help("help", "print this")
    .alias("help", "h")
    .exitProcess(false)
    .showHelpOnFail(false)
    .wrap(hasTwoColumns(lineWidth()) ? lineWidth() : null)
    .parserConfiguration(parserConfiguration)
    .fail((message, error) => {
      // YError: what yargs itself says of a command line.
      throw error !== undefined && error.name !== "YError"
        ? error
        : new TegataError("usage_invalid", printable(lowerFirst(message)), { hint: hint`${commandPart("--help")}` });
    });
  for (const command of grammar.commands) {
    const positional = positionalOf(command);
    const spec = positional === undefined ? command.name : `${command.name} [${positional}]`;
    parser = parser.command(
      spec,
      false,
      (own) => withFlags(own, command, grammar),
      () => undefined,
    );
  }
  return parser;
}

/** Of the help, in columns; a file gets 100. Asked of a terminal only, and only for the help: see `createYargs`. */
function lineWidth(): number {
  return Math.min(110, widthOfTerminal(isatty(1) ? process.stdout.columns || 100 : undefined) ?? 100);
}

/** In capitals, because yargs takes what is called `profile` for the flag of that name. */
function positionalOf({ argument }: Command): "PROFILE" | "SHELL" | undefined {
  return argument === "profile" || argument === "command" ? "PROFILE" : argument === "shell" ? "SHELL" : undefined;
}

function withFlags(parser: Argv, command: Command, grammar: CommandLineGrammar): Argv {
  const { settings, programName } = grammar;
  const positional = positionalOf(command);
  if (positional !== undefined) {
    const { firstWords = [] } = command;
    const description = [descriptionOf[positional], ...(firstWords.length === 0 ? [] : [firstWords.join(", ")])].join(
      ": ",
    );
    parser.positional(positional, { type: "string", describe: description });
  }
  parser.usage(`$0 ${formOf(command)}\n\n${summaryOf(command, programName)}`);
  for (const [name, facts] of Object.entries(command.flags)) {
    parser.option(name, optionOf(facts, "flags of this command:"));
  }
  for (const setting of settings.values()) {
    // Of no use to a command without a profile, which takes them all the same.
    const isIdle = ["shell", "none"].includes(command.argument) && setting.sections.length > 0;
    parser.option(setting.flag, {
      ...settingOption(setting),
      // One that holds a secret is refused.
      hidden: isIdle || holdsSecret(setting.name),
      ...(setting.alias === undefined ? {} : { alias: setting.alias }),
    });
  }
  return parser;
}

const descriptionOf = { PROFILE: "the section [profile.NAME] of the settings file", SHELL: "the shell" } as const;

/** A setting of identity providers is described with their names in front, those of `workload/…` as one. */
function settingOption(setting: SettingDefinition): Options {
  const option = optionOf(setting, setting.idpSchemas.size > 0 ? "identity provider:" : "settings:");
  const idps = new Set([...setting.idpSchemas.keys()].map((id) => id.replace(/\/.*/, "")));
  return idps.size === 0 ? option : { ...option, describe: `${[...idps].join(", ")}: ${option.describe}` };
}

/** Values are judged by `refuseBadValues`: the messages of yargs name neither the flag as it is typed nor a way out. */
function optionOf(facts: FlagDefinition, group: string): Options {
  const { description } = facts;
  return {
    type: facts.kind === "boolean" ? "boolean" : "string",
    describe: facts.choices === undefined ? description : `${description} (${facts.choices.join(", ")})`,
    group,
    ...(facts.defaultText === undefined ? {} : { defaultDescription: facts.defaultText }),
  };
}

function lowerFirst(text: string): string {
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;
}
