import {
  awsEnvironment,
  awsRivalVariables,
  awsVariables,
  defineFormat,
  printable,
  type UnsetContext,
} from "@tegata/core";
import * as v from "valibot";
import { type GuessedShell, guessShell } from "./guessed-shell.ts";
import type { Variables } from "./shell-dialect.ts";
import { dialects, type Shell, shells } from "./shells.ts";

const shellSchema = v.picklist(
  shells,
  (issue) => `${printable(issue.received, 40)} is not a shell that is known here (${shells.join(", ")})`,
);

/**
 * Statements that set AWS credentials in a shell, for `eval "$(tegata env)"`.
 *
 * @throws TegataError `output_failed` for a value that no variable can hold, or that the shell cannot be told
 * @see https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
 */
export const formatEnv = defineFormat({
  id: "env",
  summary: "print statements that set AWS credentials in a shell",
  options: v.strictObject({
    shell: v.optional(v.pipe(shellSchema, v.description("the shell that loads the statements"))),
  }),
  asksPerson: "terminal",
  repeatable: true,
  async render(credentials, { shell }, context) {
    const values = awsEnvironment(credentials, context.region);
    return answer(shell, context, [
      ...awsRivalVariables.map((name): Variables[number] => [name, undefined]),
      ...awsVariables.map((name): Variables[number] => [name, values[name]]),
    ]);
  },
  renderUnset: ({ shell }, context) =>
    answer(
      shell,
      context,
      awsVariables.map((name) => [name, undefined]),
    ),
});

async function answer(
  shell: Shell | undefined,
  { machine, tell }: UnsetContext,
  variables: Variables,
): Promise<string> {
  const guessed: Pick<GuessedShell, "because"> & { readonly shell: Shell } =
    shell === undefined ? await guessShell(machine) : { shell };
  const stdout = dialects[guessed.shell].render(variables);
  if (guessed.because !== undefined) {
    tell(`these statements are for ${guessed.shell}${guessed.because}; --shell names another`);
  }
  return stdout;
}
