import { isSignInRequired, isTegataError, type PromptPerson, signInRequired, type Steps } from "@tegata/core";
import { currentGeneration, isOfGeneration } from "../session/stored-sign-in.ts";
import { ended, maxBeginnings, patienceMilliseconds } from "../session/open-session.ts";
import type { ResolvedIdp } from "../settings/resolved.ts";
import { isAlive, isFresh } from "../storage/credentials-cache.ts";
import { credentialsKeyOf, sessionKeyOf } from "./cache-key.ts";
import { renewAsWorkload, renewBySession } from "./renew-by-id-token.ts";
import { type ObtainSource, renewByRole } from "./renew-by-role.ts";
import type { CredentialsContext, ObtainedCredentials } from "./renewal.ts";
import { splitSteps } from "./run-steps.ts";

export interface CredentialsRequest {
  readonly idp: ResolvedIdp;
  /** From the ID token to the credentials. */
  readonly steps: Steps;
  /** Undefined: nobody may be asked. */
  readonly promptPerson: PromptPerson | undefined;
  /** True: what is stored is not taken, but for what another process has got since this run began. */
  readonly fresh: boolean;
}

/**
 * AWS credentials by the cheapest way that works: the cached ones while they are fresh, else new ones by what the
 * sign-in session still gives, else, where a person may be asked, by a sign-in. Old ones that still live are handed out
 * when they cannot be renewed without a person, or when another process is just renewing them.
 *
 * Of many processes, one renews and the others take its answer. A process that finds fresh credentials takes no lock. Whose sign-in
 * counts is looked at when something is stored, not when the run began: a run that finds another one then begins again.
 *
 * The credentials of a role that another one assumes are obtained by the same rules, and by this function: those of the role
 * before are stored under the key of the steps so far, and are asked for only when they are not good any more.
 *
 * @throws TegataError `sign_in_required` when only a person could help and nobody may be asked; `storage_locked` when
 *   another process did not get ready
 */
export async function obtainCredentials(
  request: CredentialsRequest,
  context: CredentialsContext,
): Promise<ObtainedCredentials> {
  const { ports, documents } = context;
  const startedAt = ports.clock.now();
  for (let beginning = 1; beginning <= maxBeginnings; beginning += 1) {
    const asked = { ...request, startedAt, patienceMilliseconds };
    const obtained = await obtainOnce(asked, context).catch(async (error: unknown) => {
      if (beginning > 1 && isSignInRequired(error)) {
        await documents.forgetOwn();
      }
      throw error;
    });
    if (obtained !== ended) {
      return obtained;
    }
    ports.log("the sign-in has ended, or someone has signed in again, since this run began: it starts again");
  }
  throw signInRequired();
}

interface Asked extends CredentialsRequest {
  /** When the run began, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** How long to wait for another process, with nothing better to hand out. */
  readonly patienceMilliseconds: number;
}

async function obtainOnce(request: Asked, context: CredentialsContext): Promise<ObtainedCredentials | typeof ended> {
  const { cache, ports } = context;
  const { idp, steps, fresh, startedAt } = request;
  const sessionKey = await sessionKeyOf(idp);
  const key = await credentialsKeyOf(sessionKey, steps);
  const generation = await currentGeneration(sessionKey, context);
  const loaded = await cache.load(key);
  const record = loaded.kind === "found" && isOfGeneration(loaded.record, generation) ? loaded.record : undefined;
  if (record === undefined) {
    ports.log(`no cached credentials: ${loaded.kind === "absent" ? loaded.reason : "they are of an earlier sign-in"}`);
  }
  const cached = fresh ? undefined : record;
  if (cached !== undefined && isFresh(cached, startedAt)) {
    return { key, record: cached };
  }
  const alive = cached !== undefined && isAlive(cached, startedAt) ? cached : undefined;
  const patience = alive === undefined ? request.patienceMilliseconds : 0;
  const search = { key, startedAt, steps, fresh, patienceMilliseconds: patience };
  try {
    // Nobody is asked for what is merely about to end.
    const promptPerson = alive === undefined ? request.promptPerson : undefined;
    const { before, last } = splitSteps(steps);
    if (before !== undefined) {
      const obtainSource: ObtainSource = (asked) =>
        obtainOnce({ ...asked, idp, steps: before, patienceMilliseconds: patience }, context);
      const ofWorkload = idp.kind === "workload" ? { ofWorkload: generation } : undefined;
      return await renewByRole(search, last, obtainSource, promptPerson, ofWorkload, context);
    }
    return await (idp.kind === "workload"
      ? renewAsWorkload(search, last, idp, generation, context)
      : renewBySession(search, last, idp, promptPerson, context));
  } catch (error) {
    // Not those of somebody who has signed out meanwhile.
    const again = alive === undefined ? undefined : await cache.load(key);
    if (alive !== undefined && again?.kind === "found" && isTegataError(error) && error.code !== "interrupted") {
      if (isOfGeneration(again.record, await currentGeneration(sessionKey, context))) {
        ports.log(`the old credentials are handed out, because renewing them failed: ${error.message}`);
        return { key, record: again.record };
      }
    }
    throw error;
  }
}
