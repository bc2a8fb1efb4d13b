import {
  assumeRoleWithWebIdentity,
  isTegataError,
  signIn,
  TegataError,
  toRoleSessionName,
  type AwsCredentials,
  type IdTokenClaims,
  type PromptPerson,
  type SignIn,
  type SignInSessions,
} from "@tegata/core";
import type { CommandContext } from "./command.ts";
import { singleFlight } from "./single-flight.ts";
import type { ResolvedIdp, ResolvedRole } from "./settings/resolve.ts";
import { credentialsKeyOf, sessionKeyOf, type CredentialsKey } from "./storage/cache-key.ts";
import { isAlive, isFresh, type CredentialsRecord } from "./storage/credentials-cache.ts";

export interface CredentialsRequest {
  readonly idp: ResolvedIdp;
  readonly role: ResolvedRole;
  /** Undefined: nobody may be asked. */
  readonly promptPerson: PromptPerson | undefined;
  /** What is said when something could not be kept; the credentials are handed out all the same. */
  readonly warn: (line: string) => void;
}

/** Credentials, and what is kept of them under which key. */
export interface ObtainedCredentials {
  readonly key: CredentialsKey;
  readonly record: CredentialsRecord;
}

/**
 * How long a process waits for another one that does what it wants, with nothing better to hand out. Most SDKs wait for a
 * minute; the Rust one leaves after twenty seconds.
 */
