import type { Command, CommandGroup } from "../command.ts";
import { inOwnName } from "./program-name.ts";

/** The headings of `--help`, in their order. */
const headings: readonly (readonly [CommandGroup, string])[] = [
  ["person", "sign in, and use credentials:"],
  ["answer", "print credentials, or write them:"],
  ["ci", "credentials for the later steps of a CI job:"],
  ["setup", "look around, set up:"],
];

/**
 * What `--help` says of the commands: a line for each, by group.
 *
 * @param columns how wide a line may be
 */
export function overviewOf(commands: readonly Command[], programName: string, columns: number): string {
  const visible = commands.filter(({ hidden }) => hidden !== true);
  const width = Math.max(...visible.map((command) => labelOf(command).length));
  const indent = " ".repeat(width + 4);
  const blocks = headings.map(([group, heading]) => {
    const members = visible.filter((command) => command.group === group);
    const lines = members.map((command) => {
      const words = wrapped(inOwnName(command.summary, programName), Math.max(20, columns - indent.length));
      return `  ${labelOf(command).padEnd(width)}  ${words.join(`\n${indent}`)}`;
    });
    return lines.length === 0 ? "" : [heading, ...lines].join("\n");
  });
  const usage = `${programName} <command> [profile] [flags]\n\nsign in at your OpenID Connect provider, get AWS credentials`;
  const flags = `${programName} COMMAND --help lists its flags; ${programName} --version prints the version`;
  return [usage, ...blocks.filter((block) => block !== ""), flags].join("\n\n");
}

/** The name, and what has to stand behind it. */
function labelOf({ name, argument }: Command): string {
  return argument === "shell" ? `${name} SHELL` : argument === "command" ? `${name} -- command` : name;
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}
