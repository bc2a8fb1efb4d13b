import {
  defaultHttpLimits,
  isSignInRequired,
  isTegataError,
  limitedFetch,
  type Machine,
  type PromptPerson,
  type SignIn,
  signIn,
  signInAsWorkload,
  type SignInRequest,
  signInRequired,
  type SignInSession,
  type SignInSessions,
  thisProgram,
  words,
  type WorkloadSignIn,
} from "@tegata/core";
import type { Notify } from "../system/notify.ts";
import type { ResolvedInteractiveIdp, ResolvedWorkload } from "../settings/resolved.ts";
import { generationOf, type SessionIdentity, type SessionRecord } from "../storage/session-store.ts";
import { singleFlight } from "../files/single-flight.ts";
import { beginSignIn, type SignInStorage, storeRenewedSession } from "./stored-sign-in.ts";

/** What opening a session works with. */
export interface SessionContext extends SignInStorage {
  /** Where a workload's token is looked for. */
  readonly machine: Machine;
  readonly notify: Notify;
}

/** A new ID token of the platform that this process runs on. */
export async function signInHere(
  { identity }: ResolvedWorkload,
  { ports, machine, notify }: Pick<SessionContext, "ports" | "machine" | "notify">,
  isKnownToAws = false,
): Promise<WorkloadSignIn> {
  ports.log(`the identity of this process is that of ${identity.platform}`);
  const signedIn = await signInAsWorkload(identity, { ...ports, machine });
  await notify.conceal?.(signedIn.idToken.jwt);
  if (signedIn.warning !== undefined && !isKnownToAws) {
    notify.warn(signedIn.warning);
  }
  return signedIn;
}

/**
 * How long a process waits for another one that does what it wants, with nothing better to hand out. Most SDKs wait for a
 * minute; the Rust one leaves after twenty seconds.
 */
export const patienceMilliseconds = 15_000;

/** Longer than any code lives that is not absurd. */
const promptPatienceMilliseconds = 900_000;

/** For telling the provider that a token is not wanted, while somebody waits for something else. */
const revocationLimits = { ...defaultHttpLimits, timeoutMilliseconds: 5000 };

/** How often a run begins again because the sign-in that it worked with has ended meanwhile. */
export const maxBeginnings = 3;

/** An ID token, and the sign-in that it comes from. */
export interface OpenedSession extends SignIn {
  /** Undefined: nothing tells later runs which one that is. */
  readonly generation: string | undefined;
}

/** The sign-in that a run worked with is not the one that counts any more: nothing of the run is stored or handed out. */
export const ended = Symbol("ended");

export interface SessionRequest {
  readonly idp: ResolvedInteractiveIdp;
  readonly sessionKey: string;
  /** How long to wait for another process that renews the session. */
  readonly patienceMilliseconds: number;
  /** When this run began, in milliseconds since the epoch: what others got since then is meant for it, too. */
  readonly startedAt: number;
  /** One that AWS did not take: not to be used again. */
  readonly refusedIdToken: string | undefined;
}

/**
 * An ID token out of the sign-in session, without asking anybody: its own while it lasts, which takes no lock; then by the
 * refresh token, one process at a time, because a refresh token that is used twice ends the session at many an IdP.
 *
 * @throws TegataError `sign_in_required`
 */
export async function openSession(
  request: SessionRequest,
  context: SessionContext,
): Promise<OpenedSession | typeof ended> {
  const { idp, sessionKey } = request;
  const valid = await findValid(request, context);
  if (valid !== undefined) {
    return valid;
  }
  const session = await loadSession(request, context);
  if (session?.refreshToken === undefined) {
    throw signInRequired(session?.refusal);
  }
  return singleFlight<OpenedSession | typeof ended>(
    {
      locks: context.sessionLocks,
      name: sessionKey.slice(0, 32),
      what: `the sign-in at ${idp.name}`,
      patienceMilliseconds: request.patienceMilliseconds,
      find: () => findValid(request, context),
      work: () => signInBy({}, request, context),
    },
    context.ports,
  );
}

/** True where there is something that could answer without a person: no promise that it does. */
export async function mayOpenSession(request: SessionRequest, context: SessionContext): Promise<boolean> {
  const session = await loadSession(request, context);
  return session?.idToken !== undefined || session?.refreshToken !== undefined;
}

/**
 * A sign-in by a person, of whom one process at a time asks. The others take what it left.
 *
 * @param find looks for what another process has left by now
 * @param use goes on with the sign-in, while the others still wait for what comes of it
 */
export function askPerson<Result>(
  request: SessionRequest & { readonly promptPerson: PromptPerson },
  find: () => Promise<Result | undefined>,
  use: (opened: OpenedSession) => Promise<Result>,
  context: SessionContext,
): Promise<Result | typeof ended> {
  const { sessionKey, promptPerson } = request;
  return singleFlight<Result | typeof ended>(
    {
      locks: context.sessionLocks,
      name: `${sessionKey.slice(0, 32)}.prompt`,
      what: `the sign-in at ${request.idp.name}`,
      patienceMilliseconds: promptPatienceMilliseconds,
      onWait: () =>
        context.notify.say(
          words`another ${thisProgram} waits for the sign-in in the browser: this one goes on with it`,
        ),
      find: async () => {
        const found = await find();
        const valid = found === undefined ? await findValid(request, context) : undefined;
        return valid === undefined ? found : use(valid);
      },
      work: async () => {
        const opened = await signInBy({ promptPerson }, request, context);
        return opened === ended ? ended : use(opened);
      },
    },
    context.ports,
  );
}

