import { expiryWithoutVerifying, type RoleArn, toIsoSeconds } from "@tegata/core";
import { credentialsKeyOf, sessionKeyOf } from "../credentials/cache-key.ts";
import type { ProfileContext } from "../credentials/credentials-of-profile.ts";
import { currentGeneration, isOfGeneration } from "../session/stored-sign-in.ts";
import { resolveIdp } from "../settings/resolve-idp.ts";
import { resolveRole } from "../settings/resolve-role.ts";
import type { ResolvedIdp } from "../settings/resolved.ts";
import { type CredentialsRecord, isAlive, isFresh } from "../storage/credentials-cache.ts";

/** An ID token that ends sooner is not used again. */
const leastSeconds = 60;

/** A sign-in that is there, as far as this machine knows without a request. */
export interface StillSignedIn {
  /** `undefined`: the run is without a profile. */
  readonly profile: string | undefined;
  readonly issuer: string;
  readonly subject: string;
  /** Who is to be signed in, where the settings say it. */
  readonly account: string | undefined;
  /** `undefined`: none is named. */
  readonly role: RoleArn | undefined;
  /**
   * What lasts: `credentials` as they are; `id_token`, which gets new ones; `refresh_token`, which gets both, and of which nobody
   * knows how long it lives.
   */
  readonly by: "credentials" | "id_token" | "refresh_token";
  /** When that ends, ISO 8601 in UTC; `undefined`: a refresh token. */
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
  const lasting = await lastingSession(sessionKey, idp, seconds ?? 0, context);
  return lasting && { ...known, ...lasting };
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
  { kind }: ResolvedIdp,
  seconds: number,
  { sessions, ports }: ProfileContext,
): Promise<Pick<StillSignedIn, "issuer" | "subject" | "by" | "expiresAt"> | undefined> {
  const loaded = kind === "workload" ? undefined : await sessions.load(sessionKey);
  if (loaded === undefined || loaded.kind === "absent") {
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
