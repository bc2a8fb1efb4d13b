import { printable, toSafeJson, words } from "@tegata/core";
import type { KnownRole } from "@tegata/engine";
import { jsonFlag, type Command } from "../command.ts";
import { lineWidth } from "../terminal/wrap.ts";
import { asking } from "./support/prompting.ts";

/** The roles that this person may take, and where each is known from. */
export const rolesCommand: Command = {
  name: "roles",
  summary: "list the roles that you may take, and who says so",
  group: "person",
  argument: "none",
  settings: "credentials",
  mainSettings: ["profile", "idp", "roles_claim", "roles_url"],
  examples: [
    { line: "roles", what: "those of your sign-in, of your company's list and of your settings" },
    { line: "roles --json", what: "the same for programs" },
  ],
  mayAskPerson: true,
  flags: { json: jsonFlag },
  async run(context) {
    const { system, terminal, flags } = context;
    const { roles, problems } = await context.roles({ askPerson: asking("terminal", context) });
    problems.forEach(({ message }) => terminal.warn(message));
    if (flags["json"] === true) {
      const list = roles.map(({ role, origin, profile }) => ({ roleArn: role.arn, origin, profile }));
      await system.writeStdout(`${toSafeJson(list)}\n`);
      return;
    }
    if (roles.length === 0) {
      terminal.say(words`no role is known: neither the ID token nor the settings file names one`);
      return;
    }
    const { inTable } = await import("../terminal/table.ts");
    const { programName } = terminal;
    const lines = system.stdoutIsTerminal
      ? inTable(columns, roles.map(cellsOf), { width: lineWidth(system.stdoutColumns()), programName })
      : new Set(roles.map(({ role }) => role.arn));
    await system.writeStdout([...lines].map((line) => `${line}\n`).join(""));
  },
};

const columns = [
  { heading: "ACCOUNT" },
  { heading: "ROLE", least: 12 },
  { heading: "FROM" },
  { heading: "PROFILE", least: 12 },
];

function cellsOf({ role, origin, profile, name }: KnownRole): readonly string[] {
  const called = name === undefined ? role.roleName : `${role.roleName} (${name})`;
  return [role.accountId ?? role.partition, called, origin, profile ?? ""].map((cell) => printable(cell, 100));
}
