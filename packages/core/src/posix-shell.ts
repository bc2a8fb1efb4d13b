import { awsEnvironment, awsRivalVariables, awsVariables } from "./aws-environment.ts";
import type { AwsCredentials } from "./credentials.ts";

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
 * Credentials as statements for a POSIX shell, one a line: what would win over them is unset first.
 *
 * @throws TegataError as `awsEnvironment`
 */
export function posixEnvironment(credentials: AwsCredentials, region: string | undefined): string {
  const values = awsEnvironment(credentials, region);
  return lines([
    ...awsRivalVariables.map(posixUnset),
    ...Object.entries(values).map(([name, value]) => (value === undefined ? posixUnset(name) : posixSet(name, value))),
  ]);
}

/** What takes `posixEnvironment` back. */
export const posixEnvironmentUnset = lines(awsVariables.map(posixUnset));

function lines(statements: readonly string[]): string {
  return statements.map((statement) => `${statement}\n`).join("");
}
