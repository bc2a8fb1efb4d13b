import { isTegataError, type Ports, type TegataError } from "@tegata/core";
import type { Notify } from "../system/notify.ts";
import type { CredentialsKey } from "../storage/credentials-cache.ts";
import type { CredentialsCache, CredentialsRecord } from "../storage/credentials-cache.ts";
import type { Locks } from "../files/lock.ts";
import { absent } from "../files/private-record.ts";
import { generationOf, type SessionIdentity, type SessionRecord, type SessionStore } from "../storage/session-store.ts";
import { singleFlight } from "../files/single-flight.ts";
import { randomBytes } from "../storage/token-store-seal.ts";

/**
 * What is stored of one sign-in: its session, the credentials that came from it, the answers that show them. Every change of
 * that happens here, under one short lock, which looks first whether the sign-in is still the one that the change belongs
 * to: a run that was on its way while a person signed out, or another one signed in, leaves nothing behind.
 *
 * The lock is held for files (and the keyring), never for a request.
 */
export interface SignInStorage {
  readonly sessions: SessionStore;
  readonly cache: CredentialsCache;
  /** Of sign-in sessions. */
  readonly sessionLocks: Locks;
  readonly ports: Ports;
}

/** A holder that is stopped is taken over after four seconds; one that is killed, at once. */
const patienceMilliseconds = 15_000;

/**
 * Runs `work` while nobody else changes what is stored of that sign-in. Ctrl-C does not come in between: a refresh token that
 * has just been rotated would be lost.
 *
 * @throws TegataError `storage_locked`
 */
export function whileNobodyStores<Result>(
  sessionKey: string,
  { sessionLocks, ports }: Pick<SignInStorage, "sessionLocks" | "ports">,
  work: () => Promise<Result>,
): Promise<Result> {
  return singleFlight(
    {
      locks: sessionLocks,
      name: `${sessionKey.slice(0, 32)}.store`,
      what: "what is stored of the sign-in",
      patienceMilliseconds,
      find: () => Promise.resolve(undefined),
      work,
    },
    { ...ports, signal: new AbortController().signal },
  );
}

/**
 * The generation of the sign-in that counts now: the session's, or, of one that is not stored, what stands beside its
 * credentials. `undefined`: nobody is signed in, or nothing of it can be read.
 */
export async function currentGeneration(
  sessionKey: string,
  { sessions, cache }: Pick<SignInStorage, "sessions" | "cache">,
): Promise<string | undefined> {
  const session = await sessions.identify(sessionKey).catch(() => undefined);
  return session?.generation ?? (await cache.loadGeneration(sessionKey).catch(() => undefined));
}

/**
 * False for what came from a sign-in that another one has taken the place of. Where nobody is signed in, what is there is
 * right: signing out deletes it.
 */
export function isOfGeneration({ generation }: CredentialsRecord, current: string | undefined): boolean {
  return current === undefined || generation === current;
}

/**
 * True while credentials that a process holds in memory come from the sign-in that counts. Where nobody is signed in, the
 * stored ones tell: signing out deletes them, and a session that is gone alone says nothing about what it gave.
 */
export async function isStillSignedIn(
  key: CredentialsKey,
  { generation }: CredentialsRecord,
  context: Pick<SignInStorage, "sessions" | "cache">,
): Promise<boolean> {
  if (generation === undefined) {
    return true;
  }
  const current = await currentGeneration(key.session, context);
  return current === undefined ? (await context.cache.load(key)).kind === "found" : current === generation;
}

/**
 * Keeps a new sign-in of a person in place of what was there, and forgets what came from that.
 *
 * @returns its generation; `undefined` where nothing can tell later runs that it is the one that counts: then none of its
 *   credentials are to be stored
 * @throws TegataError where the session, or what came from another person, cannot be written over
 */
export function beginSignIn(
  sessionKey: string,
  session: Omit<SessionRecord, "generation">,
  context: SignInStorage,
): Promise<string | undefined> {
  const { sessions, cache } = context;
  return whileNobodyStores(sessionKey, context, async () => {
    const before = await sessions.identify(sessionKey).catch(() => undefined);
    // First, so that a kill in between leaves no credentials beside somebody else's session.
    await cache.forgetSession(sessionKey).catch((error: unknown) => {
      if (before?.subject !== session.subject || before.issuer !== session.issuer) {
        throw error;
      }
    });
    const generation = Buffer.from(randomBytes(16)).toString("hex");
    if (!(await sessions.save(sessionKey, { ...session, generation }))) {
      await cache.storeGeneration(sessionKey, generation);
    }
    return (await currentGeneration(sessionKey, context)) === generation ? generation : undefined;
  });
}

