import { type FirstStep, isSignInRequired, isTegataError, type PromptPerson, type StepResult } from "@tegata/core";
import { storeCredentials, storeWorkloadCredentials } from "../session/stored-sign-in.ts";
import {
  askPerson,
  ended,
  mayOpenSession,
  type OpenedSession,
  openSession,
  type SessionRequest,
  signInHere,
} from "../session/open-session.ts";
import type { ResolvedInteractiveIdp, ResolvedWorkload } from "../settings/resolved.ts";
import { type CredentialsContext, findRenewed, type ObtainedCredentials, renewOnce, type Search } from "./renewal.ts";
import { personOf, recordOf } from "./run-steps.ts";

/** By a new ID token of the platform that this process runs on. */
export function renewAsWorkload(
  search: Search,
  step: FirstStep,
  idp: ResolvedWorkload,
  generation: string | undefined,
  context: CredentialsContext,
): Promise<ObtainedCredentials | typeof ended> {
  const { key } = search;
  const { ports } = context;
  return renewOnce(
    search,
    async () => {
      // Where AWS has taken such a token before, there is nothing to warn of.
      const isKnownToAws = (await context.cache.load(key)).kind !== "absent";
      const signedIn = await signInHere(idp, context, isKnownToAws);
      const result = await step.begin(signedIn.idToken, ports);
      const record = recordOf(personOf(signedIn.idToken), result, ports.clock);
      return { key, record: await storeWorkloadCredentials(key, record, generation, context) };
    },
    context,
  );
}

/**
 * By the session, else by a person. The lock of the credentials comes first, so that all who want the same wait for the
 * same and take it as soon as it is there, however long an ID token lives; and nobody holds it while a person is asked, so
 * that those who may ask nobody hear at once that a sign-in is needed.
 */
export async function renewBySession(
  search: Search,
  step: FirstStep,
  idp: ResolvedInteractiveIdp,
  promptPerson: PromptPerson | undefined,
  context: CredentialsContext,
): Promise<ObtainedCredentials | typeof ended> {
  const { key, startedAt, patienceMilliseconds: patience } = search;
  let refusedIdToken: string | undefined;
  const sessionRequest = (): SessionRequest => ({
    idp,
    sessionKey: key.session,
    patienceMilliseconds: patience,
    startedAt,
    refusedIdToken,
  });
  const openAgain = (idToken: string) => {
    refusedIdToken = idToken;
    return openSession(sessionRequest(), context);
  };
  const renewBy = (open: () => Promise<OpenedSession | typeof ended>) =>
    renewOnce(
      search,
      async () => {
        const opened = await open();
        const got = opened === ended ? ended : await getCredentials(opened, openAgain, step, context);
        if (got === ended) {
          return ended;
        }
        const record = {
          ...recordOf(personOf(got.by.idToken), got, context.ports.clock),
          generation: got.by.generation,
        };
        return (await storeCredentials(key, record, context)) ? { key, record } : ended;
      },
      context,
    );
  let needed: unknown;
  if (await mayOpenSession(sessionRequest(), context)) {
    try {
      return await renewBy(() => openSession(sessionRequest(), context));
    } catch (error) {
      if (promptPerson === undefined || !isSignInRequired(error)) {
        throw error;
      }
      needed = error;
    }
  }
  if (promptPerson === undefined) {
    // It says why.
    return renewBy(() => openSession(sessionRequest(), context));
  }
  context.ports.log(isTegataError(needed) ? needed.message : "nobody is signed in");
  return askPerson(
    { ...sessionRequest(), promptPerson },
    () => findRenewed(search, context),
    (opened) => renewBy(() => Promise.resolve(opened)),
    context,
  );
}

/** Credentials, and the sign-in that gave them. */
export interface Got extends StepResult {
  readonly by: OpenedSession;
}

/**
 * Credentials by an ID token, and, where AWS does not take one that was stored, by another.
 *
 * @param openAgain opens the session without that one
 * @throws TegataError `sts_*`; as `openSession` does
 */
export async function getCredentials(
  first: OpenedSession,
  openAgain: (refusedIdToken: string) => Promise<OpenedSession | typeof ended>,
  step: FirstStep,
  { ports }: Pick<CredentialsContext, "ports">,
): Promise<Got | typeof ended> {
  try {
    return { by: first, ...(await step.begin(first.idToken, ports)) };
  } catch (error) {
    // AWS has its own idea of how old a token may be, and finds out first that its key is gone: one from the session is
    // worth a second try with a new one.
    const mayHelp = ["sts_id_token_expired", "id_token_signature_invalid"];
    if (!first.fromSession || !isTegataError(error) || !mayHelp.includes(error.code)) {
      throw error;
    }
    ports.log(error.message);
    const second = await openAgain(first.idToken.jwt);
    return second === ended ? ended : { by: second, ...(await step.begin(second.idToken, ports)) };
  }
}
