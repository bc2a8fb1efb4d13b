import {
  isSignInRequired,
  isTegataError,
  type PromptPerson,
  type SignIn,
  signIn,
  signInAsWorkload,
  signInRequired,
  type SignInSessions,
  type TegataError,
  type WorkloadSignIn,
} from "@tegata/core";
import type { CommandContext } from "../command.ts";
import type { ResolvedInteractiveIdp, ResolvedWorkload } from "../settings/resolve.ts";
import { singleFlight } from "../storage/single-flight.ts";

export interface SessionRequest {
  readonly idp: ResolvedInteractiveIdp;
  /** Undefined: nobody may be asked. */
  readonly promptPerson: PromptPerson | undefined;
}

/** A new ID token of the place that this process runs in. */
export function signInHere(
  { identity }: ResolvedWorkload,
  { ports, outside }: CommandContext,
): Promise<WorkloadSignIn> {
  ports.log(`the identity of this process is that of ${identity.place}`);
  return signInAsWorkload(identity, { ...ports, machine: outside.machine });
}

/**
 * How long a process waits for another one that does what it wants, with nothing better to hand out. Most SDKs wait for a
 * minute; the Rust one leaves after twenty seconds.
 */
export const patienceMilliseconds = 15_000;

/**
 * An ID token out of the sign-in session: its own while it lasts, which takes no lock; then by the refresh token, one
 * process at a time, because a refresh token that is used twice ends the session at many an IdP; then by a person, of whom
 * only one process asks.
 *
 * @param refusedIdToken one that AWS did not take: not to be used again
 */
export async function openSession(
  request: SessionRequest,
  sessionKey: string,
  patience: number,
  context: CommandContext,
  refusedIdToken?: string,
): Promise<SignIn> {
  const { sessionLocks, ports, terminal } = context;
  const { idp, promptPerson } = request;
  const keeper = keeperOf(sessionKey, context, refusedIdToken);
  const base = { idp: idp.plugin, settings: idp.settings, alwaysAsk: false };
  const alone = { ...base, promptPerson: undefined };
  const findValid = () => unlessSignInRequired(signIn({ ...alone, sessions: idTokenOnly(keeper) }, ports));
  const name = sessionKey.slice(0, 32);
  const valid = await findValid();
  if (valid !== undefined) {
    return valid;
  }
  let refused: TegataError | undefined;
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
      (error) => {
        refused = error;
      },
    );
    if (renewed !== undefined) {
      return renewed;
    }
  }
  if (promptPerson === undefined) {
    throw refused ?? signInRequired((await keeper.load())?.refusal);
  }
  return singleFlight(
    {
      locks: sessionLocks,
      name: `${name}.prompt`,
      what: `the sign-in at ${idp.name}`,
      patienceMilliseconds: promptPatienceMilliseconds,
      onWait: () => terminal.say("another tegata waits for the sign-in in the browser: this one goes on with it"),
      find: findValid,
      work: async () => {
        const before = await keeper.load();
        const signedIn = await signIn({ ...base, sessions: keeper, promptPerson }, ports);
        await forgetCredentialsOfOthers(before?.subject, signedIn.idToken.claims.sub, sessionKey, context);
        return signedIn;
      },
    },
    ports,
  );
}

/**
 * What another person's sign-in minted, for whichever profile, is not this one's; nor is what nobody knows the owner of.
 *
 * @param before the subject of the session that a person's sign-in has just replaced, where there was one
 */
export async function forgetCredentialsOfOthers(
  before: string | undefined,
  subject: string,
  sessionKey: string,
  { cache }: CommandContext,
): Promise<void> {
  if (before !== subject) {
    await cache.forgetSession(sessionKey);
  }
}

/** Longer than any code lives that is not absurd. */
const promptPatienceMilliseconds = 900_000;

async function unlessSignInRequired<Result>(
  attempt: Promise<Result>,
  onRefusal?: (error: TegataError) => void,
): Promise<Result | undefined> {
  try {
    return await attempt;
  } catch (error) {
    if (isSignInRequired(error)) {
      onRefusal?.(error);
      return undefined;
    }
    throw error;
  }
}

/** The session store as a sign-in sees it. */
function keeperOf(
  sessionKey: string,
  { sessions, ports, warn }: CommandContext,
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
    save: async (session) => {
      try {
        await sessions.save(sessionKey, { ...session, savedAt: ports.clock.now() });
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
