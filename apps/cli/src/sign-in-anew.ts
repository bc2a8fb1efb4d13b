import { signIn, type AwsCredentials, type IdTokenClaims, type SignInSessions } from "@tegata/core";
import type { CommandContext } from "./command.ts";
import { assumeRole, factsOf } from "./credentials-source.ts";
import { forgetCredentialsOfOthers, patienceMilliseconds, type SessionRequest } from "./session-source.ts";
import type { ResolvedRole } from "./settings/resolve.ts";
import { singleFlight } from "./single-flight.ts";
import { credentialsKeyOf, sessionKeyOf } from "./storage/cache-key.ts";

/** A sign-in by a person, whatever the session could still give, and credentials where a role is named. */
export async function signInAnew(
  request: SessionRequest & { readonly role: ResolvedRole | undefined },
  context: CommandContext,
): Promise<{ readonly claims: IdTokenClaims; readonly credentials: AwsCredentials | undefined }> {
  const { cache, sessions, ports, sessionLocks } = context;
  const sessionKey = await sessionKeyOf(request.idp);
  const before = await sessions.load(sessionKey);
  const { idp, promptPerson } = request;
  const keeper: SignInSessions = {
    load: () => Promise.resolve(undefined),
    // Another process may just be renewing the session that this one replaces: not in between.
    save: async ({ issuer, subject, idToken, refreshToken }) => {
      const record = { issuer, subject, idToken, refreshToken, savedAt: ports.clock.now() };
      await singleFlight(
        {
          locks: sessionLocks,
          name: sessionKey.slice(0, 32),
          what: `the sign-in at ${idp.name}`,
          patienceMilliseconds,
          find: () => Promise.resolve(undefined),
          work: () => sessions.save(sessionKey, record),
        },
        ports,
      );
    },
  };
  const { idToken } = await signIn(
    { idp: idp.plugin, settings: idp.settings, sessions: keeper, promptPerson, alwaysAsk: true },
    ports,
  );
  const { claims } = idToken;
  const subjectBefore = before.kind === "found" ? before.record.subject : undefined;
  await forgetCredentialsOfOthers(subjectBefore, claims.sub, sessionKey, context);
  if (request.role === undefined) {
    return { claims, credentials: undefined };
  }
  const credentials = await assumeRole({ idToken, fromSession: false }, request.role, context);
  const key = await credentialsKeyOf(sessionKey, request.role);
  await cache.store(key, { credentials, ...factsOf(claims, request.role), mintedAt: ports.clock.now() });
  return { claims, credentials };
}
