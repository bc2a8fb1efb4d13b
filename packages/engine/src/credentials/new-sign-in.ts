import {
  type AwsCredentials,
  type IdTokenClaims,
  type SignIn,
  signIn,
  type SignInSessions,
  type Steps,
  TegataError,
} from "@tegata/core";
import {
  beginSignIn,
  currentGeneration,
  storeCredentials,
  storeWorkloadCredentials,
} from "../session/stored-sign-in.ts";
import { type OpenedSession, type SessionContext, signInHere } from "../session/open-session.ts";
import type { ResolvedInteractiveIdp } from "../settings/resolved.ts";
import { credentialsKeyOf, sessionKeyOf } from "./cache-key.ts";
import type { CredentialsRequest } from "./obtain-credentials.ts";
import { personOf, recordOf, runSteps } from "./run-steps.ts";

/**
 * A new sign-in, even where the session could still give something, and credentials where a role is named. They are for the person who has
 * just signed in, and are stored only while that sign-in is the one that counts.
 *
 * @throws TegataError `sign_in_required` where it is not any more: somebody else has signed in meanwhile, or it was signed out
 */
export async function newSignIn(
  {
    idp,
    promptPerson,
    steps,
  }: Pick<CredentialsRequest, "idp" | "promptPerson"> & {
    /** `undefined`: no role is named. */
    readonly steps: Steps | undefined;
  },
  context: SessionContext,
): Promise<{ readonly claims: IdTokenClaims; readonly credentials: AwsCredentials | undefined }> {
  const sessionKey = await sessionKeyOf(idp);
  const before = idp.kind === "workload" ? await currentGeneration(sessionKey, context) : undefined;
  const signedIn =
    idp.kind === "workload" ? await signInHere(idp, context) : await askPerson(idp, promptPerson, sessionKey, context);
  const { claims } = signedIn.idToken;
  if (steps === undefined) {
    return { claims, credentials: undefined };
  }
  const person = personOf(signedIn.idToken);
  const { ports } = context;
  const { credentials } = await runSteps(steps, signedIn.idToken, ports, async (result, soFar) => {
    const key = await credentialsKeyOf(sessionKey, soFar);
    const record = recordOf(person, result, ports.clock);
    if (!("generation" in signedIn)) {
      await storeWorkloadCredentials(key, record, before, context);
    } else if (!(await storeCredentials(key, { ...record, generation: signedIn.generation }, context))) {
      await refuseUnlessSamePerson(sessionKey, claims, context);
    }
  });
  return { claims, credentials };
}

/**
 * The person who is told to be signed in must be the one whose sign-in counts.
 *
 * @throws TegataError `sign_in_required` where that is somebody else, or nobody
 */
async function refuseUnlessSamePerson(
  sessionKey: string,
  { iss, sub }: IdTokenClaims,
  { sessions }: SessionContext,
): Promise<void> {
  const now = await sessions.identify(sessionKey);
  if (now?.issuer !== iss || now.subject !== sub) {
    const what = now === undefined ? "it was signed out meanwhile" : "somebody else has signed in meanwhile";
    throw new TegataError("sign_in_required", `this sign-in does not count: ${what}`);
  }
}

async function askPerson(
  idp: ResolvedInteractiveIdp,
  promptPerson: CredentialsRequest["promptPerson"],
  sessionKey: string,
  context: SessionContext,
): Promise<OpenedSession> {
  const { ports, sessions: kept } = context;
  // A keyring that is needed and cannot be used is found out before a person is asked.
  await kept.load(sessionKey);
  let generation: string | undefined;
  const sessions: SignInSessions = {
    load: () => Promise.resolve(undefined),
    save: async ({ issuer, subject, idToken, refreshToken }) => {
      const session = { issuer, subject, idToken, refreshToken, savedAt: ports.clock.now() };
      generation = await beginSignIn(sessionKey, session, context);
    },
  };
  const signedIn: SignIn = await signIn(
    {
      idp: idp.plugin,
      settings: idp.settings,
      sessions,
      promptPerson,
      flows: idp.flows,
      wanted: idp.wanted,
      alwaysAsk: true,
    },
    ports,
  );
  return { ...signedIn, generation };
}
