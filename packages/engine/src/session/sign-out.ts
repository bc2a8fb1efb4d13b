import { command, hint, type HintInput, isTegataError, shownPath, TegataError, wordingOf, words } from "@tegata/core";
import { endSignIn, type SignInStorage } from "./stored-sign-in.ts";
import type { ResolvedIdp } from "../settings/resolved.ts";
import type { Loaded } from "../files/private-record.ts";
import type { SessionRecord } from "../storage/session-store.ts";

/** What became of a sign-in. `nothing`: none was stored here; `unreadable`: nobody can tell, and nothing was revoked. */
export type SignOutOutcome = "revoked" | "not_revoked" | "nothing" | "unreadable";

export interface SignedOut {
  readonly outcome: SignOutOutcome;
  /** Why it was not revoked, or could not be read. */
  readonly why?: string | undefined;
  /** The OAuth error of a provider that refused. */
  readonly oauthError?: string | undefined;
  /** Of what is unreadable: nobody can tell whether there is a sign-in at all. */
  readonly isUntold?: boolean | undefined;
  /** Credentials that came from it were forgotten. */
  readonly hadCredentials: boolean;
  /** What the command ends with: something could not be read, or is still here. */
  readonly failure?: TegataError | undefined;
}

/** What is told to the provider, or why it is not. */
type Revocation = Pick<SignedOut, "outcome" | "why" | "oauthError" | "isUntold"> & {
  /** Of what could not be read: the next thing to do. */
  readonly hint?: HintInput | undefined;
};

/** Why a sign-in that only an ID token is stored of is not revoked. */
export const noRefreshToken = "it had no refresh token";

const atProvider = "end the session in the identity provider's own pages";

/**
 * Ends a sign-in: revokes its refresh token, and forgets it and every credential that came from it. Nothing keeps it from
 * forgetting what it can: a provider that is out of reach, or a session that cannot be read, is no reason to keep anything.
 *
 * @param sessionKey the key, or the first half of it where the record that has the rest cannot be read
 * @param idp where its refresh token is revoked; undefined: nobody knows
 * @param name what it is called in messages: that of its identity provider
 */
export async function signOut(
  sessionKey: string,
  idp: ResolvedIdp | undefined,
  name: string,
  context: SignInStorage,
): Promise<SignedOut> {
  const before = await look(sessionKey, context);
  const first = typeof before === "string" ? await revoke(before, idp, context) : before;
  const { session, credentials, refreshToken } = await endSignIn(sessionKey, context);
  // A run can have renewed the sign-in meanwhile.
  const isOther = refreshToken !== undefined && refreshToken !== before;
  const {
    outcome,
    why,
    oauthError,
    hint: advice,
    isUntold,
  } = isOther ? await revoke(refreshToken, idp, context) : first;
  const left = session.problem ?? credentials.problem;
  const isUnreadable = outcome === "unreadable" || (outcome === "nothing" && session.problem !== undefined);
  const reason = why ?? session.problem?.message;
  const message = isUntold
    ? untoldMessage(`anybody is signed in at ${name}`, reason ?? "")
    : unreadableMessage(name, reason ?? "", session.problem === undefined);
  const failure = isUnreadable
    ? new TegataError("storage_unreadable", message, {
        hint: (session.problem && wordingOf(session.problem).hint) ?? advice ?? atProvider,
      })
    : left && notAllForgotten(`signed out of ${name}`, left);
  return {
    outcome: isUnreadable ? "unreadable" : outcome,
    why: isUnreadable ? reason : why,
    oauthError,
    isUntold,
    hadCredentials: credentials.count > 0,
    failure,
  };
}

function unreadableMessage(name: string, reason: string, isForgotten: boolean): string {
  const here = isForgotten
    ? "is forgotten here, but could not be read"
    : "could not be read, and is still on this disk";
  return `the sign-in at ${name} ${here}: it was not revoked, and may still be valid at the provider: ${reason}`;
}

/** @param what worded to follow "whether" */
export function untoldMessage(what: string, reason: string): string {
  return `nobody can tell whether ${what}, so no sign-in was revoked: ${reason}`;
}

/** @param done what was done before the failure */
export function notAllForgotten(done: string, left: TegataError): TegataError {
  const said = wordingOf(left);
  return new TegataError(left.code, words`${done}, but not everything is forgotten here: ${said.message}`, {
    hint: said.hint ?? atProvider,
  });
}

/** What is no bug and no Ctrl-C. */
function knownError(error: unknown): TegataError {
  if (!isTegataError(error) || error.code === "interrupted") {
    throw error;
  }
  return error;
}

/** The refresh token of a sign-in, or what became of one that has none. */
async function look(sessionKey: string, { sessions }: SignInStorage): Promise<string | Revocation> {
  let loaded: Loaded<SessionRecord>;
  try {
    const peeked = await sessions.peek(sessionKey);
    loaded = peeked.loaded;
    if (loaded.kind === "found") {
      return loaded.record.refreshToken ?? { outcome: "not_revoked", why: noRefreshToken };
    }
    if (peeked.tokenStore !== undefined) {
      const advice = [hint`${atProvider}`, hint`before the next ${command("logout")}, unlock the keyring`];
      return { outcome: "unreadable", why: loaded.reason, hint: advice };
    }
    // A folder of which nothing is used, or that cannot be looked into, has no record either.
    await sessions.halfKeys();
  } catch (error) {
    const isUntold = (await sessions.isThere(sessionKey)) !== true;
    return { outcome: "unreadable", why: knownError(error).message, isUntold };
  }
  if ((await sessions.isThere(sessionKey)) !== true) {
    return { outcome: "nothing" };
  }
  const reason = sessionKey.length === 64 ? loaded.reason : "no profile has it";
  return { outcome: "unreadable", why: `${shownPath(sessions.pathOf(sessionKey) ?? "")}: ${reason}` };
}

async function revoke(
  refreshToken: string,
  idp: ResolvedIdp | undefined,
  { ports }: SignInStorage,
): Promise<Revocation> {
  if (idp === undefined || idp.kind === "workload") {
    return { outcome: "not_revoked", why: "no profile of the settings file names its identity provider" };
  }
  if (idp.plugin.revoke === undefined) {
    return { outcome: "not_revoked", why: `there is no way to revoke it at ${idp.plugin.id}` };
  }
  try {
    await idp.plugin.revoke(idp.settings, refreshToken, ports);
    return { outcome: "revoked" };
  } catch (error) {
    const { message, details } = knownError(error);
    const { error: oauthError } = details;
    return {
      outcome: "not_revoked",
      why: message,
      oauthError: typeof oauthError === "string" ? oauthError : undefined,
    };
  }
}
