import {
  assumeRoleWithWebIdentity,
  isSignInRequired,
  isTegataError,
  type PromptPerson,
  signInRequired,
  toRoleSessionName,
  type AwsCredentials,
  type IdTokenClaims,
  type SignIn,
  type WorkloadSignIn,
} from "@tegata/core";
import {
  currentGeneration,
  isOfGeneration,
  keepCredentials,
  keepWorkloadCredentials,
} from "../session/kept-sign-in.ts";
import {
  askPerson,
  ended,
  maxBeginnings,
  mayOpenSession,
  type OpenedSession,
  openSession,
  patienceMilliseconds,
  type SessionContext,
  type SessionRequest,
  signInHere,
} from "../session/open-session.ts";
import type { Locks } from "../files/lock.ts";
import type { DocumentCache } from "../storage/document-cache.ts";
import { singleFlight } from "../files/single-flight.ts";
import type { ResolvedIdp, ResolvedInteractiveIdp, ResolvedRole, ResolvedWorkload } from "../settings/resolved.ts";
import type { CredentialsKey } from "../storage/credentials-cache.ts";
import { credentialsKeyOf, sessionKeyOf } from "./cache-key.ts";
import { isAlive, isFresh, type CredentialsRecord } from "../storage/credentials-cache.ts";

export interface CredentialsRequest {
  readonly idp: ResolvedIdp;
  readonly role: ResolvedRole;
  /** Undefined: nobody may be asked. */
  readonly promptPerson: PromptPerson | undefined;
  /** True: what is kept is not taken, but for what another process has got since this run began. */
  readonly fresh: boolean;
}

