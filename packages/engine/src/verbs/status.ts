import { expiryWithoutVerifying, isTegataError, type Ports, toIsoSeconds, wordingOf, type Words } from "@tegata/core";
import { credentialsKeyOf, sessionKeyOf } from "../credentials/cache-key.ts";
import { beginningsOf } from "../credentials/run-steps.ts";
import type { StorageFolders } from "../credentials/unstored.ts";
import type { ProfileSettings } from "../settings/resolve-profile.ts";
import { resolveIdp } from "../settings/resolve-idp.ts";
import type { ResolvedIdp } from "../settings/resolved.ts";
import { resolveRole } from "../settings/resolve-role.ts";
import type { SettingsFile } from "../settings/settings-file.ts";
import { type CredentialsCache, type CredentialsRecord, isAlive, isFresh } from "../storage/credentials-cache.ts";
import type { LastFailure, LastFailures } from "../storage/last-failure.ts";
import type { UsedTokenStore, SessionRecord, SessionStore } from "../storage/session-store.ts";

/**
 * What is stored of a profile, or of credentials that belong to none. Nothing of it is secret. Instants are ISO 8601, in UTC.
 * With its words in those of the command line, it is what `tegata status --json` writes.
 */
export interface ProfileStatus {
  readonly profile: string | undefined;
  /** The variable that has chosen it for a run that names none. */
  readonly chosenBy?: string | undefined;
  readonly idp: string | undefined;
  /** `workload`: nobody signs in. */
  readonly idpKind: ResolvedIdp["kind"] | undefined;
  /** Who is to be signed in there, where the settings say it. */
  readonly account?: string | undefined;
  readonly roleArn: string | undefined;
  readonly credentials: CredentialsStatus | undefined;
  readonly signIn: SignInStatus | undefined;
  /** Why no more can be told. */
  readonly problem: string | Words | undefined;
  /** How the last run behind an AWS client failed, where nothing has gone well since. */
  readonly lastFailure: FailureStatus | undefined;
}

interface CredentialsStatus {
  /** `fresh`: handed out as they are; `about to end`: they live, and the next run renews them. */
  readonly state: "fresh" | "about to end" | "ended";
  readonly expiresAt: string;
}

/** A stored sign-in, without its tokens. Instants are ISO 8601, in UTC. */
export interface SignInStatus {
  readonly issuer: string;
  readonly subject: string;
  readonly idTokenExpiresAt: string | undefined;
  readonly hasRefreshToken: boolean;
  /** Why the identity provider did not renew it. */
  readonly notRenewed: string | undefined;
  readonly savedAt: string;
  readonly storedIn: UsedTokenStore | undefined;
}

/** A failed run, without what is only for programs. `at`: when, ISO 8601 in UTC. */
export type FailureStatus = Pick<LastFailure, "code" | "message" | "hint"> & { readonly at: string };

/** All that is stored, as far as it was asked for. */
export interface Status {
  readonly profiles: readonly ProfileStatus[];
  /** The profiles that were looked at, in the order of the file. */
  readonly names: readonly string[];
  readonly settingsFile: Pick<SettingsFile, "path" | "exists">;
  readonly folders: StorageFolders;
  /** What is wrong with how a profile is chosen here. */
  readonly warnings: readonly string[];
}

/** What telling the status works with. */
export interface StatusContext {
  readonly settingsFile: () => Promise<SettingsFile>;
  readonly profile: (name?: string) => Promise<ProfileSettings>;
  readonly failures: Pick<LastFailures, "list">;
  readonly sessions: Pick<SessionStore, "peek">;
  readonly cache: Pick<CredentialsCache, "load" | "list">;
  readonly folders: StorageFolders;
  readonly ports: Pick<Ports, "clock">;
}

/**
 * What is stored, and until when. Sends no request, and changes nothing.
 *
 * @param chosen the one profile that is asked about; undefined: all of them, and what belongs to none
 * @throws TegataError as `readSettingsFile` and `resolveProfile` do
 */
export async function statusOf(chosen: string | undefined, context: StatusContext): Promise<Status> {
  const { folders } = context;
  const { profiles, path, exists } = await context.settingsFile();
  const names = chosen === undefined && profiles.size > 0 ? [...profiles.keys()] : [chosen];
  const statuses: ProfileStatus[] = [];
  const seen = new Set<string>();
  const failures = await context.failures.list().catch(() => []);
  // What a variable says is of use where it says something bad, too.
  const effective = chosen === undefined ? await context.profile().catch(() => undefined) : undefined;
  for (const name of names) {
    const isEffective = effective !== undefined && effective.name === name;
    // With what was typed for the shell, where it has credentials of this profile.
    const status = await statusOfProfile(
      isEffective ? effective : await context.profile(name),
      seen,
      failures,
      context,
    );
    statuses.push(isEffective ? { ...status, chosenBy: effective.chosenBy } : status);
  }
  if (chosen === undefined) {
    statuses.push(...(await orphans(seen, context)), ...ofUnknownProfiles(failures, names));
  }
  const unknown = effective?.unknownAwsProfile;
  return {
    profiles: statuses.filter(
      ({ profile, roleArn, lastFailure }) =>
        profile !== undefined || roleArn !== undefined || lastFailure !== undefined,
    ),
    names: names.filter((name) => name !== undefined),
    settingsFile: { path, exists },
    folders,
    warnings: unknown === undefined ? [] : [unknown.problem],
  };
}

