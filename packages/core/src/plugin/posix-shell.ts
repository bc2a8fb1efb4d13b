import { awsEnvironment, awsRivalVariables, awsVariables, regionVariables } from "../aws/aws-environment.ts";
import type { AwsCredentials } from "../aws/credentials.ts";
import { formerValues, remembering, type Variables } from "./former-values.ts";
import type { Machine } from "./machine.ts";

/**
 * A statement that sets a variable in sh, bash, dash, zsh and ksh. Nothing is special between single quotes except their
 * end: whatever the value holds, loading it runs nothing. A NUL is the caller's to refuse.
 *
 * It ends with `;`, because an unquoted `eval $(…)` turns the line breaks between statements into spaces.
 */
export function posixSet(name: string, value: string): string {
  return `export ${name}='${value.replaceAll("'", String.raw`'\''`)}';`;
}

/** A statement that unsets a variable in sh, bash, dash, zsh and ksh. It ends with `;`. */
export function posixUnset(name: string): string {
  return `unset ${name};`;
}

/** A statement that fails: `eval "$(…)" && deploy` must not deploy when the program that prints statements has failed. */
export const posixFailure = "false\n";

/**
 * Credentials as statements for a POSIX shell, one a line: what would win over them is unset first, and a region of the
 * person's own is remembered.
 *
 * @throws TegataError as `awsEnvironment`
 */
export function posixEnvironment(credentials: AwsCredentials, region: string | undefined, machine: Machine): string {
  const values = Object.entries(awsEnvironment(credentials, region));
  return posixStatements(
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
  return posixStatements([...ours, ...formerValues(machine, regionVariables)]);
}

/** One a line. */
function posixStatements(variables: Variables): string {
  return variables
    .map(([name, value]) => `${value === undefined ? posixUnset(name) : posixSet(name, value)}\n`)
    .join("");
}
