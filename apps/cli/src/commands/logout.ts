import { TegataError, toSafeJson } from "@tegata/core";
import {
  warnOfAwsProfile,
  noRefreshToken,
  notAllForgotten,
  type SignedOut,
  signOut,
  untoldMessage,
  forgetting,
  keptSignIns,
  type ProfileSettings,
  resolveIdp,
  type ResolvedIdp,
  resolveProfile,
  listOf,
  sessionKeyOf,
} from "@tegata/engine";
import { jsonFlag, type Command, type CommandContext } from "../command.ts";

/** A sign-in that profiles of the settings file have. */
interface KnownSignIn {
  readonly key: string;
  readonly idp: ResolvedIdp;
  /** In the order of the file; several share one sign-in where provider and settings are the same. */
  readonly profiles: readonly string[];
}

/** Forgets a sign-in and every credential that came of it; revokes the refresh token at the IdP. */
export const logoutCommand: Command = {
  name: "logout",
  summary: "delete a sign-in and its credentials, and revoke it",
  group: "person",
  argument: "profile",
  flags: {
    all: { kind: "boolean", choices: undefined, defaultText: undefined, description: "forget everything of everyone" },
    json: { ...jsonFlag, description: "write what became of each sign-in as one line of JSON, for programs" },
  },
  contradictions: [
    {
      part: "--all",
      excludes: ["PROFILE", "CREDENTIALS"],
      hint: "tegata logout --all forgets everything of everyone; for one sign-in, leave --all out",
    },
  ],
  run: (context) => (context.flags["all"] === true ? logOutOfAll(context) : logOutOfOne(context)),
};

async function logOutOfOne(context: CommandContext): Promise<void> {
  const { documents, terminal } = context;
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
    await documents.forgetAll();
    await context.failures.forget(profile.name);
    return 0;
  });
  await writeLine(signedOut, [...(profile.name === undefined ? [] : [profile.name]), ...others], context);
  warnOf(signedOut, context);
  const problem = signedOut.failure ?? (rest.problem && notAllForgotten(`signed out of ${idp.name}`, rest.problem));
  if (problem === undefined) {
    terminal.say(wordsOf(signedOut, idp.name));
  }
  if (others.length > 0 && signedOut.outcome !== "nothing") {
    terminal.say(`${listOf(others)} used this sign-in too`);
  }
  if (problem !== undefined) {
    throw problem;
  }
}

/** Says of each sign-in what became of it, and ends with the first problem. */
async function logOutOfAll(context: CommandContext): Promise<void> {
  const { cache, sessions, documents, terminal } = context;
  const problems: TegataError[] = [];
  let forgotten = 0;
  let untold: SignedOut | undefined;
  for (const { key, idp, profiles } of await allSignIns(context)) {
    const name = idp?.name ?? "an identity provider of no profile";
    const signedOut = await signOut(key, idp, name, context);
    const { outcome, hadCredentials, failure, isUntold } = signedOut;
    forgotten += outcome !== "nothing" || hadCredentials ? 1 : 0;
    if (isUntold) {
      // The same of each: said once.
      untold ??= signedOut;
      continue;
    }
    if (outcome !== "nothing") {
      await writeLine(signedOut, profiles, context);
      warnOf(signedOut, context);
    }
    problems.push(...(failure === undefined ? [] : [failure]));
  }
  if (untold?.failure !== undefined) {
    const { why = "", failure } = untold;
    const hint = failure.hint === undefined ? {} : { hint: failure.hint };
    await writeLine(untold, [], context);
    problems.push(new TegataError(failure.code, untoldMessage("anybody is signed in", why), hint));
  }
  for (const { count, problem } of [
    await forgetting(() => sessions.forgetAll()),
    await forgetting(() => cache.forgetAll()),
    await forgetting(() => documents.forgetAll()),
    await forgetting(() => context.failures.forgetAll()),
  ]) {
    forgotten += count;
    if (problem !== undefined && problems.length === 0) {
      problems.push(notAllForgotten("signed out where that was possible", problem));
    }
  }
  if (forgotten === 0 && problems.length === 0) {
    await writeLine({ outcome: "nothing", hadCredentials: false }, [], context);
  }
  const [problem, ...others] = problems.filter(
    ({ message }, index) => problems.findIndex((each) => each.message === message) === index,
  );
  for (const { message } of others) {
    terminal.warn(message);
  }
  if (problem !== undefined) {
    throw problem;
  }
  terminal.say(forgotten === 0 ? "there was nothing to forget" : "everything is forgotten");
}

/** `profile` is the one that was named, or the first of the file; a sign-in of no profile has none. */
async function writeLine(
  { outcome, why, oauthError }: SignedOut,
  [profile, ...others]: readonly string[],
  { flags, outside }: CommandContext,
): Promise<void> {
  if (flags["json"] === true) {
    const sharedWith = others.length === 0 ? undefined : others;
    await outside.writeStdout(`${toSafeJson({ profile, sharedWith, outcome, why, error: oauthError })}\n`);
  }
}

function warnOf({ outcome, why }: SignedOut, { terminal }: CommandContext): void {
  if (outcome === "not_revoked" && why !== noRefreshToken) {
    terminal.warn(`the refresh token is forgotten here but may still live at the provider: ${why}`);
  }
}

function wordsOf({ outcome, why, hadCredentials }: SignedOut, name: string): string {
  if (outcome === "nothing") {
    return hadCredentials
      ? `no sign-in at ${name} was kept; its credentials are forgotten`
      : `there was no sign-in at ${name} to forget`;
  }
  return why === noRefreshToken
    ? `signed out of ${name}; there was no refresh token to revoke`
    : `signed out of ${name}`;
}

/** By key, those of every profile that is complete enough to tell. */
async function knownSignIns(
  context: CommandContext,
  resolve: (name: string) => Promise<ProfileSettings>,
): Promise<ReadonlyMap<string, KnownSignIn>> {
  const { profiles } = await context.settingsFile();
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

/** Those, and those that something is kept of although no profile has them. */
async function allSignIns(
  context: CommandContext,
): Promise<readonly (Omit<KnownSignIn, "idp"> & { readonly idp: ResolvedIdp | undefined })[]> {
  const { sessions } = context;
  const known = [...(await knownSignIns(context, (name) => context.profile(name))).values()];
  const isKnown = (halfKey: string) => known.some(({ key }) => key.startsWith(halfKey));
  const readable = await sessions.list().catch(() => []);
  const halfKeys = await keptSignIns(context)
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
