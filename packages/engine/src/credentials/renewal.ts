import type { Steps } from "@tegata/core";
import type { Locks } from "../files/lock.ts";
import { singleFlight } from "../files/single-flight.ts";
import { currentGeneration, isOfGeneration } from "../session/stored-sign-in.ts";
import type { ended, SessionContext } from "../session/open-session.ts";
import { type CredentialsKey, type CredentialsRecord, isFresh } from "../storage/credentials-cache.ts";
import type { DocumentCache } from "../storage/document-cache.ts";
import { splitSteps } from "./run-steps.ts";

/** What obtaining credentials works with. */
export interface CredentialsContext extends SessionContext {
  /** One lock for each key of credentials. */
  readonly credentialsLocks: Locks;
  readonly documents: Pick<DocumentCache, "forgetOwn">;
}

/** Credentials, and what is stored of them under which key. */
export interface ObtainedCredentials {
  readonly key: CredentialsKey;
  readonly record: CredentialsRecord;
}

/** What a renewal is to bring. */
export interface Search {
  readonly key: CredentialsKey;
  /** When this run began, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly steps: Steps;
  readonly fresh: boolean;
  readonly patienceMilliseconds: number;
}

/** What another process has got. What it got since this run began counts as new, `--fresh` or not. */
export async function findRenewed(
  { key, startedAt, fresh }: Search,
  context: CredentialsContext,
): Promise<ObtainedCredentials | undefined> {
  const { cache, ports } = context;
  const again = await cache.load(key);
  if (again.kind === "absent") {
    return undefined;
  }
  const { record } = again;
  const counts = !fresh || record.obtainedAt >= startedAt;
  return counts &&
    isFresh(record, ports.clock.now()) &&
    isOfGeneration(record, await currentGeneration(key.session, context))
    ? { key, record }
    : undefined;
}

/** One process gets new credentials; the others look for those while they wait. */
export function renewOnce(
  search: Search,
  work: () => Promise<ObtainedCredentials | typeof ended>,
  context: CredentialsContext,
): Promise<ObtainedCredentials | typeof ended> {
  return singleFlight<ObtainedCredentials | typeof ended>(
    {
      locks: context.credentialsLocks,
      name: search.key.digest.slice(0, 32),
      what: `the credentials of ${splitSteps(search.steps).last.role.arn}`,
      patienceMilliseconds: search.patienceMilliseconds,
      find: () => findRenewed(search, context),
      work,
    },
    context.ports,
  );
}
