import { defineFormat, type Machine, posixEnvironment, posixEnvironmentUnset, runnerVariable } from "@tegata/core";
import * as v from "valibot";

const place = "a step of CircleCI";

/**
 * Credentials for the later steps of a CircleCI job: statements at the end of the file `$BASH_ENV`, which bash reads at
 * the start of each step.
 *
 * @throws TegataError `settings_incomplete` outside CircleCI, `file_unwritable`; as `posixEnvironment`
 * @see https://circleci.com/docs/guides/security/set-environment-variable/
 */
export const formatCircleciEnv = defineFormat({
  id: "circleci-env",
  summary: "set AWS credentials for the later steps of a CircleCI job",
  group: "ci",
  examples: [
    { line: "circleci-env --role-arn ARN", what: "by the job's own token" },
    { line: "circleci-env --unset", what: "take it back" },
  ],
  options: v.strictObject({}),
  asksPerson: "terminal",
  checkPlatform: (_options, { machine }) => {
    environmentFile(machine);
  },
  render: (credentials, _options, { machine, region }) =>
    append(machine, posixEnvironment(credentials, region, machine)),
  renderUnset: (_options, { machine }) => append(machine, posixEnvironmentUnset(machine)),
});

function environmentFile(machine: Machine): string {
  // BASH_ENV alone can be anybody's, and a file that stays.
  runnerVariable(machine, "CIRCLECI", place);
  return runnerVariable(machine, "BASH_ENV", place);
}

function append(machine: Machine, statements: string) {
  const path = environmentFile(machine);
  // Another program may have left the last line unfinished.
  return { stdout: "", afterwards: () => machine.appendFile(path, `\n${statements}`) };
}
