import {
  awsEnvironment,
  type AwsEnvironment,
  command,
  defineFormat,
  hint,
  type Machine,
  posixEnvironment,
  posixEnvironmentUnset,
  posixFailure,
  printable,
  runnerVariable,
  secretAwsVariables,
  TegataError,
} from "@tegata/core";
import * as v from "valibot";

const redactorAdd = ["buildkite-agent", "redactor", "add", "--format", "json"] as const;

/**
 * Credentials for a Buildkite job, as statements for its environment hook or its command. Before they are printed, the
 * agent has been told to redact the secret ones in the job's log.
 *
 * @throws TegataError `settings_incomplete` outside Buildkite, `process_failed` when the agent does not take the secrets;
 *   as `posixEnvironment`
 * @see https://buildkite.com/docs/agent/cli/reference/redactor
 */
export const formatBuildkiteEnv = defineFormat({
  id: "buildkite-env",
  summary: "print statements that set AWS credentials in a Buildkite job, redacted in its log",
  group: "ci",
  examples: [
    { line: "buildkite-env --role-arn ARN", what: "by the job's own token" },
    { line: "buildkite-env --unset", what: "take it back" },
  ],
  options: v.strictObject({}),
  asksPerson: "terminal",
  checkPlatform(_options, { machine }) {
    requireAgent(machine);
  },
  async render(credentials, _options, { machine, region }) {
    requireAgent(machine);
    const statements = posixEnvironment(credentials, region, machine);
    await redact(machine, awsEnvironment(credentials, region));
    return statements;
  },
  renderUnset: (_options, { machine }) => posixEnvironmentUnset(machine),
  renderFailure: () => posixFailure,
});

function requireAgent(machine: Machine): void {
  runnerVariable(machine, "BUILDKITE", "a job of Buildkite");
}

async function redact(machine: Machine, values: AwsEnvironment): Promise<void> {
  const secrets = Object.fromEntries(secretAwsVariables.map((name) => [name, values[name]]));
  const ended = await machine.run(redactorAdd, {
    // Never an argument: everyone on the machine can read those.
    input: JSON.stringify(secrets),
    timeoutMilliseconds: 30_000,
    maxBytes: 65_536,
  });
  if (ended.status !== 0) {
    const how = ended.status === undefined ? "was killed" : `ended with ${ended.status}`;
    throw new TegataError("process_failed", `buildkite-agent redactor add ${how}${lastWords(ended.stderr, secrets)}`, {
      hint: [
        hint`update the agent and leave its job API on`,
        hint`${command("env")} prints the same and redacts nothing`,
      ],
    });
  }
}

/** Its last line on stderr, unless it repeats what it should hide. */
function lastWords(stderr: string, secrets: Readonly<Record<string, string | undefined>>): string {
  const line = printable(stderr.trimEnd().split("\n").at(-1) ?? "");
  const isSafe = Object.values(secrets).every((secret) => secret === undefined || !stderr.includes(secret));
  return line === "" || !isSafe ? "" : `: ${line}`;
}
