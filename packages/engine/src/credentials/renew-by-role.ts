import { isSignInRequired, isTegataError, type NextStep, type PromptPerson } from "@tegata/core";
import { storeCredentials, storeWorkloadCredentials } from "../session/stored-sign-in.ts";
import { ended } from "../session/open-session.ts";
import type { CredentialsRecord } from "../storage/credentials-cache.ts";
import { type CredentialsContext, type ObtainedCredentials, renewOnce, type Search } from "./renewal.ts";
import { recordOf } from "./run-steps.ts";

/** How the credentials of the role before are to be got. */
export interface SourceRequest {
  readonly promptPerson: PromptPerson | undefined;
  readonly fresh: boolean;
  /** What was got since then counts as new, in milliseconds since the epoch. */
  readonly startedAt: number;
}

export type ObtainSource = (request: SourceRequest) => Promise<ObtainedCredentials | typeof ended>;

/**
 * By the credentials of the role before, which are got as any others are: from what is stored, by one process at a time. Nobody
 * holds the lock of these credentials while a person is asked.
 *
 * @param generation of a workload, as it was when this run began
 */
export async function renewByRole(
  search: Search,
  step: NextStep,
  obtainSource: ObtainSource,
  promptPerson: PromptPerson | undefined,
  generation: { readonly ofWorkload: string | undefined } | undefined,
  context: CredentialsContext,
): Promise<ObtainedCredentials | typeof ended> {
  const { key, startedAt, fresh } = search;
  const request: SourceRequest = { promptPerson: undefined, fresh, startedAt };
  const renewBy = (open: () => Promise<ObtainedCredentials | typeof ended>) =>
    renewOnce(
      search,
      async () => {
        const source = await open();
        const record = source === ended ? ended : await goOn(step, source.record, obtainSource, request, context);
        if (record === ended) {
          return ended;
        }
        if (generation !== undefined) {
          return { key, record: await storeWorkloadCredentials(key, record, generation.ofWorkload, context) };
        }
        return (await storeCredentials(key, record, context)) ? { key, record } : ended;
      },
      context,
    );
  try {
    return await renewBy(() => obtainSource(request));
  } catch (error) {
    if (promptPerson === undefined || !isSignInRequired(error)) {
      throw error;
    }
  }
  const source = await obtainSource({ ...request, promptPerson });
  return source === ended ? ended : renewBy(() => Promise.resolve(source));
}

/** The step, and, where AWS does not take credentials that were stored, once more by new ones. */
async function goOn(
  step: NextStep,
  source: CredentialsRecord,
  obtainSource: ObtainSource,
  { startedAt }: SourceRequest,
  { ports }: CredentialsContext,
): Promise<CredentialsRecord | typeof ended> {
  const take = async (from: CredentialsRecord) => ({
    ...recordOf(from, await step.goOn(from, ports), ports.clock),
    generation: from.generation,
  });
  try {
    return await take(source);
  } catch (error) {
    // The role's sessions were revoked, or AWS's clock says that they have ended.
    const wasKept = source.obtainedAt < startedAt;
    if (!wasKept || !isTegataError(error) || error.code !== "sts_source_rejected") {
      throw error;
    }
    ports.log(error.message);
    const second = await obtainSource({ promptPerson: undefined, fresh: true, startedAt });
    return second === ended ? ended : take(second.record);
  }
}
