import { hintInWords, inWords, printable, shownName, toSafeJson, type Vocabulary } from "@tegata/core";
import type { ProfileStatus, ShownError, SignInStatus } from "@tegata/engine";
import { outrankingKeys } from "@tegata/engine/system";
import { jsonFlag, type Command } from "../command.ts";
import { sayWhichFile } from "./support/say-which-file.ts";
import { until } from "../terminal/until.ts";
import { type Section, writePages, writeSections } from "../terminal/write-pages.ts";

/** What is known of a profile, as it is shown. */
interface ShownStatus extends Omit<ProfileStatus, "problem" | "lastFailure"> {
  readonly problem: string | undefined;
  readonly lastFailure: (Pick<ShownError, "code" | "message" | "hint"> & { readonly at: string }) | undefined;
}

/** What is cached per profile, until when, and which sign-in it came from. Sends no request. */
export const statusCommand: Command = {
  name: "status",
  summary: "show what each profile has, and when it ends",
  group: "person",
  argument: "profile",
  flags: { json: jsonFlag },
  settings: "stored",
  examples: [
    { line: "status", what: "every profile" },
    { line: "status dev", what: "all that is known of one" },
  ],
  async run(context) {
    const { system, flags, terminal } = context;
    const status = await context.status();
    const profiles = status.profiles.map((profile) => inOwnWords(profile, terminal.vocabulary));
    const warnings = [...status.warnings, ...outrankingKeys(status.names, terminal.programName, system)];
    if (flags["json"] === true) {
      const warned = warnings.length === 0 ? {} : { warnings };
      await system.writeStdout(`${toSafeJson({ profiles, ...warned, ...status.folders })}\n`);
      return;
    }
    const now = system.clock.now();
    sayWhichFile(status.settingsFile, context);
    if (profiles.length === 0) {
      await writePages([{ text: "nothing is cached\n", hanging: 2 }], context);
    }
    await writeSections(
      profiles.map((profile) => sectionOf(profile, now)),
      context,
    );
    await writePages(
      warnings.map((warning) => ({ text: `warning: ${warning}\n`, hanging: 2 })),
      context,
    );
  },
};

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
    rows: Object.entries(facts).flatMap(([label, words]) =>
      words === undefined ? [] : [{ label: `  ${label}`, words }],
    ),
  };
}

/** Some messages have several lines, and what was read from a file is shown as any text from outside. */
function failureLines({ at, message, hint }: NonNullable<ShownStatus["lastFailure"]>): string {
  return [`${at}: ${message}`, ...(hint === undefined ? [] : [hint])]
    .flatMap((text) => text.split("\n"))
    .map((line) => printable(line, 1000))
    .join("\n");
}

function signInLine(signIn: SignInStatus, now: number): string {
  const { subject, issuer, idTokenExpiresAt, hasRefreshToken, notRenewed, storedIn } = signIn;
  const idToken = idTokenExpiresAt === undefined ? "no id token" : `id token ${ending(idTokenExpiresAt, now)}`;
  const where = storedIn === "keyring" ? "encrypted by the keyring" : "in a file";
  const renewal = hasRefreshToken ? "renewed by refresh token" : "no refresh token";
  const refresh = notRenewed === undefined ? renewal : `not renewed (${printable(notRenewed, 1000)})`;
  return `${printable(subject)} at ${printable(issuer)}, ${idToken}, ${refresh}, ${where}`;
}

function ending(instant: string, now: number): string {
  const epoch = Date.parse(instant);
  return epoch > now ? until(epoch, now) : "ended";
}
