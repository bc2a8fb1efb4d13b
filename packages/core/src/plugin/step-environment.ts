import { awsEnvironment, awsProfileVariables, awsVariables } from "../aws/aws-environment.ts";
import { command, hint } from "../base/wording.ts";
import type { AwsCredentials } from "../aws/credentials.ts";
import { TegataError } from "../base/errors.ts";
import type { Machine } from "./machine.ts";

/**
 * Credentials as variables for the later steps of a CI job, on a runner that can set variables and not unset them: what
 * has to go and is there becomes empty, which the SDKs take for unset.
 *
 * @throws TegataError `usage_invalid` when a profile is chosen by a variable: some SDKs would take that profile, and
 *   botocore does not start with an empty one; as `awsEnvironment`
 */
export function stepEnvironment(
  credentials: AwsCredentials,
  region: string | undefined,
  machine: Machine,
): ReadonlyMap<string, string> {
  refuseChosenProfile(machine);
  const values = { AWS_SECURITY_TOKEN: undefined, ...awsEnvironment(credentials, region) };
  const isNeeded = ([name, value]: readonly [string, string | undefined]) =>
    value !== undefined || machine.variable(name) !== undefined;
  return new Map(
    Object.entries(values)
      .filter(isNeeded)
      .map(([name, value = ""]) => [name, value]),
  );
}

/**
 * Refuses a profile that a variable chooses, where none can be unset.
 *
 * @throws TegataError `usage_invalid`
 */
export function refuseChosenProfile(machine: Machine): void {
  const profile = awsProfileVariables.find((name) => machine.variable(name) !== undefined);
  if (profile !== undefined) {
    throw new TegataError(
      "usage_invalid",
      `${profile} is set, and some SDKs prefer that profile to these credentials`,
      {
        hint: `remove ${profile} from the settings of the pipeline: it cannot be unset from here`,
      },
    );
  }
}

/** What takes `stepEnvironment` back. The region stays: an empty one is an error in botocore. */
export const stepEnvironmentUnset: ReadonlyMap<string, string> = new Map(
  awsVariables.filter((name) => !name.endsWith("REGION")).map((name) => [name, ""]),
);

/**
 * A variable that the runner of one CI system sets in each step.
 *
 * @param platform `a step of GitHub Actions`
 * @throws TegataError `settings_incomplete` elsewhere: on another system the output would only leak into a log
 */
export function runnerVariable(machine: Machine, name: string, platform: string): string {
  const value = machine.variable(name);
  if (value === undefined) {
    throw new TegataError("settings_incomplete", `${name} is not set, and this is for ${platform}`, {
      hint: hint`${command("env")} prints statements for any shell`,
    });
  }
  return value;
}