/**
 * Keeps the renewed tokens of a sign-in while it is still the one that counts.
 *
 * @returns where it is not, who is signed in instead: `undefined`, nobody
 */
export function storeRenewedSession(
  sessionKey: string,
  session: SessionRecord,
  context: SignInStorage,
): Promise<{ readonly isStored: true } | { readonly isStored: false; readonly instead: SessionIdentity | undefined }> {
  const { sessions } = context;
  return whileNobodyStores(sessionKey, context, async () => {
    const now = await sessions.identify(sessionKey);
    if (now?.generation !== generationOf(session)) {
      return { isStored: false, instead: now };
    }
    await sessions.save(sessionKey, session);
    return { isStored: true };
  });
}

/**
 * Keeps credentials while the sign-in that they came from is still the one that counts.
 *
 * @returns false where it is not: then nobody is to get them
 */
export async function storeCredentials(
  key: CredentialsKey,
  record: CredentialsRecord,
  context: SignInStorage & { readonly notify: Pick<Notify, "warn"> },
): Promise<boolean> {
  const { cache, ports, notify } = context;
  if (record.generation === undefined) {
    ports.log("the credentials are not stored: nothing tells later runs which sign-in they came from");
    return true;
  }
  return unlessUnwritable(true, notify.warn, () =>
    whileNobodyStores(key.session, context, async () => {
      if ((await currentGeneration(key.session, context)) !== record.generation) {
        return false;
      }
      await cache.store(key, record);
      return true;
    }),
  );
}

/**
 * Keeps the credentials of a workload, which has no session: the first ones set a generation, and signing out removes it.
 *
 * @param before the generation as it was when this run began; undefined, there was none
 * @returns the record as it is stored now
 */
export async function storeWorkloadCredentials(
  key: CredentialsKey,
  record: CredentialsRecord,
  before: string | undefined,
  context: SignInStorage & { readonly notify: Pick<Notify, "warn"> },
): Promise<CredentialsRecord> {
  const { cache, notify } = context;
  return unlessUnwritable(record, notify.warn, () =>
    whileNobodyStores(key.session, context, async () => {
      const now = await cache.loadGeneration(key.session).catch(() => undefined);
      if (before !== undefined && now !== before) {
        return record;
      }
      const generation = now ?? Buffer.from(randomBytes(16)).toString("hex");
      if (now === undefined) {
        await cache.storeGeneration(key.session, generation);
      }
      const stored = { ...record, generation };
      await cache.store(key, stored);
      return stored;
    }),
  );
}

async function unlessUnwritable<Result>(
  otherwise: Result,
  warn: (line: string) => void,
  store: () => Promise<Result>,
): Promise<Result> {
  try {
    return await store();
  } catch (error) {
    if (!isTegataError(error) || error.code === "interrupted") {
      throw error;
    }
    warn(`the credentials cannot be stored: ${error.message}`);
    return otherwise;
  }
}

/** What could be forgotten, and what stood in the way of the rest. */
interface Forgotten {
  /** How many files that were. */
  readonly count: number;
  readonly problem?: TegataError | undefined;
}

/** Forgets what can be forgotten. */
export async function forgetting(forget: () => Promise<number>): Promise<Forgotten> {
  try {
    return { count: await forget() };
  } catch (error) {
    if (!isTegataError(error) || error.code === "interrupted") {
      throw error;
    }
    return { count: 0, problem: error };
  }
}

/** What there was of a sign-in that has been forgotten. */
interface EndedSignIn {
  readonly session: Forgotten;
  readonly credentials: Forgotten;
  /** The one that was forgotten with it: a renewal can have changed it until that very instant. */
  readonly refreshToken: string | undefined;
}

/**
 * Forgets a sign-in and all that came from it, each as far as it can be. A run that is on its way keeps nothing of it afterwards.
 *
 * @param sessionKey the key, or the first half of it; of that, no refresh token is told
 */
export function endSignIn(sessionKey: string, context: SignInStorage): Promise<EndedSignIn> {
  const { sessions, cache } = context;
  return whileNobodyStores(sessionKey, context, async () => {
    const { loaded } = await sessions
      .peek(sessionKey)
      .catch(() => ({ loaded: absent("the session cannot be read") }) as const);
    return {
      session: await forgetting(async () => ((await sessions.forget(sessionKey)) ? 1 : 0)),
      credentials: await forgetting(() => cache.forgetSession(sessionKey)),
      refreshToken: loaded.kind === "found" ? loaded.record.refreshToken : undefined,
    };
  });
}

/** The first halves of the keys of all sign-ins that something is stored of. */
export async function storedSignIns({ sessions, cache }: SignInStorage): Promise<readonly string[]> {
  return [...new Set([...(await sessions.halfKeys()), ...(await cache.halfKeys())])].sort();
}
