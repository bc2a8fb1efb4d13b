import { TegataError, wordingOf } from "@tegata/core";
import { sessionKeyOf } from "../credentials/cache-key.ts";
import { warnOfAwsProfile } from "../credentials/credentials-of-profile.ts";
import { forgetting, type SignInStorage, storedSignIns } from "../session/stored-sign-in.ts";
import { noRefreshToken, notAllForgotten, type SignedOut, signOut, untoldMessage } from "../session/sign-out.ts";
import { resolveIdp } from "../settings/resolve-idp.ts";
import { type ProfileSettings, resolveProfile } from "../settings/resolve-profile.ts";
import type { ResolvedIdp } from "../settings/resolved.ts";
import type { SettingsFile } from "../settings/settings-file.ts";
import type { DocumentCache } from "../storage/document-cache.ts";
import type { LastChoices } from "../storage/last-choices.ts";
import type { LastFailures } from "../storage/last-failure.ts";
import type { Notify } from "../system/notify.ts";

/** What became of a sign-in that was to be forgotten. */
export interface ForgottenSignIn extends Pick<SignedOut, "outcome" | "why" | "oauthError" | "hadCredentials"> {
  /** What its identity provider is called: the section, or the plugin's id. Undefined: no profile has it. */
  readonly idp: string | undefined;
  /** The profile that this was about, or the first one that has it. */
  readonly profile: string | undefined;
  /** Others that have it, in the order of the settings file. */
  readonly sharedWith: readonly string[];
  /** False: there was none to revoke, so that nothing is left at the provider that this program could end. */
  readonly hadRefreshToken: boolean;
}

/** What is left of one sign-in. */
export interface ForgottenOne extends ForgottenSignIn {
  readonly idp: string;
  /** Something could not be read, or is still here. */
  readonly problem: TegataError | undefined;
}

/** What is left of all that was stored. */
export interface ForgottenAll {
  /** How many things there were to forget: 0, there was nothing. */
  readonly count: number;
  /** What could not be read, or is still here, the worst first; none is said twice. */
  readonly problems: readonly TegataError[];
}

/** What forgetting works with. */
export interface ForgettingContext extends SignInStorage {
  readonly settingsFile: () => Promise<Pick<SettingsFile, "profiles">>;
  readonly profile: (name?: string) => Promise<ProfileSettings>;
  readonly documents: Pick<DocumentCache, "forgetAll">;
  readonly failures: Pick<LastFailures, "forget" | "forgetAll">;
  readonly choices: Pick<LastChoices, "forgetAll">;
  readonly notify: Pick<Notify, "warn">;
}

/** A sign-in that profiles of the settings file have. */
interface KnownSignIn {
  readonly key: string;
  readonly idp: ResolvedIdp;
  /** In the order of the file; several share one sign-in where provider and settings are the same. */
  readonly profiles: readonly string[];
}

/**
 * Forgets the sign-in of the chosen profile with every credential that came from it, and revokes its refresh token at the
 * identity provider. What can be forgotten is, no matter what stands in the way of the rest.
 *
 * @throws TegataError for settings that are incomplete or bad; `storage_locked`
 */
export async function forgetSignIn(context: ForgettingContext): Promise<ForgottenOne> {
  const profile = await context.profile();
  warnOfAwsProfile(profile, context.notify);
  const idp = await resolveIdp(profile);
  const key = await sessionKeyOf(idp);
  // As they are without the flags of this run.
  const known = await knownSignIns(context, (name) =>
    resolveProfile({ ...profile.input, flags: {}, positionalProfile: name }),
  );
  const others = (known.get(key)?.profiles ?? []).filter((name) => name !== profile.name);
  const signedOut = await signOut(key, idp, idp.name, context);
  const rest = await forgetting(async () => {
    // They tell who somebody signed in with. Those of other providers go too: two requests bring them back.
    await context.documents.forgetAll();
    await context.failures.forget(profile.name);
    return 0;
  });
  const left = rest.problem && notAllForgotten(`signed out of ${idp.name}`, rest.problem);
  return {
    ...told(signedOut),
    idp: idp.name,
    profile: profile.name,
    sharedWith: others,
    problem: signedOut.failure ?? left,
  };
}

