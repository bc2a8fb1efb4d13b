import { printable, TegataError } from "@tegata/core";
import yargs, { type Argv, type Options } from "yargs";
import type { Command, FlagFacts } from "./command.ts";
import { nearestName } from "./settings/nearest-name.ts";
import type { SettingDefinition } from "./settings/setting-definitions.ts";

/** What a command line asks for. */
export type ParsedCommandLine =
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "command";
      readonly command: Command;
      readonly flags: Readonly<Record<string, unknown>>;
      readonly words: readonly string[];
    };

export interface CommandLineGrammar {
  readonly commands: readonly Command[];
  readonly settings: ReadonlyMap<string, SettingDefinition>;
  readonly version: string;
}

/**
 * Reads the arguments with yargs. Its own strict mode is not used: its messages name no next command.
 *
 * @throws TegataError `usage_invalid`
 */
export async function parseCommandLine(
  args: readonly string[],
  grammar: CommandLineGrammar,
): Promise<ParsedCommandLine> {
  let chosen: Command | undefined;
  let text = "";
  const parser = buildParser(grammar, (command) => {
    chosen = command;
  });
  const argv = await parser.parseAsync([...args], {}, (_error, _argv, output) => {
    text = output;
  });
  if (text !== "") {
    return { kind: "text", text: `${text}\n` };
  }
  const words = argv._.map(String);
  if (chosen === undefined) {
    const [name] = words;
    if (name !== undefined) {
      throw unknownCommand(name, grammar.commands);
    }
    refuseUnknownFlags(argv, undefined, grammar);
    return { kind: "text", text: `${await buildParser(grammar, () => undefined).getHelp()}\n` };
  }
  refuseUnknownFlags(argv, chosen, grammar);
  const rest = words.slice(1);
  const argument = argv["ARGUMENT"];
  const given = [...(typeof argument === "string" ? [argument] : []), ...rest];
  const limit = chosen.argument === "words" ? Number.POSITIVE_INFINITY : chosen.argument === "none" ? 0 : 1;
  const extra = given[limit];
  if (extra !== undefined) {
    throw new TegataError("usage_invalid", `tegata ${chosen.name} takes no argument "${printable(extra, 80)}"`, {
      hint: `tegata ${chosen.name} --help`,
    });
  }
  const known = new Set(flagNames(chosen, grammar));
  const flags = Object.fromEntries(Object.entries(argv).filter(([key]) => known.has(key)));
  return { kind: "command", command: chosen, flags, words: given };
}

function buildParser(grammar: CommandLineGrammar, choose: (command: Command) => void): Argv {
  let parser = yargs()
    .scriptName("tegata")
    .usage("$0 <command> [profile] [flags]\n\nsign in at your OpenID Connect provider, get AWS credentials")
    // No locale file is looked for, no package.json read: the binary may be started anywhere.
    .detectLocale(false)
    .locale("en")
    .version(grammar.version)
    .help("help")
    .alias("help", "h")
    .exitProcess(false)
    .showHelpOnFail(false)
    .wrap(Math.min(110, Math.max(60, process.stdout.columns || 100)))
    .parserConfiguration({
      "camel-case-expansion": false,
      "dot-notation": false,
      "duplicate-arguments-array": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "populate--": false,
    })
    .fail((message, error) => {
      throw error ?? new TegataError("usage_invalid", printable(lowerFirst(message)), { hint: "tegata --help" });
    });
  for (const command of grammar.commands) {
    const argument = command.argument === "none" || command.argument === "words" ? "" : " [ARGUMENT]";
    const spec = `${command.name}${argument}`;
    const build = (own: Argv) => withFlags(own, command, argument !== "", grammar);
    const handle = () => choose(command);
    parser =
      command.hidden === true
        ? parser.command(spec, false, build, handle)
        : parser.command(spec, command.summary, build, handle);
  }
  return parser;
}

function withFlags(parser: Argv, command: Command, hasArgument: boolean, { settings }: CommandLineGrammar): Argv {
  if (hasArgument) {
    parser.positional("ARGUMENT", { type: "string", describe: command.argument });
  }
  for (const [name, facts] of Object.entries(command.flags)) {
    parser.option(name, optionOf(facts, "flags of this command:"));
  }
  for (const setting of settings.values()) {
    parser.option(setting.flag, {
      ...optionOf(setting, setting.idpSchemas.size > 0 ? "identity provider:" : "settings:"),
      ...(setting.alias === undefined ? {} : { alias: setting.alias }),
    });
  }
  return parser;
}

function optionOf(facts: FlagFacts, group: string): Options {
  return {
    type: facts.kind === "boolean" ? "boolean" : "string",
    describe: facts.description,
    group,
    ...(facts.kind === "boolean" ? {} : { requiresArg: true }),
    ...(facts.choices === undefined ? {} : { choices: facts.choices }),
    ...(facts.defaultText === undefined ? {} : { defaultDescription: facts.defaultText }),
  };
}

function flagNames(command: Command | undefined, { settings }: CommandLineGrammar): string[] {
  return [...Object.keys(command?.flags ?? {}), ...[...settings.values()].map(({ flag }) => flag)];
}

function refuseUnknownFlags(
  argv: Readonly<Record<string, unknown>>,
  command: Command | undefined,
  grammar: CommandLineGrammar,
): void {
  const names = flagNames(command, grammar);
  const aliases = [...grammar.settings.values()].flatMap(({ alias }) => alias ?? []);
  const known = new Set([...names, ...aliases, "_", "$0", "ARGUMENT", "help", "h", "version"]);
  for (const [name, value] of Object.entries(argv)) {
    const negatedText = value === false && names.includes(name) && !isBoolean(name, command, grammar);
    if (known.has(name) && !negatedText) {
      continue;
    }
    const typed = `${name.length === 1 ? "-" : "--"}${negatedText ? "no-" : ""}${printable(name, 80)}`;
    const nearest = negatedText ? undefined : nearestName(name, names);
    const where = command === undefined ? "tegata" : `tegata ${command.name}`;
    throw new TegataError("usage_invalid", `${where} has no flag ${typed}`, {
      hint: nearest === undefined ? `${where} --help` : `did you mean --${nearest}?`,
    });
  }
}

function isBoolean(flag: string, command: Command | undefined, { settings }: CommandLineGrammar): boolean {
  const setting = [...settings.values()].find((each) => each.flag === flag);
  return (command?.flags[flag] ?? setting)?.kind === "boolean";
}

function unknownCommand(name: string, commands: readonly Command[]): TegataError {
  const visible = commands.filter(({ hidden }) => hidden !== true).map((command) => command.name);
  const nearest = nearestName(name, visible);
  return new TegataError("usage_invalid", `there is no command "${printable(name, 80)}"`, {
    hint: nearest === undefined ? "tegata --help" : `did you mean tegata ${nearest}?`,
  });
}

function lowerFirst(text: string): string {
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;
}
