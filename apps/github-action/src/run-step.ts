import {
  awsEnvironment,
  inWords,
  isTegataError,
  type Machine,
  runnerVariable,
  secretAwsVariables,
  TegataError,
  toRenderedOutput,
} from "@tegata/core";
import { fileEntries, formatGithubEnv, workflowCommand } from "@tegata/format-github-env";
import { workloadPlatforms } from "@tegata/idp-workload";
import { createEngine, type Engine, type CredentialsOfRun, type Notify, stackFrames } from "@tegata/engine";
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
  const log = debugLogOf(runner);
  let failed: { readonly inputs: Inputs; readonly engine: Engine } | undefined;
  try {
    const inputs = readInputs(runner.env);
    const engine = engineOf(inputs, log, runner);
    failed = { inputs, engine };
    await giveCredentials(inputs, engine, runner);
    return 0;
  } catch (error) {
    if (!isTegataError(error)) {
      stackFrames(error).forEach((frame) => log(frame));
    }
    // Without stdout there is nobody to tell.
    await runner.writeStdout(failureCommand("error", error)).catch(() => undefined);
    if (failed?.inputs.explain === true) {
      await explain(failed.engine, runner).catch(() => undefined);
    }
    return 1;
  }
}

/** Loaded where a step has failed. */
async function explain(engine: Engine, runner: Runner): Promise<void> {
  const { explainFailure } = await import("./explain-failure.ts");
  await explainFailure(engine, runner);
}

async function giveCredentials(inputs: Inputs, engine: Engine, runner: Runner): Promise<void> {
  const { machine } = runner;
  const { role } = await engine.role();
  requireRegion(inputs);
  await mask(inputs.maskAccountId ? [role.accountId] : [], runner);
  refuseAccount(role.accountId, inputs);
  const outputFile = await writableFile("GITHUB_OUTPUT", machine);
  const stateFile = await writableFile("GITHUB_STATE", machine);

  const obtained = await engine.credentials();
  const { credentials, region } = obtained;
  refuseAccount(credentials.accountId, inputs);

  if (inputs.outputEnvCredentials) {
    const previous = previousVariables(runner.env);
    await mask(previous.secrets, runner);
    // First: should anything below fail, the post step still takes back what was written.
    await machine.appendFile(stateFile, fileEntries({ exported: "true", ...previous.state }));
    await exportVariables(obtained, engine, runner);
  } else {
    const values = awsEnvironment(credentials, region);
    const secrets = secretAwsVariables.map((name) => values[name]);
    await mask(secrets, runner);
  }
  await machine.appendFile(outputFile, fileEntries(outputsOf(obtained, inputs.outputCredentials)));
  await runner.writeStdout(`credentials for ${role.arn} until ${credentials.expiration}\n`);
}

/** The engine by the rules of the command line, with inputs for flags. A step has no settings file, and keeps nothing. */
function engineOf({ commandLine: { flags, env } }: Inputs, log: Notify["say"], runner: Runner): Engine {
  return createEngine({
    system: { ...runner, env },
    plugins: { idps: workloadPlatforms, formats: [] },
    programs: () => Promise.reject(new TegataError("internal", "no program is a plugin of a step")),
    defaults: {},
    notify: { say: log, warn: log, log, conceal: (secret) => mask([secret], runner) },
    hasHome: false,
    flags: { ...flags, idp: "workload/github" },
    positionalProfile: undefined,
    config: undefined,
    isForAwsClient: false,
    ignoresAwsProfile: true,
    mayAskForTrust: false,
  });
}

/** The runner sets `RUNNER_DEBUG` where somebody asked for debug logging. */
function debugLogOf(runner: Runner): Notify["say"] {
  const isDebugging = runner.env["RUNNER_DEBUG"] === "1";
  return (line) => {
    if (isDebugging) {
      const text = typeof line === "string" ? line : inWords(line, actionVocabulary);
      void runner.writeStdout(workflowCommand("debug", text)).catch(() => undefined);
    }
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
  { credentials, region }: CredentialsOfRun,
  { ports, notify }: Engine,
  runner: Runner,
): Promise<void> {
  const { machine } = runner;
  const context = {
    region,
    defaultRegion: region,
    machine,
    ports,
    tell: notify.say,
    profile: undefined,
    choice: {},
    federationEndpoint: undefined,
  };
  const { stdout, afterwards } = toRenderedOutput(await formatGithubEnv.render(credentials, {}, context));
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
