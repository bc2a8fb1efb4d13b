import { expiryWithoutVerifying, hint, type RoleArn, TegataError, toIsoSeconds } from "@tegata/core";
import { commandAbout } from "../credentials/about-run.ts";
import { credentialsKeyOf, sessionKeyOf } from "../credentials/cache-key.ts";
import type { ProfileContext } from "../credentials/credentials-of-profile.ts";
import { currentGeneration, isOfGeneration } from "../session/stored-sign-in.ts";
import { resolveIdp } from "../settings/resolve-idp.ts";
import { resolveRole } from "../settings/resolve-role.ts";
import { type CredentialsRecord, isAlive, isFresh } from "../storage/credentials-cache.ts";

/** An ID token that ends sooner is not used again. */
const leastSeconds = 60;

/** A sign-in that is there, as far as this machine knows without a request. */
export interface StillSignedIn {
  /** `undefined`: the run is without a profile. */
  readonly profile: string | undefined;
  /** `undefined`: only a token of this machine says it. */
  readonly issuer: string | undefined;
  readonly subject: string | undefined;
  /** Who is to be signed in, where the settings say it. */
  readonly account: string | undefined;
  /** `undefined`: none is named. */
  readonly role: RoleArn | undefined;
  /**
   * What lasts: `credentials` as they are; `id_token`, which gets new ones; `refresh_token`, which gets both, and of which nobody
   * knows how long it lives; `workload`: a token of this job, pod or machine gets them, and nobody signs in.
   */
  readonly by: "credentials" | "id_token" | "refresh_token" | "workload";
  /** When that ends, ISO 8601 in UTC; `undefined`: nobody knows. */
  readonly expiresAt: string | undefined;
}

/**
 * The sign-in that is there, where it lasts: the next run then asks nobody. Sends no request and changes nothing.
 *
 * @param seconds for how long; `undefined`: until the next run, which renews credentials that are about to end
 * @returns `undefined` where a sign-in is needed
 * @throws TegataError for settings that are incomplete or bad; `storage_unreadable` as a run would
 */
export async function stillSignedIn(
  seconds: number | undefined,
  context: ProfileContext,
): Promise<StillSignedIn | undefined> {
  const profile = await context.profile();
  const idp = await resolveIdp(profile);
  const role = profile.raw("role_arn") === undefined ? undefined : await resolveRole(profile);
  const sessionKey = await sessionKeyOf(idp);
  const account = idp.kind === "interactive" ? idp.wanted?.account : undefined;
  const known = { profile: profile.name, account, role: role?.role };
  const record = role && (await goodCredentials(await credentialsKeyOf(sessionKey, role.steps), seconds, context));
  if (record !== undefined) {
    const { issuer, subject, credentials } = record;
    return { ...known, issuer, subject, by: "credentials", expiresAt: credentials.expiration };
  }
  if (idp.kind === "workload") {
    return { ...known, issuer: idp.issuer, subject: undefined, by: "workload", expiresAt: undefined };
  }
  const lasting = await lastingSession(sessionKey, seconds ?? 0, context);
  return lasting && { ...known, ...lasting };
}

/**
 * The sign-in that is there and lasts, as `stillSignedIn` has it.
 *
 * @throws TegataError `sign_in_required` where there is none
 */
export async function signedInFor(seconds: number | undefined, context: ProfileContext): Promise<StillSignedIn> {
  const still = await stillSignedIn(seconds, context);
  if (still === undefined) {
    const profile = await context.profile();
    throw new TegataError("sign_in_required", `a sign-in is needed${seconds === undefined ? "" : " for that long"}`, {
      hint: hint`${commandAbout(profile, "login")}`,
    });
  }
  return still;
}

async function goodCredentials(
  key: Awaited<ReturnType<typeof credentialsKeyOf>>,
  seconds: number | undefined,
  context: ProfileContext,
): Promise<CredentialsRecord | undefined> {
  const now = context.ports.clock.now();
  const loaded = await context.cache.load(key);
  if (loaded.kind === "absent" || !isOfGeneration(loaded.record, await currentGeneration(key.session, context))) {
    return undefined;
  }
  const { record } = loaded;
  const lasts =
    seconds === undefined
      ? isFresh(record, now)
      : isAlive(record, now) && Date.parse(record.credentials.expiration) - now >= seconds * 1000;
  return lasts ? record : undefined;
}

async function lastingSession(
  sessionKey: string,
  seconds: number,
  { sessions, ports }: ProfileContext,
): Promise<Pick<StillSignedIn, "issuer" | "subject" | "by" | "expiresAt"> | undefined> {
  const loaded = await sessions.load(sessionKey);
  if (loaded.kind === "absent") {
    return undefined;
  }
  const { issuer, subject, idToken, refreshToken, refusal } = loaded.record;
  // A provider that did not renew it once is likely to want the person again.
  if (refreshToken !== undefined && refusal === undefined) {
    return { issuer, subject, by: "refresh_token", expiresAt: undefined };
  }
  const expiry = idToken === undefined ? undefined : expiryWithoutVerifying(idToken);
  const left = (expiry ?? 0) - ports.clock.now() / 1000;
  return expiry !== undefined && left > Math.max(seconds, leastSeconds)
    ? { issuer, subject, by: "id_token", expiresAt: toIsoSeconds(expiry * 1000) }
    : undefined;
}
