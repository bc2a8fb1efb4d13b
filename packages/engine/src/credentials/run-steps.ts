import type { Clock, FirstStep, IdTokenForSts, NextStep, Ports, StepResult, Steps } from "@tegata/core";
import type { CredentialsRecord } from "../storage/credentials-cache.ts";

/**
 * Takes the steps in their order, each with what the one before gave: an ID token, then credentials.
 *
 * @throws TegataError `sts_*`, by the error table of the step that failed
 */
export async function runSteps([first, ...others]: Steps, idToken: IdTokenForSts, ports: Ports): Promise<StepResult> {
  let result = await first.begin(idToken, ports);
  for (const step of others) {
    result = await step.goOn(result, ports);
  }
  return result;
}

/** The step that gives the credentials which are wanted. */
export function lastOf([first, ...others]: Steps): FirstStep | NextStep {
  return others.at(-1) ?? first;
}

/** What is kept of credentials that have just come from STS, but for the sign-in that they belong to. */
export function recordOf(
  { idToken: { claims } }: { readonly idToken: IdTokenForSts },
  { credentials }: StepResult,
  steps: Steps,
  clock: Clock,
): CredentialsRecord {
  return {
    credentials,
    obtainedAt: clock.now(),
    subject: claims.sub,
    issuer: claims.iss,
    roleArn: lastOf(steps).role.arn,
  };
}
