import { defineFormat, printable, TegataError } from "@tegata/core";
import * as v from "valibot";
import { fish } from "./fish.ts";
import { posix } from "./posix.ts";
import type { ShellDialect } from "./shell-dialect.ts";

const shells = ["sh", "bash", "zsh", "ksh", "fish"] as const;

const dialects: Readonly<Record<(typeof shells)[number], ShellDialect>> = {
  sh: posix,
  bash: posix,
  zsh: posix,
  ksh: posix,
  fish,
};

const shellSchema = v.picklist(
  shells,
  (issue) => `${printable(issue.received, 40)} is not a shell that is known here (${shells.join(", ")})`,
);

/**
 * What would win over the variables below: the JavaScript SDK prefers the profile, botocore the old name of the session
 * token.
 */
const rivals = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECURITY_TOKEN"];

const variables = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  // botocore reads the second one only, most others the first one only.
  "AWS_REGION",
  "AWS_DEFAULT_REGION",
  "AWS_CREDENTIAL_EXPIRATION",
  "AWS_ACCOUNT_ID",
] as const;

/**
 * Statements that set AWS credentials in a shell, for `eval "$(tegata env)"`.
 *
 * @throws TegataError `output_failed` for a value that no variable can hold
 * @see https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
 */
export const formatEnv = defineFormat({
  id: "env",
  summary: "print statements that set AWS credentials in a shell",
  options: v.strictObject({
    shell: v.optional(v.pipe(shellSchema, v.description("the shell that loads the statements")), "sh"),
  }),
  asksPerson: "terminal",
  repeatable: true,
  render(credentials, { shell }, { region }) {
    const values: Record<(typeof variables)[number], string | undefined> = {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_CREDENTIAL_EXPIRATION: credentials.expiration,
      AWS_ACCOUNT_ID: credentials.accountId,
    };
    const { set, unset } = dialects[shell];
    return lines([
      ...rivals.map((name) => unset(name)),
      ...variables.map((name) => {
        const value = values[name];
        // An account that another role left behind would be believed.
        return value === undefined ? unset(name) : set(name, withoutNul(name, value));
      }),
    ]);
  },
  renderUnset: ({ shell }) => lines(variables.map((name) => dialects[shell].unset(name))),
});

function withoutNul(name: string, value: string): string {
  if (value.includes("\0")) {
    throw new TegataError("output_failed", `the value of ${name} holds a NUL character, which no variable can`, {
      hint: "check the settings of the profile",
    });
  }
  return value;
}

function lines(statements: readonly string[]): string {
  return statements.map((statement) => `${statement}\n`).join("");
}