/** The session's own ID token, while it lasts. */
async function findValid(request: SessionRequest, context: SessionContext): Promise<OpenedSession | undefined> {
  try {
    const opened = await signInBy({ isIdTokenOnly: true }, request, context);
    return opened === ended ? undefined : opened;
  } catch (error) {
    if (isSignInRequired(error)) {
      return undefined;
    }
    throw error;
  }
}

async function loadSession(
  { sessionKey, refusedIdToken, startedAt }: SessionRequest,
  { sessions, ports }: SessionContext,
): Promise<(SignInSession & SessionRecord) | undefined> {
  const loaded = await sessions.load(sessionKey);
  if (loaded.kind === "absent") {
    ports.log(`no sign-in session: ${loaded.reason}`);
    return undefined;
  }
  const { record } = loaded;
  const idToken = record.idToken === refusedIdToken ? undefined : record.idToken;
  return { ...record, idToken, isRecent: record.savedAt >= startedAt };
}

interface Ways {
  readonly promptPerson?: PromptPerson;
  /** True: a session of which only the ID token counts. */
  readonly isIdTokenOnly?: boolean;
}

/** One sign-in by the core, whose session is stored only while it is still the one that counts. */
async function signInBy(
  { promptPerson, isIdTokenOnly = false }: Ways,
  request: SessionRequest,
  context: SessionContext,
): Promise<OpenedSession | typeof ended> {
  const { idp, sessionKey } = request;
  const { ports, notify } = context;
  let loaded: SessionRecord | undefined;
  let generation: string | undefined;
  let isEnded = false;
  const sessions: SignInSessions = {
    load: async () => {
      const session = await loadSession(request, context);
      loaded = session;
      generation = session && generationOf(session);
      return session && isIdTokenOnly ? { ...session, refreshToken: undefined } : session;
    },
    save: async ({ issuer, subject, idToken, refreshToken, refusal }, cause) => {
      const session = { issuer, subject, idToken, refreshToken, refusal, savedAt: ports.clock.now() };
      try {
        if (cause === "sign_in") {
          generation = undefined;
          generation = await beginSignIn(sessionKey, session, context);
          return;
        }
        const kept = isEnded || (await storeRenewedSession(sessionKey, { ...session, generation }, context));
        if (kept !== true && !kept.isStored) {
          isEnded = true;
          ports.log("the sign-in that this run renewed has ended meanwhile: nothing of it is stored");
          await revokeUnstored(refreshToken, loaded, kept.instead, idp, context);
        }
      } catch (error) {
        if (!isTegataError(error) || error.code === "interrupted") {
          throw error;
        }
        // The credentials are what counts here; `login` is there for the session's sake and does not come this way.
        notify.warn(`the sign-in cannot be stored: ${error.message}`);
      }
    },
  };
  // What nobody may renew is not changed either.
  const lookedAt = isIdTokenOnly ? { ...sessions, save: () => Promise.resolve() } : sessions;
  const asked: SignInRequest<typeof idp.plugin.settings> = {
    idp: idp.plugin,
    settings: idp.settings,
    sessions: lookedAt,
    promptPerson,
    flows: idp.flows,
    wanted: idp.wanted,
    alwaysAsk: false,
  };
  try {
    const signedIn = await signIn(asked, ports);
    return isEnded ? ended : { ...signedIn, generation };
  } catch (error) {
    if (isEnded && isTegataError(error) && error.code !== "interrupted") {
      ports.log(error.message);
      return ended;
    }
    throw error;
  }
}

/**
 * Nobody can use a refresh token that is not stored, and it lives for weeks. Not where the same person has signed in again:
 * many a provider ends all sign-ins of a person with one token.
 */
async function revokeUnstored(
  refreshToken: string | undefined,
  { issuer, subject }: Pick<SessionRecord, "issuer" | "subject"> = { issuer: "", subject: "" },
  instead: SessionIdentity | undefined,
  { plugin, settings }: ResolvedInteractiveIdp,
  { ports, notify }: SessionContext,
): Promise<void> {
  if (refreshToken === undefined || plugin.revoke === undefined) {
    return;
  }
  if (instead?.issuer === issuer && instead.subject === subject) {
    ports.log("its refresh token is not revoked: the same person has signed in again");
    return;
  }
  try {
    const fetch = limitedFetch(ports.fetch, ports.clock, revocationLimits);
    await plugin.revoke(settings, refreshToken, { ...ports, fetch });
    ports.log("its refresh token is revoked");
  } catch (error) {
    if (!isTegataError(error)) {
      throw error;
    }
    notify.warn(`the refresh token of a sign-in that has ended may still live at the provider: ${error.message}`);
  }
}