const patienceMilliseconds = 15_000;

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
  const sessionKey = await sessionKeyOf(request.idp);
  const key = await credentialsKeyOf(sessionKey, request.role);
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
    const quietly = stillAlive ? { ...request, promptPerson: undefined } : request;
    const patience = stillAlive ? 0 : patienceMilliseconds;
    const session = await openSession(quietly, sessionKey, patience, context);
    return await singleFlight(
      {
        locks: context.credentialsLocks,
        name: key.digest.slice(0, 32),
        what: `the credentials of ${request.role.role.arn}`,
        patienceMilliseconds: patience,
        find: findRenewed,
        work: async () => {
          const { claims, credentials } = await mint(session, quietly, sessionKey, patience, context);
          const record = { credentials, ...factsOf(claims, request.role), mintedAt: ports.clock.now() };
          await keepCredentials(key, record, request, context);
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

/** A sign-in by a person, whatever the session could still give, and credentials where a role is named. */
export async function signInAnew(
  request: Omit<CredentialsRequest, "role"> & { readonly role: ResolvedRole | undefined },
  context: CommandContext,
): Promise<{ readonly claims: IdTokenClaims; readonly credentials: AwsCredentials | undefined }> {
  const { cache, sessions, ports, sessionLocks } = context;
  const sessionKey = await sessionKeyOf(request.idp);
  const before = await sessions.load(sessionKey);
  const { idp, promptPerson } = request;
  const keeper: SignInSessions = {
    load: () => Promise.resolve(undefined),
    // Another process may just be renewing the session that this one replaces: not in between.
    save: async ({ issuer, subject, idToken, refreshToken }) => {
      const record = { issuer, subject, idToken, refreshToken, savedAt: ports.clock.now() };
      await singleFlight(
        {
          locks: sessionLocks,
          name: sessionKey.slice(0, 32),
          what: `the sign-in at ${idp.name}`,
          patienceMilliseconds,
          find: () => Promise.resolve(undefined),
          work: () => sessions.save(sessionKey, record),
        },
        ports,
      );
    },
  };
  const { idToken } = await signIn(
    { idp: idp.plugin, settings: idp.settings, sessions: keeper, promptPerson, alwaysAsk: true },
    ports,
  );
  const { claims } = idToken;
  if (before.kind === "found" && before.record.subject !== claims.sub) {
    // What another person's sign-in minted, for whichever profile, is not this one's.
    await cache.forgetSession(sessionKey);
  }
  if (request.role === undefined) {
    return { claims, credentials: undefined };
  }
  const credentials = await assumeRole({ idToken, fromSession: false }, request.role, context);
  const key = await credentialsKeyOf(sessionKey, request.role);
  await cache.store(key, { credentials, ...factsOf(claims, request.role), mintedAt: ports.clock.now() });
  return { claims, credentials };
}

async function mint(
  first: SignIn,
  request: CredentialsRequest,
  sessionKey: string,
  patience: number,
  context: CommandContext,
): Promise<{ readonly claims: IdTokenClaims; readonly credentials: AwsCredentials }> {
  try {
    return { claims: first.idToken.claims, credentials: await assumeRole(first, request.role, context) };
  } catch (error) {
    // AWS has its own idea of how old a token may be: one from the session is worth a second try with a new one.
    if (!first.fromSession || !isTegataError(error) || error.code !== "sts_id_token_expired") {
      throw error;
    }
    context.ports.log(error.message);
    const second = await openSession(request, sessionKey, patience, context, first.idToken.jwt);
    return { claims: second.idToken.claims, credentials: await assumeRole(second, request.role, context) };
  }
}

/**
 * An ID token out of the sign-in session: its own while it lasts, which takes no lock; then by the refresh token, one
 * process at a time, because a refresh token that is used twice ends the session at many an IdP; then by a person, of whom
 * only one process asks.
 *
 * @param refusedIdToken one that AWS did not take: not to be used again
 */
async function openSession(
  request: Omit<CredentialsRequest, "role">,
  sessionKey: string,
  patience: number,
  context: CommandContext,
  refusedIdToken?: string,
): Promise<SignIn> {
  const { sessionLocks, ports, terminal } = context;
  const { idp, promptPerson } = request;
  const keeper = keeperOf(request, sessionKey, context, refusedIdToken);
  const base = { idp: idp.plugin, settings: idp.settings, alwaysAsk: false };
  const alone = { ...base, promptPerson: undefined };
  const findValid = () => unlessSignInRequired(signIn({ ...alone, sessions: idTokenOnly(keeper) }, ports));
  const name = sessionKey.slice(0, 32);
  const valid = await findValid();
  if (valid !== undefined) {
    return valid;
  }
  if ((await keeper.load())?.refreshToken !== undefined) {
    const renewed = await unlessSignInRequired(
      singleFlight(
        {
          locks: sessionLocks,
          name,
          what: `the sign-in at ${idp.name}`,
          patienceMilliseconds: patience,
          find: findValid,
          work: () => signIn({ ...alone, sessions: keeper }, ports),
        },
        ports,
      ),
    );
    if (renewed !== undefined) {
      return renewed;
    }
  }
  if (promptPerson === undefined) {
    throw new TegataError("sign_in_required", "a sign-in in the browser is needed");
  }
  return singleFlight(
    {
      locks: sessionLocks,
      name: `${name}.prompt`,
      what: `the sign-in at ${idp.name}`,
      patienceMilliseconds: promptPatienceMilliseconds,
      onWait: () => terminal.say("another tegata waits for the sign-in in the browser: this one goes on with it"),
      find: findValid,
      work: () => signIn({ ...base, sessions: keeper, promptPerson }, ports),
    },
    ports,
  );
}

/** Longer than any code lives that is not absurd. */
const promptPatienceMilliseconds = 900_000;

async function unlessSignInRequired<Result>(attempt: Promise<Result>): Promise<Result | undefined> {
  try {
    return await attempt;
  } catch (error) {
    if (isTegataError(error) && error.code === "sign_in_required") {
      return undefined;
    }
    throw error;
  }
}

function assumeRole({ idToken }: SignIn, role: ResolvedRole, { ports }: CommandContext): Promise<AwsCredentials> {
  const { claims } = idToken;
  return assumeRoleWithWebIdentity(
    {
      idToken,
      role: role.role,
      roleSessionName: role.roleSessionName ?? toRoleSessionName(claims.email ?? claims.sub),
      durationSeconds: role.durationSeconds,
      region: role.region,
      endpoint: role.stsEndpoint,
      useFipsEndpoint: role.useFipsEndpoint,
      useDualstackEndpoint: role.useDualstackEndpoint,
    },
    ports,
  );
}

/** The session store as a sign-in sees it. */
function keeperOf(
  { warn }: Pick<CredentialsRequest, "warn">,
  sessionKey: string,
  { sessions, ports }: CommandContext,
  refusedIdToken?: string,
): SignInSessions {
  return {
    load: async () => {
      const loaded = await sessions.load(sessionKey);
      if (loaded.kind === "absent") {
        ports.log(`no sign-in session: ${loaded.reason}`);
        return undefined;
      }
      const { record } = loaded;
      return record.idToken === refusedIdToken ? { ...record, idToken: undefined } : record;
    },
    save: async ({ issuer, subject, idToken, refreshToken }) => {
      try {
        await sessions.save(sessionKey, { issuer, subject, idToken, refreshToken, savedAt: ports.clock.now() });
      } catch (error) {
        if (!isTegataError(error)) {
          throw error;
        }
        // The credentials are what counts here; `login` is there for the session's sake and does not come this way.
        warn(`the sign-in cannot be kept: ${error.message}`);
      }
    },
  };
}

/** The session as whoever may not renew it sees it; what comes of that is not kept. */
function idTokenOnly(keeper: SignInSessions): SignInSessions {
  return {
    load: async () => {
      const session = await keeper.load();
      return session && { ...session, refreshToken: undefined };
    },
    save: () => Promise.resolve(),
  };
}

function factsOf(claims: IdTokenClaims, role: ResolvedRole): Pick<CredentialsRecord, "subject" | "issuer" | "roleArn"> {
  return { subject: claims.sub, issuer: claims.iss, roleArn: role.role.arn };
}

async function keepCredentials(
  key: CredentialsKey,
  record: CredentialsRecord,
  { warn }: CredentialsRequest,
  { cache }: CommandContext,
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