/** What obtaining credentials works with. */
export interface CredentialsContext extends SessionContext {
  /** One lock for each key of credentials. */
  readonly credentialsLocks: Locks;
  readonly documents: Pick<DocumentCache, "forgetOwn">;
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
 * Of many processes, one renews and the others take its answer. Whoever finds fresh credentials takes no lock. Whose sign-in
 * counts is looked at when something is kept, not when the run began: a run that finds another one then begins again.
 *
 * @throws TegataError `sign_in_required` when only a person could help and nobody may be asked; `storage_locked` when
 *   another process did not get ready
 */
export async function obtainCredentials(
  request: CredentialsRequest,
  context: CredentialsContext,
): Promise<ObtainedCredentials> {
  const { ports, documents } = context;
  const startedAt = ports.clock.now();
  for (let beginning = 1; beginning <= maxBeginnings; beginning += 1) {
    const obtained = await obtainOnce(request, startedAt, context).catch(async (error: unknown) => {
      if (beginning > 1 && isSignInRequired(error)) {
        await documents.forgetOwn();
      }
      throw error;
    });
    if (obtained !== ended) {
      return obtained;
    }
    ports.log("the sign-in has ended, or someone has signed in again, since this run began: it starts again");
  }
  throw signInRequired();
}

async function obtainOnce(
  request: CredentialsRequest,
  startedAt: number,
  context: CredentialsContext,
): Promise<ObtainedCredentials | typeof ended> {
  const { cache, ports } = context;
  const { idp, role, fresh } = request;
  const sessionKey = await sessionKeyOf(idp);
  const key = await credentialsKeyOf(sessionKey, role);
  const generation = await currentGeneration(sessionKey, context);
  const loaded = await cache.load(key);
  const record = loaded.kind === "found" && isOfGeneration(loaded.record, generation) ? loaded.record : undefined;
  if (record === undefined) {
    ports.log(`no cached credentials: ${loaded.kind === "absent" ? loaded.reason : "they are of an earlier sign-in"}`);
  }
  const cached = fresh ? undefined : record;
  if (cached !== undefined && isFresh(cached, startedAt)) {
    return { key, record: cached };
  }
  const alive = cached !== undefined && isAlive(cached, startedAt) ? cached : undefined;
  const patience = alive === undefined ? patienceMilliseconds : 0;
  const search = { key, startedAt, role, fresh, patienceMilliseconds: patience };
  try {
    // Nobody is asked for what is merely about to end.
    const promptPerson = alive === undefined ? request.promptPerson : undefined;
    return await (idp.kind === "workload"
      ? renewAsWorkload(search, idp, generation, context)
      : renewBySession(search, idp, promptPerson, context));
  } catch (error) {
    // Not those of somebody who has signed out meanwhile.
    const again = alive === undefined ? undefined : await cache.load(key);
    if (alive !== undefined && again?.kind === "found" && isTegataError(error) && error.code !== "interrupted") {
      if (isOfGeneration(again.record, await currentGeneration(sessionKey, context))) {
        ports.log(`the old credentials are handed out, because renewing them failed: ${error.message}`);
        return { key, record: again.record };
      }
    }
    throw error;
  }
}

interface Search {
  readonly key: CredentialsKey;
  /** When this run began, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly role: ResolvedRole;
  readonly fresh: boolean;
  readonly patienceMilliseconds: number;
}

/** What another process has got. What it got since this run began counts as new, `--fresh` or not. */
async function findRenewed(
  { key, startedAt, fresh }: Search,
  context: CredentialsContext,
): Promise<ObtainedCredentials | undefined> {
  const { cache, ports } = context;
  const again = await cache.load(key);
  if (again.kind === "absent") {
    return undefined;
  }
  const { record } = again;
  const counts = !fresh || record.obtainedAt >= startedAt;
  return counts &&
    isFresh(record, ports.clock.now()) &&
    isOfGeneration(record, await currentGeneration(key.session, context))
    ? { key, record }
    : undefined;
}

/** One process gets new credentials; the others look for those while they wait. */
function renewOnce(
  search: Search,
  work: () => Promise<ObtainedCredentials | typeof ended>,
  context: CredentialsContext,
): Promise<ObtainedCredentials | typeof ended> {
  return singleFlight<ObtainedCredentials | typeof ended>(
    {
      locks: context.credentialsLocks,
      name: search.key.digest.slice(0, 32),
      what: `the credentials of ${search.role.role.arn}`,
      patienceMilliseconds: search.patienceMilliseconds,
      find: () => findRenewed(search, context),
      work,
    },
    context.ports,
  );
}

function renewAsWorkload(
  search: Search,
  idp: ResolvedWorkload,
  generation: string | undefined,
  context: CredentialsContext,
): Promise<ObtainedCredentials | typeof ended> {
  const { key, role } = search;
  const open = () => signInHere(idp, context);
  return renewOnce(
    search,
    async () => {
      const got = await getCredentials(await open(), open, role, context);
      if (got === ended) {
        return ended;
      }
      const record = recordOf(got, role, context);
      return { key, record: await keepWorkloadCredentials(key, record, generation, context) };
    },
    context,
  );
}

/**
 * By the session, else by a person. The lock of the credentials comes first, so that all who want the same wait for the
 * same and take it as soon as it is there, however long an ID token lives; and nobody holds it while a person is asked, so
 * that those who may ask nobody hear at once that a sign-in is needed.
 */
async function renewBySession(
  search: Search,
  idp: ResolvedInteractiveIdp,
  promptPerson: PromptPerson | undefined,
  context: CredentialsContext,
): Promise<ObtainedCredentials | typeof ended> {
  const { key, role, startedAt, patienceMilliseconds: patience } = search;
  let refusedIdToken: string | undefined;
  const sessionRequest = (): SessionRequest => ({
    idp,
    sessionKey: key.session,
    patienceMilliseconds: patience,
    startedAt,
    refusedIdToken,
  });
  const openAgain = (idToken: string) => {
    refusedIdToken = idToken;
    return openSession(sessionRequest(), context);
  };
  const renewBy = (open: () => Promise<OpenedSession | typeof ended>) =>
    renewOnce(
      search,
      async () => {
        const opened = await open();
        const got = opened === ended ? ended : await getCredentials(opened, openAgain, role, context);
        if (got === ended) {
          return ended;
        }
        const record = { ...recordOf(got, role, context), generation: got.by.generation };
        return (await keepCredentials(key, record, context)) ? { key, record } : ended;
      },
      context,
    );
  let needed: unknown;
  if (await mayOpenSession(sessionRequest(), context)) {
    try {
      return await renewBy(() => openSession(sessionRequest(), context));
    } catch (error) {
      if (promptPerson === undefined || !isSignInRequired(error)) {
        throw error;
      }
      needed = error;
    }
  }
  if (promptPerson === undefined) {
    // It says why.
    return renewBy(() => openSession(sessionRequest(), context));
  }
  context.ports.log(isTegataError(needed) ? needed.message : "nobody is signed in");
  return askPerson(
    { ...sessionRequest(), promptPerson },
    () => findRenewed(search, context),
    (opened) => renewBy(() => Promise.resolve(opened)),
    context,
  );
}

interface Got<By extends SignIn | WorkloadSignIn> {
  readonly by: By;
  readonly credentials: AwsCredentials;
}

/** Credentials by an ID token, and, where AWS does not take one that was kept, by another. */
async function getCredentials<By extends SignIn | WorkloadSignIn>(
  first: By,
  openAgain: (refusedIdToken: string) => Promise<By | typeof ended>,
  role: ResolvedRole,
  context: CredentialsContext,
): Promise<Got<By> | typeof ended> {
  try {
    return { by: first, credentials: await assumeRole(first, role, context) };
  } catch (error) {
    // AWS has its own idea of how old a token may be, and finds out first that its key is gone: one from the session is
    // worth a second try with a new one.
    const mayHelp = ["sts_id_token_expired", "id_token_signature_invalid"];
    if (!first.fromSession || !isTegataError(error) || !mayHelp.includes(error.code)) {
      throw error;
    }
    context.ports.log(error.message);
    const second = await openAgain(first.idToken.jwt);
    return second === ended ? ended : { by: second, credentials: await assumeRole(second, role, context) };
  }
}

function recordOf(
  { by, credentials }: Got<SignIn | WorkloadSignIn>,
  role: ResolvedRole,
  { ports }: CredentialsContext,
): CredentialsRecord {
  return { credentials, ...factsOf(by.idToken.claims, role), obtainedAt: ports.clock.now() };
}

export function assumeRole(
  { idToken }: SignIn | WorkloadSignIn,
  role: ResolvedRole,
  { ports }: Pick<CredentialsContext, "ports">,
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
