import {
  command,
  flag,
  hint,
  hintInWords,
  inWords,
  printable,
  profileVariable,
  shownName,
  shownPath,
  TegataError,
  toSafeJson,
  type Vocabulary,
  words,
} from "@tegata/core";
import type { ProfileStatus } from "@tegata/engine";
import { outrankingKeys } from "@tegata/engine/system";
import { exitStatuses } from "../exit-status.ts";
import { jsonFlag, type Command, type CommandContext } from "../command.ts";
import { sayWhichFile } from "./support/say-which-file.ts";
import { ending, failureLines, notesOf, type ShownStatus, signInLine, statusTable } from "./support/status-table.ts";
import { startedProgram } from "./support/started-program.ts";
import { forFlag, membersOf, secondsFor, stillLine } from "./support/still-signed-in.ts";
import { powershellCommand } from "../shell/hook-scripts.ts";
import { lineWidth } from "../terminal/wrap.ts";
import { type Section, writePages, writeSections } from "../terminal/write-pages.ts";

/** What is cached per profile, until when, and which sign-in it came from. Sends no request. */
export const statusCommand: Command = {
  name: "status",
  summary: "show what each profile has, and when it ends",
  group: "person",
  argument: "profile",
  flags: {
    json: jsonFlag,
    check: {
      kind: "boolean",
      choices: undefined,
      defaultText: undefined,
      description: "end with 0 if the next command will ask nobody, else with 4",
    },
    for: forFlag,
  },
  settings: "stored",
  examples: [
    { line: "status", what: "every profile; status dev: all that is known of one" },
    { line: "status dev --check --for 1h", what: "for a script: does it last?" },
  ],
  async run(context) {
    const { flags } = context;
    if (flags["check"] === true) {
      return check(context);
    }
    if (flags["for"] !== undefined) {
      throw new TegataError("usage_invalid", words`${flag("for")} says nothing without ${flag("check")}`, {
        hint: hint`add ${flag("check")}`,
      });
    }
    await show(context);
    return undefined;
  },
};

/** Nothing is sent, so that it can stand in a prompt or before each step of a script. */
async function check(context: CommandContext): Promise<number | undefined> {
  const { system, terminal, flags } = context;
  const seconds = secondsFor(flags);
  if (flags["json"] !== true) {
    terminal.say(stillLine(await context.signedInFor(seconds), system.clock.now()));
    return undefined;
  }
  const still = await context.stillSignedIn(seconds);
  const members = still === undefined ? { profile: (await context.profile()).name } : membersOf(still);
  await system.writeStdout(`${toSafeJson({ signedIn: still !== undefined, ...members })}\n`);
  return still === undefined ? exitStatuses.sign_in_required : undefined;
}

async function show(context: CommandContext): Promise<void> {
  const { system, flags, terminal } = context;
  const status = await context.status();
  const profiles = status.profiles.map((profile) => inOwnWords(profile, terminal.vocabulary));
  const warnings = [
    ...status.warnings,
    ...outrankingKeys(status.names, terminal.programName, system),
    ...(await outdatedBlock(context)),
  ];
  if (flags["json"] === true) {
    const warned = warnings.length === 0 ? {} : { warnings };
    await system.writeStdout(`${toSafeJson({ profiles, ...warned, ...status.folders })}\n`);
    return;
  }
  const now = system.clock.now();
  sayWhichFile(status.settingsFile, context);
  // Flags and variables can say everything, and then there is one run to tell of, in full.
  const inFull = profiles.filter((each) => status.isOfOne || (each.profile === undefined && each.idp !== undefined));
  await writeSections(
    inFull.map((profile) => sectionOf(profile, now)),
    context,
  );
  if (!status.isOfOne) {
    const others = profiles.filter((each) => !inFull.includes(each));
    const { programName } = terminal;
    const table = statusTable(others, now, { width: lineWidth(system.stdoutColumns()), programName });
    const isOfShell = others.some(({ chosenBy }) => chosenBy === profileVariable);
    const notes = notesOf(others, now, isOfShell ? await takingBack(context) : undefined);
    const lines = [...table, ...(table.length > 0 && notes.length > 0 ? [""] : [])];
    await system.writeStdout(lines.map((line) => `${line}\n`).join(""));
    await writePages(
      notes.map((note) => ({ text: `${note.replaceAll("\n", "\n  ")}\n`, hanging: 2 })),
      context,
    );
  }
  if (profiles.length === 0) {
    await writePages([{ text: "nothing is cached\n", hanging: 2 }], context);
  }
  await writePages(
    warnings.map((warning) => ({ text: `warning: ${warning}\n`, hanging: 2 })),
    context,
  );
}

/** What takes back what `use` has set in this shell, as it is typed there. A person may have set the variable by hand, too. */
async function takingBack({ system, terminal }: CommandContext): Promise<string | undefined> {
  if ((system.env["AWS_SESSION_TOKEN"] ?? "") === "") {
    return undefined;
  }
  return (await system.machine.callingShell()) === "powershell"
    ? `${powershellCommand(terminal.programName)} -Off`
    : inWords(words`${command("use", "--off")}`, terminal.vocabulary);
}

/** Where AWS clients look for profiles; nothing where they are not told of ours. */
async function outdatedBlock(context: CommandContext): Promise<readonly string[]> {
  const { system, terminal } = context;
  const { kind, path = "" } = await context.awsConfigBlockState(() => startedProgram(terminal.programName, system));
  const line = words`the profiles in ${shownPath(path)} are out of date: ${command("aws-config", "--write")}`;
  return kind === "outdated" ? [inWords(line, terminal.vocabulary)] : [];
}

/** With what went wrong in the command line's own words. */
function inOwnWords({ problem, lastFailure, ...status }: ProfileStatus, vocabulary: Vocabulary): ShownStatus {
  return {
    ...status,
    problem: problem && inWords(problem, vocabulary),
    lastFailure: lastFailure && {
      at: lastFailure.at,
      code: lastFailure.code,
      message: inWords(lastFailure.message, vocabulary),
      hint: lastFailure.hint && hintInWords(lastFailure.hint, vocabulary),
    },
  };
}

/** All that is known of one profile. */
function sectionOf(status: ShownStatus, now: number): Section {
  const { profile, chosenBy, idp, idpKind, account, roleArn, credentials, signIn, problem, lastFailure } = status;
  const why = chosenBy === undefined ? "" : ` (by ${chosenBy})`;
  const none = idpKind === "workload" ? "none needed, by" : "none at";
  const facts = {
    problem,
    role: roleArn === undefined ? undefined : printable(roleArn),
    credentials:
      roleArn === undefined ? undefined : credentials === undefined ? "none" : ending(credentials.expiresAt, now),
    account: account === undefined ? undefined : printable(account),
    "sign-in":
      idp === undefined ? undefined : signIn === undefined ? `${none} ${printable(idp)}` : signInLine(signIn, now),
    "last failure": lastFailure === undefined ? undefined : failureLines(lastFailure),
  };
  return {
    heading: profile === undefined ? "without a profile" : `${shownName(profile, 1000)}${why}`,
    rows: Object.entries(facts).flatMap(([label, text]) =>
      text === undefined ? [] : [{ label: `  ${label}`, words: text }],
    ),
  };
}
