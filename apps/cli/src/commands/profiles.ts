import { shownName, toSafeJson } from "@tegata/core";
import type { ListedProfile } from "@tegata/engine";
import { jsonFlag, type Command, type CommandContext } from "../command.ts";
import { inTable } from "../terminal/table.ts";
import { lineWidth } from "../terminal/wrap.ts";
import { roleCells } from "./support/role-cells.ts";
import { sayWhichFile } from "./support/say-which-file.ts";

const columns = [
  { heading: "  PROFILE", least: 12 },
  { heading: "ACCOUNT" },
  { heading: "ROLE", least: 8 },
  { heading: "FROM", least: 8 },
];

/** The profiles of the settings files: at a glance on a terminal, their names for a program. */
export const profilesCommand: Command = {
  name: "profiles",
  summary: "list the profiles, their accounts and roles",
  group: "setup",
  argument: "none",
  flags: { json: jsonFlag },
  settings: "profile",
  examples: [
    { line: "profiles", what: "with account and role; names alone in a pipe" },
    { line: "profiles --json", what: "for programs" },
  ],
  async run(context) {
    const { system, flags } = context;
    const { settingsFile, profiles } = await context.profiles();
    if (flags["json"] === true) {
      const list = profiles.map(({ name, idp, roleArn, isDefault, chosenBy, layer }) => ({
        name,
        idp,
        roleArn,
        default: isDefault ? true : undefined,
        chosenBy,
        layer,
      }));
      await system.writeStdout(`${toSafeJson(list)}\n`);
      return;
    }
    sayWhichFile(settingsFile, context);
    const lines = system.stdoutIsTerminal
      ? tableOf(profiles, context)
      : profiles.map(({ name }) => shownName(name, 1000));
    await system.writeStdout(lines.map((line) => `${line}\n`).join(""));
  },
};

function tableOf(profiles: readonly ListedProfile[], { system, terminal }: CommandContext): readonly string[] {
  const rows = profiles.map(({ name, roleArn, isChosen, chosenBy, layer }) => [
    `${isChosen ? "*" : " "} ${shownName(name, 200)}${chosenBy === undefined ? "" : ` (${chosenBy})`}`,
    ...roleCells(roleArn),
    layer,
  ]);
  const { programName } = terminal;
  return rows.length === 0 ? [] : inTable(columns, rows, { width: lineWidth(system.stdoutColumns()), programName });
}
