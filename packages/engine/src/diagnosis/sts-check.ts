import { isTegataError, printable, type StepResult, type Steps, type TegataError, signInRequired } from "@tegata/core";
import { credentialsKeyOf } from "../credentials/cache-key.ts";
import { getCredentials } from "../credentials/renew-by-id-token.ts";
import { personOf, recordOf } from "../credentials/run-steps.ts";
import { ended, openSession, patienceMilliseconds } from "../session/open-session.ts";
import { currentGeneration, storeCredentials, storeWorkloadCredentials } from "../session/stored-sign-in.ts";
import { offsetsIn } from "./clock-check.ts";
import type { DiagnosisContext } from "./diagnosis-context.ts";
import type { Check } from "./run-checks.ts";
import { type DiagnosisStep, failedBy, ok, skipped, warning } from "./step.ts";

/**
 * STS, and what it says: the roles are assumed one after the other, as a run with new credentials would, and what comes of it is
 * stored as that run would store it.
 */
export const stsCheck: Check<DiagnosisContext> = {
  id: "sts",
  needs: ["role", "id-token"],
  sends: true,
  run: async (context) => {
    const { steps } = await context.role();
    const before = context.exchanges.list().length;
    const done: StepResult[] = [];
    let error: TegataError | undefined;
    try {
      await assume(steps, done, context);
    } catch (thrown) {
      if (!isTegataError(thrown) || thrown.code === "interrupted") {
        throw thrown;
      }
      error = thrown;
    }
    const answered = offsetsIn(context.exchanges.list().slice(before));
    return [reachable(steps, done.length, error, answered), ...verdicts(steps, done, error, context.found.warnings)];
  },
};

/** @param done told what each link gave */
async function assume(steps: Steps, done: StepResult[], context: DiagnosisContext): Promise<void> {
  const { found, ports } = context;
  const [first, ...others] = steps;
  const sessionKey = await context.sessionKey();
  let keep: (result: StepResult, soFar: Steps) => Promise<void>;
  let result: StepResult;
  if (found.ofWorkload !== undefined) {
    const person = personOf(found.ofWorkload);
    const before = await currentGeneration(sessionKey, context);
    keep = async (got, soFar) => {
      const key = await credentialsKeyOf(sessionKey, soFar);
      await storeWorkloadCredentials(key, recordOf(person, got, ports.clock), before, context);
    };
    result = await first.begin(found.ofWorkload, ports);
  } else {
    const idp = await context.idp();
    if (found.opened === undefined || idp.kind === "workload") {
      throw signInRequired();
    }
    const openAgain = (refusedIdToken: string) => {
      const startedAt = ports.clock.now();
      return openSession({ idp, sessionKey, patienceMilliseconds, startedAt, refusedIdToken }, context);
    };
    const got = await getCredentials(found.opened, openAgain, first, context);
    if (got === ended) {
      throw signInRequired();
    }
    const { generation, idToken } = got.by;
    keep = async (each, soFar) => {
      const key = await credentialsKeyOf(sessionKey, soFar);
      const record = { ...recordOf(personOf(idToken), each, ports.clock), generation };
      if (!(await storeCredentials(key, record, context))) {
        throw signInRequired();
      }
    };
    result = got;
  }
  await keep(result, [first]);
  done.push(result);
  for (const [index, step] of others.entries()) {
    result = await step.goOn(result, ports);
    await keep(result, [first, ...others.slice(0, index + 1)]);
    done.push(result);
  }
}

function reachable(
  steps: Steps,
  doneCount: number,
  error: TegataError | undefined,
  answered: ReturnType<typeof offsetsIn>,
): DiagnosisStep {
  if (error?.code === "sts_unreachable") {
    return failedBy("sts", error);
  }
  const url = (steps[doneCount] ?? steps.at(-1))?.address?.();
  const host = url === undefined ? "STS" : printable(new URL(url).host);
  const { seconds } = answered.at(-1) ?? { seconds: 0 };
  const clock =
    Math.abs(seconds) < 2 ? "" : `; its clock is ${Math.abs(seconds)} s ${seconds > 0 ? "ahead" : "behind"}`;
  return ok("sts", `${host} answers${clock}`);
}

/** Of each link: that its credentials came, why not, or that it was not reached. */
function verdicts(
  steps: Steps,
  done: readonly StepResult[],
  error: TegataError | undefined,
  warnings: DiagnosisContext["found"]["warnings"],
): readonly DiagnosisStep[] {
  return steps.map((step, index) => {
    const id = steps.length === 1 ? "credentials" : `credentials-${index + 1}`;
    const result = done[index];
    if (result !== undefined) {
      const { credentials, roleSessionName } = result;
      const message = `${step.role.arn} as ${printable(roleSessionName)}, until ${credentials.expiration}`;
      const [unstored] = warnings.splice(0);
      return unstored === undefined
        ? ok(id, message)
        : warning(id, [message, "; ", ...(typeof unstored === "string" ? [unstored] : unstored)]);
    }
    if (error === undefined || index > done.length) {
      return skipped(id, "not asked for: a role before it was not assumed");
    }
    return error.code === "sts_unreachable" ? skipped(id, "not asked for, because of sts") : failedBy(id, error);
  });
}
