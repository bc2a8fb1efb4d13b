import { command, flag, hint, or, printable, shownLine, shownPath, shownValue, TegataError, words } from "@tegata/core";
import type { TeamAtHand, TeamFile, TeamLink, TeamTrust } from "@tegata/engine";
import { listOf, newTrust, readTeamLink } from "@tegata/engine/settings";
import type { CommandContext } from "../../command.ts";
import { inTwoColumns } from "../../terminal/two-columns.ts";
import { lineWidth } from "../../terminal/wrap.ts";

/**
 * Takes the settings that a team publishes, as the layer below a person's own: those of a link, or of the link that is remembered.
 * They are looked at by the person, or by the one who handed out their hash.
 */
export async function initTeam(context: CommandContext): Promise<void> {
  const { system, terminal, flags } = context;
  const atHand = await context.teamAtHand();
  const link = linkOf(context, atHand);
  const mayAsk = flags["yes"] !== true;
  if (!mayAsk && link.sha256 === undefined) {
    throw new TegataError(
      "usage_invalid",
      words`${flag("yes")} takes settings that nobody has looked at only by their hash`,
      {
        hint: hint`name it: ${command("init", `${link.url}#sha256=HASH`)}`,
      },
    );
  }
  const file = await context.fetchTeam(link);
  if (flags["print"] === true) {
    // Byte for byte for a program. A person looks at what nobody has agreed to yet.
    await system.writeStdout(system.stdoutIsTerminal ? shownText(file.text) : file.bytes);
    return;
  }
  if (atHand?.file?.sha256 === file.sha256 && atHand.record.url === file.url) {
    terminal.say(`the team's settings are up to date${versionOf(file)}`);
    return;
  }
  const isUpdate = flags["update"] === true;
  // The copy is gone or no good, and this is the file that was agreed to.
  const isAgreed = isUpdate && atHand?.record.sha256 === file.sha256 && atHand.record.url === file.url;
  if (!isAgreed && (link.sha256 === undefined || (isUpdate && mayAsk))) {
    if (!(await consents(file, atHand, context))) {
      terminal.say("nothing is changed");
      return;
    }
  }
  const path = await context.keepTeam(file);
  const profiles = `${file.profiles.length === 1 ? "the profile" : "profiles"} ${listOf(file.profiles)}`;
  terminal.say(
    `${shownPath(path)} has the team's settings${versionOf(file)}${file.profiles.length === 0 ? "" : `: ${profiles}`}`,
  );
  if (file.alsoOwn.length > 0) {
    terminal.say(`your own file has ${listOf(file.alsoOwn)} too: what that says is stronger`);
  }
  terminal.say(words`next: ${command("login", ...file.profiles.slice(0, 1))}`);
}

function linkOf({ words: [text, extra] }: CommandContext, atHand: TeamAtHand | undefined): TeamLink {
  if (extra !== undefined) {
    throw new TegataError("usage_invalid", words`${command("init")} takes no argument ${shownValue(extra, 80)}`, {
      hint: "name one link",
    });
  }
  if (text !== undefined) {
    return readTeamLink(text);
  }
  if (atHand === undefined) {
    throw new TegataError("usage_invalid", words`there is nothing to ${flag("update")}: no team's settings are here`, {
      hint: hint`name the link: ${command("init", "URL")}`,
    });
  }
  // Of a new file nobody knows the hash yet.
  return { url: atHand.record.url, sha256: undefined };
}

/** What cannot be seen is an escape, and a line that is too long has no middle. */
const shownText = (text: string) =>
  text
    .replace(/\r?\n$/, "")
    .split(/\r?\n/)
    .map((line) => `${shownLine(line)}\n`)
    .join("");

const versionOf = ({ version }: TeamFile) => (version === undefined ? "" : `, version ${version}`);

/** Shows what would be trusted, or what would change, and asks. */
async function consents(file: TeamFile, atHand: TeamAtHand | undefined, context: CommandContext): Promise<boolean> {
  const { system, terminal } = context;
  const { questionsOn } = await import("../../terminal/questions.ts");
  const questions = questionsOn(system, terminal);
  terminal.block(await shown(file, atHand, context));
  if (questions === undefined) {
    throw new TegataError("usage_invalid", "nobody is there to say yes to these settings", {
      hint: [
        hint`if they are right: ${command("init", `${file.url}#sha256=${file.sha256}`)}`,
        or`run it on a terminal`,
      ],
    });
  }
  const message = atHand?.file === undefined ? "Use these settings?" : "Use the new settings?";
  return questions.confirm({ message, initial: false });
}

const trusted = { issuers: "sign-in at", clients: "as client", accounts: "AWS account", hosts: "other host" } as const;

async function shown(file: TeamFile, atHand: TeamAtHand | undefined, context: CommandContext): Promise<string> {
  const { terminal } = context;
  const columns = lineWidth(terminal.isTerminal ? terminal.size().columns : undefined);
  const table = (rows: readonly (readonly [string, string])[]) =>
    inTwoColumns(
      rows.map(([label, text]) => ({ label: `  ${label}`, words: text })),
      { columns, programName: terminal.programName },
    ).map((line) => `${line}\n`);
  const facts: readonly (readonly [string, string])[] = [
    ["SHA-256", file.sha256],
    ...(file.version === undefined ? [] : [["version", String(file.version)] as const]),
    ...(file.profiles.length === 0 ? [] : [["profiles", listOf(file.profiles)] as const]),
  ];
  const head = `${printable(file.url, 500)}\n`;
  const before = atHand?.file;
  if (before === undefined) {
    return [head, ...table([...facts, ...rowsOf(file.trust)])].join("");
  }
  const { differenceOf, shownDifference } = await import("../../terminal/difference.ts");
  const lines = await differenceOf(
    { name: "the settings of now", text: before.text },
    { name: "the new settings", text: file.text },
  );
  const added = rowsOf(newTrust(before.trust, file.trust));
  return [
    head,
    ...table(facts),
    shownDifference(lines, terminal.paint),
    ...(added.length === 0 ? [] : ["new, and to be trusted from now on:\n", ...table(added)]),
  ].join("");
}

/** Of each kind; with more, what comes first would be gone from the screen before a person has read it. */
const maxShown = 40;

function rowsOf(trust: Partial<TeamTrust>): readonly (readonly [string, string])[] {
  return (["issuers", "clients", "accounts", "hosts"] as const).flatMap((what) => {
    const all = trust[what] ?? [];
    const rows = all.slice(0, maxShown).map((each) => [trusted[what], printable(each, 300)] as const);
    const more = all.length - rows.length;
    return more === 0 ? rows : [...rows, [trusted[what], `… and ${more} more`] as const];
  });
}
