import { expiryWithoutVerifying, isTegataError, printable, shownName, toIsoSeconds, toSafeJson } from "@tegata/core";
import {
  type ProfileSettings,
  resolveIdp,
  resolveRole,
  credentialsKeyOf,
  sessionKeyOf,
  isAlive,
  isFresh,
  type CredentialsRecord,
  type LastFailure,
  type RestingPlace,
  type SessionRecord,
} from "@tegata/engine";
import { jsonFlag, type Command, type CommandContext } from "../command.ts";
import { outrankingKeys } from "./support/outranking-keys.ts";
import { sayWhichFile } from "./support/say-which-file.ts";
import { inOwnName } from "../command-line/program-name.ts";
import { until } from "../terminal/until.ts";
import { writePages } from "../serve/write-page.ts";

/** What is known of one profile, or of cached credentials that belong to none. */
interface ProfileStatus {
  readonly profile: string | undefined;
  /** The variable that has chosen it for a command that names none. */
  readonly chosenBy?: string | undefined;
  readonly idp: string | undefined;
  /** `workload`: nobody signs in. */
  readonly idpKind: "interactive" | "workload" | undefined;
  readonly roleArn: string | undefined;
  readonly credentials: { readonly state: string; readonly expiresAt: string } | undefined;
  readonly signIn: SignInStatus | undefined;
  /** Why no more can be told. */
  readonly problem: string | undefined;
  /** How the last run behind an AWS client failed, where nothing has gone well since. */
  readonly lastFailure: FailureStatus | undefined;
}

type FailureStatus = Pick<LastFailure, "code" | "message" | "hint"> & { readonly at: string };

interface SignInStatus {
  readonly issuer: string;
  readonly subject: string;
  readonly idTokenExpiresAt: string | undefined;
  readonly hasRefreshToken: boolean;
  /** Why the identity provider did not renew it. */
  readonly notRenewed: string | undefined;
  readonly savedAt: string;
  readonly restsIn: RestingPlace | undefined;
}

/** What is cached per profile, until when, and which sign-in it came from. Sends no request. */
export const statusCommand: Command = {
  name: "status",
  summary: "show credentials and sign-in of each profile, and when they end",
  group: "person",
  argument: "profile",
  flags: { json: jsonFlag },
  async run(context) {
    const { outside, flags, folders, words, terminal } = context;
    const file = await context.settingsFile();
    const { profiles } = file;
    const [word] = words;
    const chosen = word ?? (typeof flags["profile"] === "string" ? flags["profile"] : undefined);
    const names = chosen === undefined && profiles.size > 0 ? [...profiles.keys()] : [chosen];
    const statuses: ProfileStatus[] = [];
    const seen = new Set<string>();
    const failures = await context.failures.list().catch(() => []);
    // What a variable says is of use where it says something bad, too.
    const effective = chosen === undefined ? await context.profile().catch(() => undefined) : undefined;
    for (const name of names) {
      const isEffective = effective !== undefined && effective.name === name;
      // With what was typed for the shell, where it has credentials of this profile.
      const status = await statusOf(isEffective ? effective : await context.profile(name), seen, failures, context);
      statuses.push(isEffective ? { ...status, chosenBy: effective.chosenBy } : status);
    }
    if (chosen === undefined) {
      statuses.push(...(await orphans(seen, context)), ...ofUnknownProfiles(failures, names, context));
    }
    const known = statuses.filter(
      ({ profile, roleArn, lastFailure }) =>
        profile !== undefined || roleArn !== undefined || lastFailure !== undefined,
    );
    const named = names.filter((name) => name !== undefined);
    const unknown = effective?.unknownAwsProfile;
    const warnings = [
      ...(unknown === undefined ? [] : [unknown.problem]),
      ...outrankingKeys(named, terminal.programName, outside),
    ];
    if (flags["json"] === true) {
      const warned = warnings.length === 0 ? {} : { warnings };
      await outside.writeStdout(`${toSafeJson({ profiles: known, ...warned, ...folders })}\n`);
      return;
    }
    const now = outside.clock.now();
    const lines = known.length === 0 ? ["nothing is cached\n"] : known.map((status) => describe(status, now));
    sayWhichFile(file, terminal);
    await writePages(
      [
        ...lines.map((text) => ({ text, hanging: labelColumns })),
        ...warnings.map((warning) => ({ text: `warning: ${warning}\n`, hanging: 2 })),
      ],
      context,
    );
  },
};

async function statusOf(
  profile: ProfileSettings,
  seen: Set<string>,
  failures: readonly LastFailure[],
  context: CommandContext,
): Promise<ProfileStatus> {
  const now = context.outside.clock.now();
  const nothing = { idp: undefined, idpKind: undefined, roleArn: undefined, credentials: undefined, signIn: undefined };
  const failure = failures.find((each) => each.profile === profile.name);
  try {
    const idp = await resolveIdp(profile);
    const sessionKey = await sessionKeyOf(idp);
    const { place, loaded: session } = await context.sessions.peek(sessionKey);
    const signIn = session.kind === "found" ? signInOf(session.record, place) : undefined;
    const problem =
      place !== undefined && session.kind === "absent" ? `the sign-in cannot be read: ${session.reason}` : undefined;
    const known = { profile: profile.name, idp: idp.name, idpKind: idp.kind };
    const status = { ...known, roleArn: undefined, credentials: undefined, signIn };
    const signedInAt = session.kind === "found" ? session.record.savedAt : 0;
    const since = failure?.code === "sign_in_required" ? signedInAt : 0;
    if (profile.raw("role_arn") === undefined) {
      return { ...status, problem, lastFailure: failureOf(failure, since, context) };
    }
    const role = await resolveRole(profile);
    const key = await credentialsKeyOf(sessionKey, role);
    seen.add(key.digest);
    const loaded = await context.cache.load(key);
    const credentials = loaded.kind === "found" ? credentialsOf(loaded.record, now) : undefined;
    const mintedAt = loaded.kind === "found" ? loaded.record.mintedAt : 0;
    const lastFailure = failureOf(failure, Math.max(since, mintedAt), context);
    return { ...status, roleArn: role.role.arn, credentials, problem, lastFailure };
  } catch (error) {
    if (!isTegataError(error)) {
      throw error;
    }
    return { profile: profile.name, ...nothing, problem: error.message, lastFailure: failureOf(failure, 0, context) };
  }
}

