import type * as v from "valibot";
import { correctedNow, observeClocks, wrongClock } from "../oidc/clock-offset.ts";
import { isTegataError, TegataError } from "../base/errors.ts";
import type { OptionsSchema } from "../plugin/format.ts";
import { timesWithoutVerifying, verifyIdToken } from "../oidc/id-token.ts";
import { commandOfRun, hint } from "../base/wording.ts";
import { judgeAccount, judgeAccountDomain, judgeAuthentication, type WantedSignIn } from "../oidc/wanted-sign-in.ts";
import { judgeRequiredClaims, type RequiredClaim } from "../oidc/required-claims.ts";
import type { PersonFlow } from "../oidc/grant.ts";
import type { InteractiveIdp } from "../plugin/idp.ts";
import { discover, type OpenIdProvider } from "../oidc/openid-provider.ts";
import type { Ports, PromptPerson } from "../base/ports.ts";
import { heldBack } from "../oidc/provider-document.ts";
import { isSignInRequired, type RenewalRefusal, signInRequired } from "../base/sign-in-required.ts";
import type { IdTokenClaims, VerifiedIdToken } from "../oidc/verified-id-token.ts";

/**
 * An ID token that ends sooner than this is not used again: STS has to take it a moment later. Of a recent one it is a third
 * of its life where that is less.
 */
const reuseMarginSeconds = 60;

/** What a sign-in leaves behind, so that the next run need not ask a person. Secret. */
export interface SignInSession {
  readonly issuer: string;
  readonly subject: string;
  readonly idToken: string | undefined;
  readonly refreshToken: string | undefined;
  /** Why the identity provider did not renew it, for messages. */
  readonly refusal?: RenewalRefusal | undefined;
  /**
   * Another process got the ID token since this run began: then it is used to its last third, so that many processes that
   * start at once share a token that lives for a minute or less.
   */
  readonly isRecent?: boolean | undefined;
}

/**
 * What a session is saved for: a person has signed in, and it takes the place of what was there; or the one that was
 * loaded goes on with other tokens, which are worth nothing where that one has ended meanwhile.
 */
export type SaveCause = "sign_in" | "renewal";

/** Where one IdP's session is stored. `save` resolves when the session would survive a crash. */
export interface SignInSessions {
  load(): Promise<SignInSession | undefined>;
  save(session: SignInSession, cause: SaveCause): Promise<void>;
}

/** Who signs in where, and whether a person may be asked. */
export interface SignInRequest<Schema extends OptionsSchema> {
  readonly idp: InteractiveIdp<Schema>;
  readonly settings: v.InferOutput<Schema>;
  readonly sessions: SignInSessions;
  /** `undefined`: nobody may be asked. */
  readonly promptPerson: PromptPerson | undefined;
  /** How the person would sign in, the best first; left out, it is the IdP's own choice. */
  readonly flows?: readonly PersonFlow[] | undefined;
  /** As whom and how. What is stored in `sessions` must have been judged by the same. */
  readonly wanted?: WantedSignIn | undefined;
  /** Ask the person even when the session could answer (`tegata login`). */
  readonly alwaysAsk: boolean;
}

/** The outcome of a sign-in. */
export interface SignIn {
  readonly idToken: VerifiedIdToken;
  /** True when the token came out of the session and not from the IdP just now. */
  readonly fromSession: boolean;
}

/**
 * A verified ID token by the cheapest way that works: the session's own while it lasts, then its refresh token, and only
 * then a person. What comes of it is saved before it is returned, and then the provider's documents that it came by.
 *
 * @throws TegataError `sign_in_required` when only a person could help and nobody may be asked; `id_token_wrong_account` when it
 *   is not the account that was asked for: nothing of it is saved
 */