const nothing = {
  idp: undefined,
  idpKind: undefined,
  roleArn: undefined,
  credentials: undefined,
  signIn: undefined,
} as const;

async function statusOfProfile(
  profile: ProfileSettings,
  seen: Set<string>,
  failures: readonly LastFailure[],
  context: StatusContext,
): Promise<ProfileStatus> {
  const now = context.ports.clock.now();
  const failure = failures.find((each) => each.profile === profile.name);
  try {
    const idp = await resolveIdp(profile);
    const sessionKey = await sessionKeyOf(idp);
    const { tokenStore, loaded: session } = await context.sessions.peek(sessionKey);
    const signIn = session.kind === "found" ? signInOf(session.record, tokenStore) : undefined;
    const problem =
      tokenStore !== undefined && session.kind === "absent"
        ? `the sign-in cannot be read: ${session.reason}`
        : undefined;
    const account = idp.kind === "interactive" ? idp.wanted?.account : undefined;
    const known = { profile: profile.name, idp: idp.name, idpKind: idp.kind, account };
    const status = { ...known, roleArn: undefined, credentials: undefined, signIn };
    const signedInAt = session.kind === "found" ? session.record.savedAt : 0;
    const since = failure?.code === "sign_in_required" ? signedInAt : 0;
    if (profile.raw("role_arn") === undefined) {
      return { ...status, problem, lastFailure: lastFailureOf(failure, since) };
    }
    const role = await resolveRole(profile);
    const key = await credentialsKeyOf(sessionKey, role.steps);
    for (const steps of beginningsOf(role.steps)) {
      seen.add((await credentialsKeyOf(sessionKey, steps)).digest);
    }
    const loaded = await context.cache.load(key);
    const credentials = loaded.kind === "found" ? credentialsOf(loaded.record, now) : undefined;
    const obtainedAt = loaded.kind === "found" ? loaded.record.obtainedAt : 0;
    const lastFailure = lastFailureOf(failure, Math.max(since, obtainedAt));
    return { ...status, roleArn: role.role.arn, credentials, problem, lastFailure };
  } catch (error) {
    if (!isTegataError(error)) {
      throw error;
    }
    return {
      profile: profile.name,
      ...nothing,
      problem: wordingOf(error).message,
      lastFailure: lastFailureOf(failure, 0),
    };
  }
}

/** A failure that nothing has gone well since: a sign-in, or credentials by another command. */
export function lastFailureOf(failure: LastFailure | undefined, since: number): FailureStatus | undefined {
  if (failure === undefined || failure.at < since) {
    return undefined;
  }
  const { at, code, message, hint } = failure;
  return { at: toIsoSeconds(at), code, message, hint };
}

/** Of profiles that there are not: a name that is misspelt in `~/.aws/config` fails where nobody looks. */
function ofUnknownProfiles(
  failures: readonly LastFailure[],
  names: readonly (string | undefined)[],
): readonly ProfileStatus[] {
  return failures
    .filter(({ profile }) => !names.includes(profile))
    .map((failure) => ({
      profile: failure.profile,
      ...nothing,
      problem: undefined,
      lastFailure: lastFailureOf(failure, 0),
    }));
}

/** Cached credentials of runs without a profile, or of a profile that is no more. */
async function orphans(seen: ReadonlySet<string>, { cache, ports }: StatusContext): Promise<readonly ProfileStatus[]> {
  const now = ports.clock.now();
  const records = (await cache.list()).filter((record) => !seen.has(record.key.digest));
  return records
    .filter((record) => isAlive(record, now))
    .map((record) => ({
      profile: undefined,
      ...nothing,
      roleArn: record.roleArn,
      credentials: credentialsOf(record, now),
      problem: undefined,
      lastFailure: undefined,
    }));
}

function credentialsOf(record: CredentialsRecord, now: number): CredentialsStatus {
  const state = isFresh(record, now) ? "fresh" : isAlive(record, now) ? "about to end" : "ended";
  return { state, expiresAt: record.credentials.expiration };
}

function signInOf(record: SessionRecord, storedIn: UsedTokenStore | undefined): SignInStatus {
  const expiry = record.idToken === undefined ? undefined : expiryWithoutVerifying(record.idToken);
  return {
    issuer: record.issuer,
    subject: record.subject,
    idTokenExpiresAt: expiry === undefined ? undefined : toIsoSeconds(expiry * 1000),
    hasRefreshToken: record.refreshToken !== undefined,
    notRenewed: record.refusal?.words,
    savedAt: toIsoSeconds(record.savedAt),
    storedIn,
  };
}
