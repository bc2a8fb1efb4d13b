import { type AwsCredentials, type IdTokenClaims, type SignIn, signIn, type SignInSessions } from "@tegata/core";
import type { CommandContext } from "../command.ts";
import { assumeRole, type CredentialsRequest, factsOf } from "./credentials-source.ts";
import { forgetCredentialsOfOthers, patienceMilliseconds, type SessionRequest, signInHere } from "./session-source.ts";
import type { ResolvedRole } from "../settings/resolve.ts";
import { singleFlight } from "../storage/single-flight.ts";
import { credentialsKeyOf, sessionKeyOf } from "../storage/cache-key.ts";

/** A sign-in, whatever the session could still give, and credentials where a role is named. */
export async function signInAnew(
  request: Pick<CredentialsRequest, "idp" | "promptPerson"> & { readonly role: ResolvedRole | undefined },
  context: CommandContext,
): Promise<{ readonly claims: IdTokenClaims; readonly credentials: AwsCredentials | undefined }> {
  const { idp, promptPerson, role } = request;
  const sessionKey = await sessionKeyOf(idp);
  const signedIn =
    idp.kind === "workload"
      ? await signInHere(idp, context)
      : await askAnew({ idp, promptPerson }, sessionKey, context);
  const { claims } = signedIn.idToken;
  if (role === undefined) {
    return { claims, credentials: undefined };
  }
  const credentials = await assumeRole(signedIn, role, context);
  const key = await credentialsKeyOf(sessionKey, role);
  await context.cache.store(key, { credentials, ...factsOf(claims, role), mintedAt: context.ports.clock.now() });
  return { claims, credentials };
}

async function askAnew(
  { idp, promptPerson }: SessionRequest,
  sessionKey: string,
  context: CommandContext,
): Promise<SignIn> {
  const { sessions, ports, sessionLocks } = context;
  const before = await sessions.load(sessionKey);
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
  const signedIn = await signIn(
    { idp: idp.plugin, settings: idp.settings, sessions: keeper, promptPerson, alwaysAsk: true },
    ports,
  );
  const subjectBefore = before.kind === "found" ? before.record.subject : undefined;
  await forgetCredentialsOfOthers(subjectBefore, signedIn.idToken.claims.sub, sessionKey, context);
  return signedIn;
}
