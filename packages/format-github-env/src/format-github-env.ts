import {
  defineFormat,
  type Machine,
  refuseChosenProfile,
  runnerVariable,
  secretAwsVariables,
  shownPath,
  stepEnvironment,
  stepEnvironmentUnset,
  TegataError,
} from "@tegata/core";
import * as v from "valibot";
import { fileEntries, workflowCommand } from "./workflow-commands.ts";

/** What the earlier lines of one step may have put into the file. */
const maxBytes = 4_194_304;

/**
 * Credentials for the later steps of a GitHub Actions job: masks on stdout, and when the runner has been told them, the
 * variables at the end of the file `$GITHUB_ENV`.
 *
 * @throws TegataError `settings_incomplete` outside GitHub Actions, `file_unwritable`, `file_unreadable`; as
 *   `stepEnvironment`
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export const formatGithubEnv = defineFormat({
  id: "github-env",
  summary: "set AWS credentials for the later steps of a GitHub Actions job",
  group: "ci",
  examples: [
    { line: "github-env --role-arn ARN", what: "by the job's own token" },
    { line: "github-env --unset", what: "take it back" },
  ],
  options: v.strictObject({}),
  asksPerson: "terminal",
  async checkPlatform(_options, { machine }) {
    refuseChosenProfile(machine);
    await environmentFile(machine);
  },
  async render(credentials, _options, { machine, region }) {
    const file = await environmentFile(machine);
    const variables = stepEnvironment(credentials, region, machine);
    const masks = secretAwsVariables.map((name) => workflowCommand("add-mask", variables.get(name) ?? ""));
    return {
      stdout: masks.join(""),
      afterwards: () => machine.appendFile(file, fileEntries(Object.fromEntries(variables))),
    };
  },
  async renderUnset(_options, { machine }) {
    await environmentFile(machine);
    return { stdout: "", afterwards: () => setForLaterSteps(stepEnvironmentUnset, machine) };
  },
});

/**
 * Sets variables for the later steps of the job.
 *
 * @throws TegataError `settings_incomplete` outside GitHub Actions, `file_unwritable`, `file_unreadable`
 */
export async function setForLaterSteps(variables: ReadonlyMap<string, string>, machine: Machine): Promise<void> {
  await machine.appendFile(await environmentFile(machine), fileEntries(Object.fromEntries(variables)));
}

/** The runner makes the file before the step starts: where there is none, nobody would read a new one. */
async function environmentFile(machine: Machine): Promise<string> {
  const path = runnerVariable(machine, "GITHUB_ENV", "a step of GitHub Actions");
  if ((await machine.readFile(path, maxBytes)) === undefined) {
    throw new TegataError("file_unwritable", `GITHUB_ENV names ${shownPath(path)}, and there is no such file`, {
      hint: "this is for a step of GitHub Actions; in a container of your own, mount the file and pass GITHUB_ENV on",
    });
  }
  return path;
}
