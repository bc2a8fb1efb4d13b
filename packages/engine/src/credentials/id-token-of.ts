import { type IdTokenForSts, isSignInRequired, type PromptPerson, signInRequired } from "@tegata/core";
import {
  askPerson,
  ended,
  maxBeginnings,
  mayOpenSession,
  openSession,
  patienceMilliseconds,
  type SessionContext,
  type SessionRequest,
  signInHere,
} from "../session/open-session.ts";
import type { ResolvedIdp } from "../settings/resolved.ts";
import { sessionKeyOf } from "./cache-key.ts";

/**
 * An ID token for what it says, and not for AWS: the stored one while it lasts, else one by the refresh token, else, where a person
 * may be asked, by a sign-in.
 *
 * @throws TegataError `sign_in_required` where only a person could help and nobody may be asked; as sign-in and session throw them
 */
export async function idTokenOf(
  idp: ResolvedIdp,
  promptPerson: PromptPerson | undefined,
  context: SessionContext,
): Promise<IdTokenForSts> {
  if (idp.kind === "workload") {
    return (await signInHere(idp, context)).idToken;
  }
  const request: SessionRequest = {
    idp,
    sessionKey: await sessionKeyOf(idp),
    patienceMilliseconds,
    startedAt: context.ports.clock.now(),
    refusedIdToken: undefined,
  };
  for (let beginning = 1; beginning <= maxBeginnings; beginning += 1) {
    const opened = await openOrAsk(request, promptPerson, context);
    if (opened !== ended) {
      return opened.idToken;
    }
    context.ports.log("the sign-in has ended since this run began: it begins again");
  }
  throw signInRequired();
}

async function openOrAsk(
  request: SessionRequest,
  promptPerson: PromptPerson | undefined,
  context: SessionContext,
): ReturnType<typeof openSession> {
  if (promptPerson === undefined || (await mayOpenSession(request, context))) {
    try {
      return await openSession(request, context);
    } catch (error) {
      if (promptPerson === undefined || !isSignInRequired(error)) {
        throw error;
      }
    }
  }
  return askPerson(
    { ...request, promptPerson },
    () => Promise.resolve(undefined),
    (opened) => Promise.resolve(opened),
    context,
  );
}
