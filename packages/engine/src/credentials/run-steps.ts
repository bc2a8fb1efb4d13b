import type { Clock, FirstStep, IdTokenForSts, NextStep, Ports, StepResult, Steps } from "@tegata/core";
import type { CredentialsRecord } from "../storage/credentials-cache.ts";

/**
 * Takes the steps in their order, each with what the one before gave: an ID token, then credentials.
 *
 * @param keep keeps what has just come of the steps so far, before the next one is taken
 * @throws TegataError `sts_*`, by the error table of the step that failed
 */
export async function runSteps(
  [first, ...others]: Steps,
  idToken: IdTokenForSts,
  ports: Ports,
  keep: (result: StepResult, soFar: Steps) => Promise<void>,
): Promise<StepResult> {
  let result = await first.begin(idToken, ports);
  await keep(result, [first]);
  for (const [index, step] of others.entries()) {
    result = await step.goOn(result, ports);
    await keep(result, [first, ...others.slice(0, index + 1)]);
  }
  return result;
}

/** The steps as a first one with nothing before it, or as the last one and those before it. */
export function splitSteps([first, ...others]: Steps):
  | { readonly before: undefined; readonly last: FirstStep }
  | { readonly before: Steps; readonly last: NextStep } {
  const last = others.at(-1);
  return last === undefined ? { before: undefined, last: first } : { before: [first, ...others.slice(0, -1)], last };
}

/** The first step, the first two, and so on to all of them: what credentials are stored of. */
export function beginningsOf([first, ...others]: Steps): readonly Steps[] {
  return [[first], ...others.map((_, index): Steps => [first, ...others.slice(0, index + 1)])];
}

/** What is stored of credentials that have just come from STS, but for the sign-in that they belong to. */
export function recordOf(
  { issuer, subject }: Pick<CredentialsRecord, "issuer" | "subject">,
  { credentials, roleArn, roleSessionName }: StepResult,
  clock: Clock,
): CredentialsRecord {
  return { credentials, obtainedAt: clock.now(), subject, issuer, roleArn, roleSessionName };
}

/** Whom an ID token is about, as records have it. */
export function personOf({ claims }: IdTokenForSts): Pick<CredentialsRecord, "issuer" | "subject"> {
  return { issuer: claims.iss, subject: claims.sub };
}
