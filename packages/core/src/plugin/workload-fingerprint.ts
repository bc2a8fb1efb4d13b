import type { Machine } from "./machine.ts";

/**
 * Variables that name one run of one job. A shared runner has many jobs one after the other, or at once, in one home
 * folder: none may find the credentials of another, whichever way its token came.
 */
const jobVariables = [
  "GITHUB_RUN_ID",
  "GITHUB_RUN_ATTEMPT",
  "GITHUB_JOB",
  // Of one process tree of GitHub's runner: jobs of a matrix differ in nothing else.
  "RUNNER_TRACKING_ID",
  "CI_JOB_ID",
  "CIRCLE_WORKFLOW_JOB_ID",
  "BUILDKITE_JOB_ID",
  "BITBUCKET_PIPELINE_UUID",
  "BITBUCKET_STEP_UUID",
  "SYSTEM_PLANID",
  "SYSTEM_JOBID",
  "SYSTEM_JOBATTEMPT",
  "TFC_RUN_ID",
  "VERCEL_DEPLOYMENT_ID",
  "CODEBUILD_BUILD_ID",
  // Jenkins.
  "BUILD_TAG",
] as const;

/**
 * Tells one workload from any other that may run on this machine. May hold what is secret: it is stored as a digest only.
 *
 * @param traits what else is known of it, such as its platform and its subject; must not change while the token is renewed
 */
export function workloadFingerprint(machine: Machine, traits: readonly (string | undefined)[]): string {
  return JSON.stringify([traits, jobVariables.map((name) => machine.variable(name))].map(withNulls));
}

function withNulls(values: readonly (string | undefined)[]): readonly (string | null)[] {
  return values.map((value) => value ?? null);
}

/** A machine, a container or a pod, as far as files and variables tell. */
export async function hostTraits(machine: Machine): Promise<readonly (string | undefined)[]> {
  const files = ["/etc/hostname", "/etc/machine-id"].map((path) => machine.readFile(path, 4096).catch(() => undefined));
  return [machine.variable("HOSTNAME"), ...(await Promise.all(files))];
}
