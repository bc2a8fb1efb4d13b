import {
  decodeIdToken,
  expiryWithoutVerifying,
  isTegataError,
  type Ports,
  type Steps,
  toIsoSeconds,
  wordingOf,
  type Words,
} from "@tegata/core";
import { credentialsKeyOf, sessionKeyOf } from "../credentials/cache-key.ts";
import { beginningsOf } from "../credentials/run-steps.ts";
import type { StorageFolders } from "../credentials/unstored.ts";
import { isOfGeneration } from "../session/stored-sign-in.ts";
import type { ProfileSettings } from "../settings/resolve-profile.ts";
import { resolveIdp } from "../settings/resolve-idp.ts";
import type { ResolvedIdp } from "../settings/resolved.ts";
import { resolveRole, roleResolver } from "../settings/resolve-role.ts";
import { saidBesides } from "../settings/said-besides.ts";
import type { SettingsFile } from "../settings/settings-file.ts";
import { type CredentialsCache, type CredentialsRecord, isAlive, isFresh } from "../storage/credentials-cache.ts";
import type { LastFailure, LastFailures } from "../storage/last-failure.ts";
import { generationOf, type UsedTokenStore, type SessionRecord, type SessionStore } from "../storage/session-store.ts";

/**
 * What is stored of a profile, or of credentials that belong to none. Nothing of it is secret. Instants are ISO 8601, in UTC.
 * With its words in those of the command line, it is what `tegata status --json` writes.
 */
