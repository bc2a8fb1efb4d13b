import { isTegataError } from "@tegata/core";
import type { Command, CommandContext } from "../command.ts";
import { warnOfAwsProfile } from "../credentials/credentials-of-profile.ts";
import { resolveIdp, type ResolvedIdp } from "../settings/resolve.ts";
import { sessionKeyOf } from "../storage/cache-key.ts";
import { endSignIn, keptSignIns } from "../credentials/kept-sign-in.ts";
import { lastFailuresOf } from "../credentials/unseen-failure.ts";

/** Forgets a sign-in and every credential that came of it; revokes the refresh token at the IdP. */
export const logoutCommand: Command = {
  name: "logout",
  summary: "forget a sign-in and its credentials, and revoke it",
  group: "person",
  argument: "profile",
  flags: {
    all: { kind: "boolean", choices: undefined, defaultText: undefined, description: "forget everything of everyone" },
  },
  contradictions: [
    {
      part: "--all",
      excludes: ["PROFILE", "CREDENTIALS"],
      hint: "tegata logout --all forgets everything of everyone; for one sign-in, leave --all out",
    },
  ],
  async run(context) {
    const { cache, sessions, documents, terminal, flags } = context;
    if (flags["all"] === true) {
      for (const idp of await knownIdps(context)) {
        await revoke(idp, context);
      }
      const ended = await Promise.all((await keptSignIns(context)).map((halfKey) => endSignIn(halfKey, context)));
      const forgotten =
        ended.filter(({ hadSession, hadCredentials }) => hadSession || hadCredentials).length +
        (await sessions.forgetAll()) +
        (await cache.forgetAll()) +
        (await documents.forgetAll()) +
        (await lastFailuresOf(context).forgetAll());
      terminal.say(forgotten === 0 ? "there was nothing to forget" : "everything is forgotten");
      return;
    }
    const profile = await context.profile();
    warnOfAwsProfile(profile, context);
    const idp = await resolveIdp(profile);
    const key = await sessionKeyOf(idp);
    const revoked = await revoke(idp, context);
    const { hadSession, hadCredentials, refreshToken } = await endSignIn(key, context);
    if (refreshToken !== revoked) {
      // A run has renewed the sign-in meanwhile.
      await revokeToken(idp, refreshToken, context);
    }
    // They tell who somebody signed in with. Those of other providers go too: two requests bring them back.
    await documents.forgetAll();
    await lastFailuresOf(context).forget(profile.name);
    terminal.say(
      hadSession || hadCredentials ? `signed out of ${idp.name}` : `there was no sign-in at ${idp.name} to forget`,
    );
  },
};

/**
 * Never in the way of forgetting: an IdP that is out of reach is no reason to keep anything.
 *
 * @returns the refresh token that was there
 */
async function revoke(idp: ResolvedIdp, context: CommandContext): Promise<string | undefined> {
  if (idp.kind === "workload") {
    return undefined;
  }
  const { loaded } = await context.sessions.peek(await sessionKeyOf(idp));
  const refreshToken = loaded.kind === "found" ? loaded.record.refreshToken : undefined;
  await revokeToken(idp, refreshToken, context);
  return refreshToken;
}

async function revokeToken(
  idp: ResolvedIdp,
  refreshToken: string | undefined,
  { ports, terminal }: CommandContext,
): Promise<void> {
  if (idp.kind === "workload" || refreshToken === undefined || idp.plugin.revoke === undefined) {
    return;
  }
  try {
    await idp.plugin.revoke(idp.settings, refreshToken, ports);
  } catch (error) {
    if (!isTegataError(error) || error.code === "interrupted") {
      throw error;
    }
    terminal.warn(`the refresh token is forgotten here but may still live at the provider: ${error.message}`);
  }
}

/** The IdPs of every profile that is complete enough to tell. */
async function knownIdps(context: CommandContext): Promise<readonly ResolvedIdp[]> {
  const { profiles } = await context.settingsFile();
  const found = new Map<string, ResolvedIdp>();
  for (const name of profiles.keys()) {
    const idp = await resolveIdp(await context.profile(name)).catch(() => undefined);
    if (idp !== undefined) {
      found.set(await sessionKeyOf(idp), idp);
    }
  }
  return [...found.values()];
}
