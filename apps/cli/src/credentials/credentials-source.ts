import {
  assumeRoleWithWebIdentity,
  isTegataError,
  TegataError,
  toRoleSessionName,
  type AwsCredentials,
  type IdTokenClaims,
  type SignIn,
  type WorkloadSignIn,
} from "@tegata/core";
import type { CommandContext } from "../command.ts";
import { openSession, patienceMilliseconds, type SessionRequest, signInHere } from "./session-source.ts";
import { singleFlight } from "../storage/single-flight.ts";
import type { ResolvedIdp, ResolvedRole } from "../settings/resolve.ts";
import { credentialsKeyOf, sessionKeyOf, type CredentialsKey } from "../storage/cache-key.ts";
import { isAlive, isFresh, type CredentialsRecord } from "../storage/credentials-cache.ts";

export interface CredentialsRequest extends Pick<SessionRequest, "promptPerson"> {
  readonly idp: ResolvedIdp;
  readonly role: ResolvedRole;
}

/** Credentials, and what is kept of them under which key. */
export interface ObtainedCredentials {
  readonly key: CredentialsKey;
  readonly record: CredentialsRecord;
}

/**
 * AWS credentials by the cheapest way that works: the cached ones while they are fresh, else new ones by what the
 * sign-in session still gives, else, where a person may be asked, by a sign-in. Old ones that still live are handed out
 * when they cannot be renewed without a person, or when another process is just renewing them.
 *
 * Of many processes, one renews and the others take its answer. Whoever finds fresh credentials takes no lock.
 *
 * @throws TegataError `sign_in_required` when only a person could help and nobody may be asked; `storage_locked` when
 *   another process did not get ready
 */
export async function obtainCredentials(
  request: CredentialsRequest,
  context: CommandContext,
): Promise<ObtainedCredentials> {
  const { cache, ports, commandLine } = context;
  const { idp, role } = request;
  const sessionKey = await sessionKeyOf(idp);
  const key = await credentialsKeyOf(sessionKey, role);
  const startedAt = ports.clock.now();
  const loaded = await cache.load(key);
  const cached = loaded.kind === "found" ? loaded.record : undefined;
  if (loaded.kind === "absent") {
    ports.log(`no cached credentials: ${loaded.reason}`);
  }
  if (cached !== undefined && !commandLine.fresh && isFresh(cached, startedAt)) {
    return { key, record: cached };
  }
  const stillAlive = cached !== undefined && !commandLine.fresh && isAlive(cached, startedAt);
  /** What another process minted since this one started counts as new, `--fresh` or not. */
  const findRenewed = async (): Promise<ObtainedCredentials | undefined> => {
    const again = await cache.load(key);
    const record = again.kind === "found" ? again.record : undefined;
    const counts = !commandLine.fresh || (record !== undefined && record.mintedAt >= startedAt);
    return record !== undefined && counts && isFresh(record, ports.clock.now()) ? { key, record } : undefined;
  };
  try {
    // Nobody is asked for what is merely about to end.
    const promptPerson = stillAlive ? undefined : request.promptPerson;
    const patience = stillAlive ? 0 : patienceMilliseconds;
    const open = (refusedIdToken?: string) =>
      idp.kind === "interactive"
        ? openSession({ idp, promptPerson }, sessionKey, patience, context, refusedIdToken)
        : signInHere(idp, context);
    // A session has locks of its own, and a person may be asked; a place is asked by whoever holds the lock alone.
    const opened = idp.kind === "interactive" ? await open() : undefined;
    return await singleFlight(
      {
        locks: context.credentialsLocks,
        name: key.digest.slice(0, 32),
        what: `the credentials of ${role.role.arn}`,
        patienceMilliseconds: patience,
        find: findRenewed,
        work: async () => {
          const { claims, credentials } = await mint(opened ?? (await open()), open, role, context);
          const record = { credentials, ...factsOf(claims, role), mintedAt: ports.clock.now() };
          await keepCredentials(key, record, context);
          return { key, record };
        },
      },
      ports,
    );
  } catch (error) {
    if (stillAlive && isTegataError(error) && error.code !== "interrupted") {
      ports.log(`the old credentials are handed out, because renewing them failed: ${error.message}`);
      return { key, record: cached };
    }
    throw error;
  }
}

async function mint(
  first: SignIn | WorkloadSignIn,
  openAgain: (refusedIdToken: string) => Promise<SignIn | WorkloadSignIn>,
  role: ResolvedRole,
  context: CommandContext,
): Promise<{ readonly claims: IdTokenClaims; readonly credentials: AwsCredentials }> {
  try {
    return { claims: first.idToken.claims, credentials: await assumeRole(first, role, context) };
  } catch (error) {
    // AWS has its own idea of how old a token may be, and finds out first that its key is gone: one from the session is
    // worth a second try with a new one.
    const mayHelp = ["sts_id_token_expired", "id_token_signature_invalid"];
    if (!first.fromSession || !isTegataError(error) || !mayHelp.includes(error.code)) {
      throw error;
    }
    context.ports.log(error.message);
    const second = await openAgain(first.idToken.jwt);
    return { claims: second.idToken.claims, credentials: await assumeRole(second, role, context) };
  }
}

export function assumeRole(
  { idToken }: SignIn | WorkloadSignIn,
  role: ResolvedRole,
  { ports }: Pick<CommandContext, "ports">,
): Promise<AwsCredentials> {
  const { claims } = idToken;
  return assumeRoleWithWebIdentity(
    {
      idToken,
      role: role.role,
      roleSessionName: role.roleSessionName ?? toRoleSessionName(claims.email ?? claims.sub, claims.sub),
      durationSeconds: role.durationSeconds,
      region: role.region,
      endpoint: role.stsEndpoint,
      useFipsEndpoint: role.useFipsEndpoint,
      useDualstackEndpoint: role.useDualstackEndpoint,
    },
    ports,
  );
}

export function factsOf(
  claims: IdTokenClaims,
  role: ResolvedRole,
): Pick<CredentialsRecord, "subject" | "issuer" | "roleArn"> {
  return { subject: claims.sub, issuer: claims.iss, roleArn: role.role.arn };
}

async function keepCredentials(
  key: CredentialsKey,
  record: CredentialsRecord,
  { cache, warn }: CommandContext,
): Promise<void> {
  try {
    await cache.store(key, record);
  } catch (error) {
    if (!isTegataError(error)) {
      throw error;
    }
    warn(`the credentials cannot be kept: ${error.message}`);
  }
}

/** `sign_in_required` with the command that helps; any other error as it is. */
export function withLoginHint(error: unknown, loginCommand: string): unknown {
  if (!isTegataError(error) || error.code !== "sign_in_required") {
    return error;
  }
  return new TegataError(error.code, error.message, { hint: loginCommand, details: error.details, cause: error });
}