/**
 * Forgets everything of everyone: every sign-in, as `forgetSignIn` does, and all else that is stored.
 *
 * @param onSignIn told what became of each, as soon as it is known: a provider can take its time
 * @throws TegataError as `readSettingsFile` does; `storage_locked`
 */
export async function forgetAll(
  onSignIn: (signIn: ForgottenSignIn) => Promise<void>,
  context: ForgettingContext,
): Promise<ForgottenAll> {
  const { cache, sessions, documents, failures, choices } = context;
  const problems: TegataError[] = [];
  let count = 0;
  let untold: SignedOut | undefined;
  for (const { key, idp, profiles } of await allSignIns(context)) {
    const signedOut = await signOut(key, idp, idp?.name ?? "an identity provider of no profile", context);
    const { outcome, hadCredentials, failure, isUntold } = signedOut;
    count += outcome !== "nothing" || hadCredentials ? 1 : 0;
    if (isUntold) {
      // The same of each: said once.
      untold ??= signedOut;
      continue;
    }
    if (outcome !== "nothing") {
      const [profile, ...sharedWith] = profiles;
      await onSignIn({ ...told(signedOut), idp: idp?.name, profile, sharedWith });
    }
    problems.push(...(failure === undefined ? [] : [failure]));
  }
  if (untold?.failure !== undefined) {
    const { why = "", failure } = untold;
    await onSignIn({ ...told(untold), idp: undefined, profile: undefined, sharedWith: [] });
    problems.push(
      new TegataError(failure.code, untoldMessage("anybody is signed in", why), { hint: wordingOf(failure).hint }),
    );
  }
  for (const rest of [
    await forgetting(() => sessions.forgetAll()),
    await forgetting(() => cache.forgetAll()),
    await forgetting(() => documents.forgetAll()),
    await forgetting(() => failures.forgetAll()),
    await forgetting(() => choices.forgetAll()),
  ]) {
    count += rest.count;
    if (rest.problem !== undefined && problems.length === 0) {
      problems.push(notAllForgotten("signed out where that was possible", rest.problem));
    }
  }
  const isFirst = ({ message }: TegataError, index: number) =>
    problems.findIndex((each) => each.message === message) === index;
  return { count, problems: problems.filter(isFirst) };
}

function told({ outcome, why, oauthError, hadCredentials }: SignedOut) {
  const hadRefreshToken = outcome === "revoked" || (outcome === "not_revoked" && why !== noRefreshToken);
  return { outcome, why, oauthError, hadCredentials, hadRefreshToken };
}

/** By key, those of every profile that is complete enough to tell. */
async function knownSignIns(
  { settingsFile }: ForgettingContext,
  resolve: (name: string) => Promise<ProfileSettings>,
): Promise<ReadonlyMap<string, KnownSignIn>> {
  const { profiles } = await settingsFile();
  const found = new Map<string, KnownSignIn>();
  for (const name of profiles.keys()) {
    const idp = await resolveIdp(await resolve(name)).catch(() => undefined);
    if (idp !== undefined) {
      const key = await sessionKeyOf(idp);
      const others = found.get(key)?.profiles ?? [];
      found.set(key, { key, idp: found.get(key)?.idp ?? idp, profiles: [...others, name] });
    }
  }
  return found;
}

/** Those, and those that something is stored of although no profile has them. */
async function allSignIns(
  context: ForgettingContext,
): Promise<readonly (Omit<KnownSignIn, "idp"> & { readonly idp: ResolvedIdp | undefined })[]> {
  const { sessions } = context;
  const known = [...(await knownSignIns(context, (name) => context.profile(name))).values()];
  const isKnown = (halfKey: string) => known.some(({ key }) => key.startsWith(halfKey));
  const readable = await sessions.list().catch(() => []);
  const halfKeys = await storedSignIns(context)
    .catch(() => sessions.halfKeys())
    .catch(() => []);
  const others = halfKeys.filter((halfKey) => !isKnown(halfKey));
  return [
    ...known,
    ...others.map((halfKey) => ({
      key: readable.find(({ key }) => key.startsWith(halfKey))?.key ?? halfKey,
      idp: undefined,
      profiles: [],
    })),
  ];
}
