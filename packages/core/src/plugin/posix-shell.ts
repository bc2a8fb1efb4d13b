import { awsEnvironment, awsRivalVariables, awsVariables, regionVariables } from "../aws/aws-environment.ts";
import type { AwsCredentials } from "../aws/credentials.ts";
import { posix } from "../shell/posix.ts";
import type { Variables } from "../shell/shell-dialect.ts";
import { formerValues, remembering } from "./former-values.ts";
import type { Machine } from "./machine.ts";

/**
 * Credentials as statements for a POSIX shell, one a line: what would win over them is unset first, and a region of the
 * person's own is remembered.
 *
 * @throws TegataError as `awsEnvironment`
 */
export function posixEnvironment(credentials: AwsCredentials, region: string | undefined, machine: Machine): string {
  const values = Object.entries(awsEnvironment(credentials, region));
  return posix.render(
    remembering(
      [
        ...awsRivalVariables.map((name): Variables[number] => [name, undefined]),
        ...values.map(([name, value]): Variables[number] => [name, value]),
      ],
      machine,
    ),
  );
}

/** What takes `posixEnvironment` back: the region is what it was. */
export function posixEnvironmentUnset(machine: Machine): string {
  const isRegion: ReadonlySet<string> = new Set(regionVariables);
  const ours = awsVariables.filter((name) => !isRegion.has(name)).map((name): Variables[number] => [name, undefined]);
  return posix.render([...ours, ...formerValues(machine, regionVariables)]);
}
