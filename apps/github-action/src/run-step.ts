import {
  type AwsCredentials,
  awsEnvironment,
  inWords,
  isTegataError,
  limitedFetch,
  type Machine,
  type Ports,
  runnerVariable,
  secretAwsVariables,
  signInAsWorkload,
  TegataError,
  toRenderedAnswer,
  type Words,
} from "@tegata/core";
import { fileEntries, formatGithubEnv, workflowCommand } from "@tegata/format-github-env";
import { workloadPlatforms } from "@tegata/idp-workload";
import {
  runSteps,
  stackFrames,
  resolveIdp,
  resolveProfile,
  resolveRole,
  type ResolvedRole,
  type ResolvedWorkload,
  emptySettings,
} from "@tegata/engine";
import { failureCommand } from "./failure-command.ts";
import { type Inputs, readInputs, requireRegion } from "./inputs.ts";
import { actionVocabulary } from "./vocabulary.ts";
import { outputsOf } from "./outputs.ts";
import { previousVariables } from "./previous-variables.ts";
import type { Runner } from "./runner.ts";

/**
 * The step itself: credentials for the later steps of the job.
 *
 * @returns the exit status; 1 marks the step as failed. Never rejects
 */
export async function runStep(runner: Runner): Promise<0 | 1> {
  const ports = portsOf(runner);
  try {
    await giveCredentials(ports, runner);
    return 0;
  } catch (error) {
    if (!isTegataError(error)) {
      stackFrames(error).forEach(ports.log);
    }
    // Without stdout there is nobody to tell.
    await runner.writeStdout(failureCommand("error", error)).catch(() => undefined);
    return 1;
  }
}

async function giveCredentials(ports: Ports, runner: Runner): Promise<void> {
  const { machine } = runner;
  const inputs = readInputs(runner.env);
  const { role, idp } = await resolve(inputs, runner);
  requireRegion(inputs);
  await mask(inputs.maskAccountId ? [role.role.accountId] : [], runner);
  refuseAccount(role.role.accountId, inputs);
  const outputFile = await writableFile("GITHUB_OUTPUT", machine);
  const stateFile = await writableFile("GITHUB_STATE", machine);

  const signedIn = await signInAsWorkload(idp.identity, { ...ports, machine });
  await mask([signedIn.idToken.jwt], runner);
  const { credentials } = await runSteps(role.steps, signedIn.idToken, ports);
  refuseAccount(credentials.accountId, inputs);

  if (inputs.outputEnvCredentials) {
    const previous = previousVariables(runner.env);
    await mask(previous.secrets, runner);
    // First: should anything below fail, the post step still takes back what was written.
    await machine.appendFile(stateFile, fileEntries({ exported: "true", ...previous.state }));
    await exportVariables(credentials, role, ports, runner);
  } else {
    const values = awsEnvironment(credentials, role.region);
    const secrets = secretAwsVariables.map((name) => values[name]);
    await mask(secrets, runner);
  }
  await machine.appendFile(outputFile, fileEntries(outputsOf(credentials, role, inputs.outputCredentials)));
  await runner.writeStdout(`credentials for ${role.role.arn} until ${credentials.expiration}\n`);
}

/** By the rules of the command line, with inputs for flags. */
async function resolve(
  { commandLine: { flags, env } }: Inputs,
  { machine }: Runner,
): Promise<{ readonly role: ResolvedRole; readonly idp: ResolvedWorkload }> {
  const profile = await resolveProfile({
    flags: { ...flags, idp: "workload/github" },
    env,
    machine,
    idps: workloadPlatforms,
    file: { ...emptySettings(undefined), isLookedFor: false },
    positionalProfile: undefined,
    defaults: {},
  });
  const role = await resolveRole(profile);
  const idp = await resolveIdp(profile);
  if (idp.kind !== "workload") {
    throw new TypeError("workload/github asks a person");
  }
  return { role, idp };
}

function portsOf(runner: Runner): Ports {
  const { fetch, clock, random, signal, listen } = runner;
  // The runner sets it where somebody asked for debug logging.
  const isDebugging = runner.env["RUNNER_DEBUG"] === "1";
  return {
    fetch: limitedFetch(fetch, clock),
    clock,
    random,
    signal,
    listen,
    log: (line) => {
      if (isDebugging) {
        void runner.writeStdout(workflowCommand("debug", line)).catch(() => undefined);
      }
    },
  };
}

/** @throws TegataError `settings_incomplete` where the runner names no such file, `file_unwritable` */
async function writableFile(variable: string, machine: Machine): Promise<string> {
  const path = runnerVariable(machine, variable, "a step of GitHub Actions");
  // Before anything is asked for that could then not be handed on.
  await machine.appendFile(path, "");
  return path;
}

async function exportVariables(
  credentials: AwsCredentials,
  { region }: ResolvedRole,
  ports: Ports,
  runner: Runner,
): Promise<void> {
  const { machine } = runner;
  const context = {
    region,
    defaultRegion: region,
    machine,
    ports,
    tell: (line: string | Words) => ports.log(inWords(line, actionVocabulary)),
    profile: undefined,
    choice: {},
    federationEndpoint: undefined,
  };
  const { stdout, afterwards } = toRenderedAnswer(await formatGithubEnv.render(credentials, {}, context));
  await runner.writeStdout(stdout);
  await afterwards?.();
}

function refuseAccount(accountId: string | undefined, { allowedAccountIds }: Inputs): void {
  if (allowedAccountIds === undefined || (accountId !== undefined && allowedAccountIds.includes(accountId))) {
    return;
  }
  const found = accountId === undefined ? "no account of AWS" : `account ${accountId}`;
  throw new TegataError("usage_invalid", `the role is in ${found}, which input allowed-account-ids does not name`, {
    hint: "correct input role-arn, or add the account",
  });
}

async function mask(values: readonly (string | undefined)[], runner: Runner): Promise<void> {
  const masks = values.filter((value) => value !== undefined).map((value) => workflowCommand("add-mask", value));
  await runner.writeStdout(masks.join(""));
}
