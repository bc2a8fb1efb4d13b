import type { Command, CommandGroup } from "../command.ts";
import { hasTwoColumns, inTwoColumns } from "../terminal/two-columns.ts";
import { wrap } from "../terminal/wrap.ts";
import { summaryOf } from "../terminal/vocabulary.ts";

/** The headings of `--help`, in their order. */
const headings: readonly (readonly [CommandGroup, string])[] = [
  ["person", "sign in, and use credentials:"],
  ["output", "print credentials, or write them:"],
  ["ci", "credentials for the later steps of a CI job:"],
  ["setup", "set up tegata and what it works with, and find out what is wrong:"],
];

/**
 * What `--help` says of the commands: a line for each, by group. It is to fit one screen of 40 lines.
 *
 * @param columns how wide a line may be
 */
export function overviewOf(commands: readonly Command[], programName: string, columns: number): string {
  const options = { columns, programName };
  const visible = commands.filter(({ hidden }) => hidden !== true);
  const isNamedOnly = ({ group }: Command) => group === "ci" && hasTwoColumns(columns);
  const listed = visible.filter((command) => !isNamedOnly(command));
  const rows = listed.map((command) => ({ label: `  ${labelOf(command)}`, words: summaryOf(command, programName) }));
  const table = inTwoColumns(rows, options);
  const blocks = headings.map(([group, heading]) => {
    const lines = table.filter((_line, index) => listed[index]?.group === group);
    // One job knows one of them, and nobody types them.
    const names = visible.filter((command) => command.group === group && isNamedOnly(command)).map(({ name }) => name);
    const all = names.length === 0 ? lines : [wrap(`  ${names.join("  ")}`, options)];
    return all.length === 0 ? "" : [wrap(heading.replace("tegata", programName), options), ...all].join("\n");
  });
  const usage = [
    `${programName} <command> [profile] [flags]`,
    "sign in at your OpenID Connect provider, get AWS credentials",
  ];
  const help = `${programName} help COMMAND, help settings, help environment; ${programName} version`;
  const around = (text: string) => wrap(text, options);
  return [usage.map(around).join("\n"), ...blocks.filter((block) => block !== ""), around(help)].join("\n\n");
}

/** The name, and what has to stand behind it. */
function labelOf({ name, argument }: Command): string {
  return argument === "shell" ? `${name} SHELL` : argument === "command" ? `${name} -- command` : name;
}