export interface ProfileStatus {
  readonly profile: string | undefined;
  /** True for the one that a run which names none is about. */
  readonly default?: true | undefined;
  /** The variable that has chosen it for such a run. */
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
  /** As the stored ID token has it; nobody has verified it here. */
  readonly email: string | undefined;
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
  /** True: one profile was asked about. */
  readonly isOfOne: boolean;
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
  const known: Known = {
    stored: chosen === undefined ? storedCredentials(await context.cache.list()) : undefined,
    failures: new Map((await context.failures.list().catch(() => [])).map((each) => [each.profile, each])),
    signIns: new Map(),
    resolveRole: roleResolver(),
  };
  // What a variable says is of use where it says something bad, too.
  const effective = chosen === undefined ? await context.profile().catch(() => undefined) : undefined;
  for (const name of names) {
    // With what was typed for the shell, where it has credentials of this profile.
    if (effective !== undefined && effective.name === name) {
      const apart = { ...known, signIns: new Map<string, KnownSignIn>(), resolveRole };
      const status = await statusOfProfile(effective, apart, context);
      statuses.push({ ...status, default: true, chosenBy: effective.chosenBy });
    } else {
      statuses.push(await statusOfProfile(await context.profile(name), known, context));
    }
  }
  if (known.stored !== undefined) {
    const orphans = orphansOf(known.stored, context.ports.clock.now());
    statuses.push(...orphans, ...ofUnknownProfiles([...known.failures.values()], names));
  }
  const unknown = effective?.unknownAwsProfile;
  return {
    profiles: statuses.filter(
      ({ profile, roleArn, lastFailure }) =>
        profile !== undefined || roleArn !== undefined || lastFailure !== undefined,
    ),
    isOfOne: chosen !== undefined,
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

/** What is found once for all profiles. */
interface Known {
  /** `undefined`: one profile alone is asked about. */
  readonly stored: StoredCredentials | undefined;
  readonly failures: ReadonlyMap<string | undefined, LastFailure>;
  /** By what a profile says of its sign-in: most of a company's file say the same. */
  readonly signIns: Map<string, KnownSignIn>;
  readonly resolveRole: typeof resolveRole;
}

/** A sign-in that profiles have. */
interface KnownSignIn {
  readonly key: string;
  readonly status: Pick<ProfileStatus, "idp" | "idpKind" | "account" | "signIn" | "problem">;
  /** Milliseconds since the epoch; 0: nobody has. */
  readonly signedInAt: number;
  /** `undefined`: nobody is signed in, or nothing of it can be read. */
  readonly generation: string | undefined;
}

async function statusOfProfile(profile: ProfileSettings, known: Known, context: StatusContext): Promise<ProfileStatus> {
  const now = context.ports.clock.now();
  const failure = known.failures.get(profile.name);
  try {
    const {
      key: sessionKey,
      signedInAt,
      generation,
      status: ofSignIn,
    } = await signInOfProfile(profile, known, context);
    const status = { profile: profile.name, ...ofSignIn, roleArn: undefined, credentials: undefined };
    const since = failure?.code === "sign_in_required" ? signedInAt : 0;
    if (profile.raw("role_arn") === undefined) {
      return { ...status, lastFailure: lastFailureOf(failure, since) };
    }
    const { role, steps } = await known.resolveRole(profile);
    const found = await (known.stored?.find(sessionKey, steps) ?? loadOf(sessionKey, steps, context));
    const record = found !== undefined && isOfGeneration(found, generation) ? found : undefined;
    const lastFailure = lastFailureOf(failure, Math.max(since, record?.obtainedAt ?? 0));
    return { ...status, roleArn: role.arn, credentials: record && credentialsOf(record, now), lastFailure };
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

/** The sign-in of a profile; the same as that of another one which says the same of it. */
async function signInOfProfile(profile: ProfileSettings, known: Known, context: StatusContext): Promise<KnownSignIn> {
  const said = saidBesides(profile, ofRoleAlone);
  const found = said === undefined ? undefined : known.signIns.get(said);
  if (found !== undefined) {
    return found;
  }
  const idp = await resolveIdp(profile);
  const key = await sessionKeyOf(idp);
  const { tokenStore, loaded } = await context.sessions.peek(key);
  const record = loaded.kind === "found" ? loaded.record : undefined;
  const problem =
    tokenStore !== undefined && loaded.kind === "absent" ? `the sign-in cannot be read: ${loaded.reason}` : undefined;
  const signIn: KnownSignIn = {
    key,
    status: {
      idp: idp.name,
      idpKind: idp.kind,
      account: idp.kind === "interactive" ? idp.wanted?.account : undefined,
      signIn: record && signInOf(record, tokenStore),
      problem,
    },
    signedInAt: record?.savedAt ?? 0,
    generation: record && generationOf(record),
  };
  if (said !== undefined) {
    known.signIns.set(said, signIn);
  }
  return signIn;
}

/** What no sign-in depends on. */
const ofRoleAlone: ReadonlySet<string> = new Set(["role_arn", "role_session_name", "duration", "region"]);

async function loadOf(session: string, steps: Steps, { cache }: StatusContext): Promise<CredentialsRecord | undefined> {
  const loaded = await cache.load(await credentialsKeyOf(session, steps));
  return loaded.kind === "found" ? loaded.record : undefined;
}

type ListedRecord = Awaited<ReturnType<CredentialsCache["list"]>>[number];

/** All credentials that are stored, and which of them belong to a profile. */
interface StoredCredentials {
  /** Those of the last of these steps; what is stored of the others belongs to the same profile. */
  find(session: string, steps: Steps): Promise<CredentialsRecord | undefined>;
  /** Those that nobody has found. */
  others(): readonly ListedRecord[];
}

function storedCredentials(records: readonly ListedRecord[]): StoredCredentials {
  const byRole = new Map<string, ListedRecord[]>();
  for (const record of records) {
    const both = sessionAndRole(record.key.session, record.roleArn);
    const sameRole = byRole.get(both);
    if (sameRole === undefined) {
      byRole.set(both, [record]);
    } else {
      sameRole.push(record);
    }
  }
  const seen = new Set<string>();
  return {
    find: async (session, steps) => {
      let last: CredentialsRecord | undefined;
      for (const soFar of beginningsOf(steps)) {
        const { role } = soFar.at(-1) ?? soFar[0];
        const ofRole = byRole.get(sessionAndRole(session, role.arn)) ?? [];
        // A key takes longer than a look, and of most profiles of a company nothing is stored.
        const digest = ofRole.length === 0 ? undefined : (await credentialsKeyOf(session, soFar)).digest;
        last = ofRole.find(({ key }) => key.digest === digest);
        if (digest !== undefined) {
          seen.add(digest);
        }
      }
      return last;
    },
    others: () => records.filter(({ key }) => !seen.has(key.digest)),
  };
}

function sessionAndRole(session: string, roleArn: string): string {
  return `${session} ${roleArn}`;
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
function orphansOf(stored: StoredCredentials, now: number): readonly ProfileStatus[] {
  return stored
    .others()
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

/** For people to read, no more: who it is has been proved at the sign-in. */
function emailIn({ idToken }: SessionRecord): string | undefined {
  try {
    return idToken === undefined ? undefined : decodeIdToken(idToken).email;
  } catch {
    return undefined;
  }
}

function signInOf(record: SessionRecord, storedIn: UsedTokenStore | undefined): SignInStatus {
  const expiry = record.idToken === undefined ? undefined : expiryWithoutVerifying(record.idToken);
  return {
    issuer: record.issuer,
    subject: record.subject,
    email: emailIn(record),
    idTokenExpiresAt: expiry === undefined ? undefined : toIsoSeconds(expiry * 1000),
    hasRefreshToken: record.refreshToken !== undefined,
    notRenewed: record.refusal?.words,
    savedAt: toIsoSeconds(record.savedAt),
    storedIn,
  };
}
