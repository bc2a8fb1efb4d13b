import type { Command, CommandGroup } from "../command.ts";
import { inTwoColumns } from "../terminal/two-columns.ts";
import { wrap } from "../terminal/wrap.ts";
import { summaryOf } from "../terminal/vocabulary.ts";

/** The headings of `--help`, in their order. */
const headings: readonly (readonly [CommandGroup, string])[] = [
  ["person", "sign in, and use credentials:"],
  ["output", "print credentials, or write them:"],
  ["ci", "credentials for the later steps of a CI job:"],
  ["setup", "settings, plugins, set-up of a shell:"],
];

/**
 * What `--help` says of the commands: a line for each, by group.
 *
 * @param columns how wide a line may be
 */
export function overviewOf(commands: readonly Command[], programName: string, columns: number): string {
  const visible = commands.filter(({ hidden }) => hidden !== true);
  const rows = visible.map((command) => ({
    group: command.group,
    label: `  ${labelOf(command)}`,
    words: summaryOf(command, programName),
  }));
  const table = inTwoColumns(rows, { columns, programName });
  const blocks = headings.map(([group, heading]) => {
    const lines = table.filter((_line, index) => rows[index]?.group === group);
    return lines.length === 0 ? "" : [wrap(heading, { columns, programName }), ...lines].join("\n");
  });
  const usage = `${programName} <command> [profile] [flags]\n\nsign in at your OpenID Connect provider, get AWS credentials`;
  const flags = `${programName} COMMAND --help lists its flags; ${programName} --version prints the version`;
  const around = (text: string) => wrap(text, { columns, programName });
  return [around(usage), ...blocks.filter((block) => block !== ""), around(flags)].join("\n\n");
}

/** The name, and what has to stand behind it. */
function labelOf({ name, argument }: Command): string {
  return argument === "shell" ? `${name} SHELL` : argument === "command" ? `${name} -- command` : name;
}