/** A failure that nothing has gone well since: a sign-in, or credentials by another command. */
function failureOf(
  failure: LastFailure | undefined,
  since: number,
  { terminal }: CommandContext,
): FailureStatus | undefined {
  if (failure === undefined || failure.at < since) {
    return undefined;
  }
  const { at, code, message, hint } = failure;
  const say = (words: string) => inOwnName(words, terminal.programName);
  return { at: toIsoSeconds(at), code, message: say(message), hint: hint === undefined ? undefined : say(hint) };
}

/** Of profiles that there are not: a name that is misspelt in `~/.aws/config` fails where nobody looks. */
function ofUnknownProfiles(
  failures: readonly LastFailure[],
  names: readonly (string | undefined)[],
  context: CommandContext,
): ProfileStatus[] {
  return failures
    .filter(({ profile }) => !names.includes(profile))
    .map((failure) => ({
      profile: failure.profile,
      idp: undefined,
      idpKind: undefined,
      roleArn: undefined,
      credentials: undefined,
      signIn: undefined,
      problem: undefined,
      lastFailure: failureOf(failure, 0, context),
    }));
}

/** Cached credentials of runs without a profile, or of a profile that is no more. */
async function orphans(seen: ReadonlySet<string>, context: CommandContext): Promise<ProfileStatus[]> {
  const now = context.outside.clock.now();
  const records = (await context.cache.list()).filter((record) => !seen.has(record.key.digest));
  return records
    .filter((record) => isAlive(record, now))
    .map((record) => ({
      profile: undefined,
      idp: undefined,
      idpKind: undefined,
      roleArn: record.roleArn,
      credentials: credentialsOf(record, now),
      signIn: undefined,
      problem: undefined,
      lastFailure: undefined,
    }));
}

function credentialsOf(record: CredentialsRecord, now: number): ProfileStatus["credentials"] {
  const state = isFresh(record, now) ? "fresh" : isAlive(record, now) ? "about to end" : "ended";
  return { state, expiresAt: record.credentials.expiration };
}

function signInOf(record: SessionRecord, restsIn: RestingPlace | undefined): SignInStatus {
  const expiry = record.idToken === undefined ? undefined : expiryWithoutVerifying(record.idToken);
  return {
    issuer: record.issuer,
    subject: record.subject,
    idTokenExpiresAt: expiry === undefined ? undefined : toIsoSeconds(expiry * 1000),
    hasRefreshToken: record.refreshToken !== undefined,
    notRenewed: record.refusal?.words,
    savedAt: toIsoSeconds(record.savedAt),
    restsIn,
  };
}

/** What stands before each fact of a profile. */
const labelColumns = "  last failure ".length;

function describe(status: ProfileStatus, now: number): string {
  const { profile, chosenBy, idp, idpKind, roleArn, credentials, signIn, problem, lastFailure } = status;
  const why = chosenBy === undefined ? "" : ` (by ${chosenBy})`;
  const lines = [profile === undefined ? "without a profile" : `${shownName(profile, 1000)}${why}`];
  if (problem !== undefined) {
    lines.push(`  problem      ${problem.replaceAll("\n", "\n               ")}`);
  }
  if (roleArn !== undefined) {
    lines.push(`  role         ${printable(roleArn)}`);
    lines.push(`  credentials  ${credentials === undefined ? "none" : ending(credentials.expiresAt, now)}`);
  }
  if (idp !== undefined) {
    const none = idpKind === "workload" ? `none needed, by ${printable(idp)}` : `none at ${printable(idp)}`;
    lines.push(`  sign-in      ${signIn === undefined ? none : signInLine(signIn, now)}`);
  }
  if (lastFailure !== undefined) {
    const { at, message, hint } = lastFailure;
    lines.push(`  last failure ${at}: ${indented(message)}`);
    if (hint !== undefined) {
      lines.push(`               ${indented(hint)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** Some messages have several lines, and what was read from a file is shown as any text from outside. */
function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => printable(line, 1000))
    .join("\n               ");
}

function signInLine(signIn: SignInStatus, now: number): string {
  const { subject, issuer, idTokenExpiresAt, hasRefreshToken, notRenewed, restsIn } = signIn;
  const idToken = idTokenExpiresAt === undefined ? "no id token" : `id token ${ending(idTokenExpiresAt, now)}`;
  const rests = restsIn === "keyring" ? "encrypted by the keyring" : "in a file";
  const renewal = hasRefreshToken ? "renewed by refresh token" : "no refresh token";
  const refresh = notRenewed === undefined ? renewal : `not renewed (${printable(notRenewed, 1000)})`;
  return `${printable(subject)} at ${printable(issuer)}, ${idToken}, ${refresh}, ${rests}`;
}

function ending(instant: string, now: number): string {
  const epoch = Date.parse(instant);
  return epoch > now ? until(epoch, now) : "ended";
}
