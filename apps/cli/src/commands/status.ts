import { expiryWithoutVerifying, isTegataError, printable, toIsoSeconds, toSafeJson } from "@tegata/core";
import { jsonFlag, type Command, type CommandContext } from "../command.ts";
import { resolveIdp, resolveRole } from "../settings/resolve.ts";
import { credentialsKeyOf, sessionKeyOf } from "../storage/cache-key.ts";
import { isAlive, isFresh, type CredentialsRecord } from "../storage/credentials-cache.ts";
import type { SessionRecord } from "../storage/session-store.ts";
import { until } from "../terminal/until.ts";

/** What is known of one profile, or of cached credentials that belong to none. */
interface ProfileStatus {
  readonly profile: string | undefined;
  readonly idp: string | undefined;
  readonly roleArn: string | undefined;
  readonly credentials: { readonly state: string; readonly expiresAt: string } | undefined;
  readonly signIn: SignInStatus | undefined;
  /** Why no more can be told. */
  readonly problem: string | undefined;
}

interface SignInStatus {
  readonly issuer: string;
  readonly subject: string;
  readonly idTokenExpiresAt: string | undefined;
  readonly hasRefreshToken: boolean;
  readonly savedAt: string;
}

/** What is cached per profile, until when, and which sign-in it came from. Sends no request. */
export const statusCommand: Command = {
  name: "status",
  summary: "what is cached per profile, and until when",
  argument: "profile",
  flags: { json: jsonFlag },
  async run(context) {
    const { outside, flags, places, words } = context;
    const { profiles } = await context.settingsFile();
    const [named] = words;
    const chosen = named ?? (typeof flags["profile"] === "string" ? flags["profile"] : undefined);
    const names = chosen === undefined && profiles.size > 0 ? [...profiles.keys()] : [chosen];
    const statuses: ProfileStatus[] = [];
    const seen = new Set<string>();
    for (const name of names) {
      statuses.push(await statusOf(name, seen, context));
    }
    if (chosen === undefined) {
      statuses.push(...(await orphans(seen, context)));
    }
    const known = statuses.filter((each) => each.profile !== undefined || each.roleArn !== undefined);
    if (flags["json"] === true) {
      await outside.writeStdout(`${toSafeJson({ profiles: known, ...places })}\n`);
      return;
    }
    const now = outside.clock.now();
    await outside.writeStdout(
      known.length === 0 ? "nothing is cached\n" : known.map((status) => describe(status, now)).join(""),
    );
  },
};

async function statusOf(name: string | undefined, seen: Set<string>, context: CommandContext): Promise<ProfileStatus> {
  const now = context.outside.clock.now();
  const profile = await context.profile(name);
  const nothing = { idp: undefined, roleArn: undefined, credentials: undefined, signIn: undefined };
  try {
    const idp = await resolveIdp(profile);
    const sessionKey = await sessionKeyOf(idp);
    const session = await context.sessions.load(sessionKey);
    const signIn = session.kind === "found" ? signInOf(session.record) : undefined;
    const status = { profile: profile.name, idp: idp.name, roleArn: undefined, credentials: undefined, signIn };
    if (profile.raw("role_arn") === undefined) {
      return { ...status, problem: undefined };
    }
    const role = await resolveRole(profile);
    const key = await credentialsKeyOf(sessionKey, role);
    seen.add(key.digest);
    const loaded = await context.cache.load(key);
    const credentials = loaded.kind === "found" ? credentialsOf(loaded.record, now) : undefined;
    return { ...status, roleArn: role.role.arn, credentials, problem: undefined };
  } catch (error) {
    if (!isTegataError(error)) {
      throw error;
    }
    return { profile: profile.name, ...nothing, problem: error.message };
  }
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
      roleArn: record.roleArn,
      credentials: credentialsOf(record, now),
      signIn: undefined,
      problem: undefined,
    }));
}

function credentialsOf(record: CredentialsRecord, now: number): ProfileStatus["credentials"] {
  const state = isFresh(record, now) ? "fresh" : isAlive(record, now) ? "about to end" : "ended";
  return { state, expiresAt: record.credentials.expiration };
}

function signInOf(record: SessionRecord): SignInStatus {
  const expiry = record.idToken === undefined ? undefined : expiryWithoutVerifying(record.idToken);
  return {
    issuer: record.issuer,
    subject: record.subject,
    idTokenExpiresAt: expiry === undefined ? undefined : toIsoSeconds(expiry * 1000),
    hasRefreshToken: record.refreshToken !== undefined,
    savedAt: toIsoSeconds(record.savedAt),
  };
}

function describe(status: ProfileStatus, now: number): string {
  const { profile, idp, roleArn, credentials, signIn, problem } = status;
  const lines = [profile === undefined ? "without a profile" : printable(profile)];
  if (problem !== undefined) {
    lines.push(`  problem      ${problem.replaceAll("\n", "\n               ")}`);
  }
  if (roleArn !== undefined) {
    lines.push(`  role         ${printable(roleArn)}`);
    lines.push(`  credentials  ${credentials === undefined ? "none" : ending(credentials.expiresAt, now)}`);
  }
  if (idp !== undefined) {
    lines.push(`  sign-in      ${signIn === undefined ? `none at ${printable(idp)}` : signInLine(signIn, now)}`);
  }
  return `${lines.join("\n")}\n`;
}

function signInLine(signIn: SignInStatus, now: number): string {
  const { subject, issuer, idTokenExpiresAt, hasRefreshToken } = signIn;
  const idToken = idTokenExpiresAt === undefined ? "no id token" : `id token ${ending(idTokenExpiresAt, now)}`;
  const refresh = hasRefreshToken ? "renewed by refresh token" : "no refresh token";
  return `${printable(subject)} at ${printable(issuer)}, ${idToken}, ${refresh}`;
}

function ending(instant: string, now: number): string {
  const epoch = Date.parse(instant);
  return epoch > now ? until(epoch, now) : "ended";
}
