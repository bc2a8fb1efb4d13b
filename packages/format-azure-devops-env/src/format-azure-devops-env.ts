import {
  type AwsVariable,
  defineFormat,
  type Machine,
  refuseChosenProfile,
  runnerVariable,
  secretAwsVariables,
  stepEnvironment,
  stepEnvironmentUnset,
} from "@tegata/core";
import * as v from "valibot";

const secrets: ReadonlySet<string> = new Set<AwsVariable>(secretAwsVariables);

/**
 * Credentials for the later steps of an Azure Pipelines job, as logging commands on stdout. The agent reads them out of
 * the step's log, does not show them there, and masks the secret values from then on.
 *
 * @throws TegataError `settings_incomplete` outside Azure Pipelines; as `stepEnvironment`
 * @see https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
 */
export const formatAzureDevopsEnv = defineFormat({
  id: "azure-devops-env",
  summary: "set AWS credentials for the later steps of an Azure Pipelines job",
  group: "ci",
  examples: [
    { line: "azure-devops-env --role-arn ARN", what: "by the job's own token" },
    { line: "azure-devops-env --unset", what: "take it back" },
  ],
  options: v.strictObject({}),
  asksPerson: "terminal",
  checkPlatform(_options, { machine }) {
    requireAgent(machine);
    refuseChosenProfile(machine);
  },
  render(credentials, _options, { machine, region }) {
    requireAgent(machine);
    return setVariables(stepEnvironment(credentials, region, machine));
  },
  renderUnset(_options, { machine }) {
    requireAgent(machine);
    return setVariables(stepEnvironmentUnset);
  },
});

function requireAgent(machine: Machine): void {
  runnerVariable(machine, "TF_BUILD", "a step of Azure Pipelines");
}

function setVariables(variables: ReadonlyMap<string, string>): string {
  return [...variables]
    .map(([name, value]) => {
      const secret = secrets.has(name) ? ";issecret=true" : "";
      return `##vso[task.setvariable variable=${name}${secret}]${escapeData(value)}\n`;
    })
    .join("");
}

/** As `escapeData` of azure-pipelines-task-lib. A message needs no escape for `;` and `]`: only properties do. */
function escapeData(value: string): string {
  return value.replaceAll("%", "%AZP25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