export async function signIn<Schema extends OptionsSchema>(
  request: SignInRequest<Schema>,
  givenPorts: Ports,
): Promise<SignIn> {
  const { idp, settings, sessions, alwaysAsk, wanted = {} } = request;
  // A person who signs in gets rid of what was stored.
  const documents = givenPorts.documents && heldBack(givenPorts.documents, alwaysAsk);
  const ports = observeClocks({ ...givenPorts, documents });
  const { issuer, audience } = idp.expectations(settings);
  const required = idp.requiredClaims?.(settings) ?? [];
  let provider: Promise<OpenIdProvider> | undefined;
  const discoverOnce = () => (provider ??= discover(issuer, ports));

  let session = alwaysAsk ? undefined : await sessions.load();
  const reused = session && (await reuse(session, { ...wanted, required }, discoverOnce, audience, ports));
  if (reused !== undefined) {
    await documents?.release();
    return { idToken: reused, fromSession: true };
  }

  const update = async (change: Partial<SignInSession>): Promise<void> => {
    if (session !== undefined) {
      session = { ...session, ...change };
      await sessions.save(session, "renewal");
    }
  };
  const startedAt = ports.clock.now();
  const acquiring = idp.acquire(settings, {
    ...ports,
    refreshToken: session?.refusal?.isFinal === true ? undefined : session?.refreshToken,
    promptPerson: request.promptPerson,
    flows: request.flows,
    wanted,
    discover: discoverOnce,
    storeRefreshToken: (refreshToken) => update({ refreshToken, idToken: undefined }),
    dropRefreshToken: (refusal) => update({ refreshToken: undefined, idToken: undefined, refusal }),
    storeRefusal: (refusal) => update({ refusal }),
  });
  const grant = await acquiring.catch((error: unknown) => {
    // A run before this one may have heard why.
    throw isSignInRequired(error) && Object.keys(error.details).length === 0 && session?.refusal !== undefined
      ? signInRequired(session.refusal)
      : error;
  });
  const idToken = await verifyIdToken(grant.idToken, await discoverOnce(), audience, ports);
  judgeClock(idToken.claims, ports);
  if (grant.byRefreshToken && session !== undefined && idToken.claims.sub !== session.subject) {
    // It would give the same again: the next run asks for a person instead of for tokens.
    await update({ refreshToken: undefined, idToken: undefined });
    throw new TegataError("id_token_invalid", "the ID token cannot be used: the refresh token gave another subject", {
      hint: hint`${commandOfRun("login")}`,
    });
  }
  try {
    judgeRequiredClaims(idToken, required);
    judgeAccount(idToken.claims, wanted.account, grant.byRefreshToken);
    judgeAccountDomain(idToken.claims, wanted.accountDomains, grant.byRefreshToken);
    // The servers' clock is known by now.
    const sinceStart = ports.clock.now() - startedAt;
    const began = grant.byRefreshToken ? undefined : (correctedNow(ports) - sinceStart) / 1000;
    judgeAuthentication(idToken.claims, wanted, began);
  } catch (error) {
    if (grant.byRefreshToken) {
      await update({ refreshToken: undefined, idToken: undefined });
    }
    throw error;
  }
  const { iss, sub } = idToken.claims;
  await sessions.save(
    { issuer: iss, subject: sub, idToken: idToken.jwt, refreshToken: grant.refreshToken },
    grant.byRefreshToken ? "renewal" : "sign_in",
  );
  await documents?.release();
  return { idToken, fromSession: false };
}

async function reuse(
  session: SignInSession,
  wanted: WantedSignIn & { readonly required: readonly RequiredClaim[] },
  discoverOnce: () => Promise<OpenIdProvider>,
  audience: string,
  ports: Ports,
): Promise<VerifiedIdToken | undefined> {
  if (session.idToken === undefined) {
    return undefined;
  }
  const times = timesWithoutVerifying(session.idToken);
  const thirdOfLife = times.issuedAt === undefined ? 0 : ((times.expiresAt ?? 0) - times.issuedAt) / 3;
  const margin = session.isRecent === true ? Math.min(reuseMarginSeconds, thirdOfLife) : reuseMarginSeconds;
  if (times.expiresAt === undefined || times.expiresAt - margin <= correctedNow(ports) / 1000) {
    ports.log("the id token of the sign-in session has ended");
    return undefined;
  }
  try {
    const idToken = await verifyIdToken(session.idToken, await discoverOnce(), audience, ports);
    judgeRequiredClaims(idToken, wanted.required);
    judgeAccount(idToken.claims, wanted.account, idToken.claims.sub === session.subject);
    judgeAccountDomain(idToken.claims, wanted.accountDomains, idToken.claims.sub === session.subject);
    judgeAuthentication(idToken.claims, wanted, undefined);
    return idToken;
  } catch (error) {
    // A token that no longer verifies (the issuer changed its keys), or is not the account's, is worth a refresh; a network error is not.
    if (isTegataError(error) && error.code.startsWith("id_token_")) {
      ports.log(error.message);
      return undefined;
    }
    throw error;
  }
}

/**
 * Refuses to go on with a clock that is off by more than can be made up for: sooner or later something takes ended tokens
 * for good ones, or good ones for ended. A `Date` alone proves nothing, a proxy may have written it; but a token that was
 * issued just now, by the provider's clock and under its signature, does.
 */
export function judgeClock({ iat }: IdTokenClaims, ports: Ports): void {
  const error = wrongClock(ports);
  if (error === undefined) {
    return;
  }
  const here = ports.clock.now();
  const there = here + (ports.clockOffset?.() ?? 0);
  if (Math.abs(iat * 1000 - there) < Math.abs(iat * 1000 - here)) {
    throw error;
  }
}
