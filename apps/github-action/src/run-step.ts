import {
  type AwsCredentials,
  awsEnvironment,
  isTegataError,
  limitedFetch,
  type Machine,
  type Ports,
  runnerVariable,
  secretAwsVariables,
  signInAsWorkload,
  TegataError,
  toRenderedAnswer,
} from "@tegata/core";
import { fileEntries, formatGithubEnv, workflowCommand } from "@tegata/format-github-env";
import { workloadPlatforms } from "@tegata/idp-workload";
import { assumeRole } from "../../cli/src/credentials/credentials-source.ts";
import type { Outside } from "../../cli/src/outside.ts";
import { stackFrames } from "../../cli/src/shown-error.ts";
import { resolveIdp } from "../../cli/src/settings/resolve-idp.ts";
import { resolveProfile } from "../../cli/src/settings/resolve-profile.ts";
import { resolveRole } from "../../cli/src/settings/resolve-role.ts";
import type { ResolvedRole, ResolvedWorkload } from "../../cli/src/settings/resolved.ts";
import { emptySettings } from "../../cli/src/settings/settings-file.ts";
import { failureCommand } from "./failure-command.ts";
import { type Inputs, readInputs, requireRegion } from "./inputs.ts";
import { outputsOf } from "./outputs.ts";
import { previousVariables } from "./previous-variables.ts";

/**
 * The step itself: credentials for the later steps of the job.
 *
 * @returns the exit status; 1 marks the step as failed. Never rejects
 */
export async function runStep(outside: Outside): Promise<0 | 1> {
  const ports = portsOf(outside);
  try {
    await giveCredentials(ports, outside);
    return 0;
  } catch (error) {
    if (!isTegataError(error)) {
      stackFrames(error).forEach(ports.log);
    }
    // Without stdout there is nobody to tell.
    await outside.writeStdout(failureCommand("error", error)).catch(() => undefined);
    return 1;
  }
}

async function giveCredentials(ports: Ports, outside: Outside): Promise<void> {
  const { machine } = outside;
  const inputs = readInputs(outside.env);
  const { role, idp } = await resolve(inputs, outside);
  requireRegion(inputs);
  await mask(inputs.maskAccountId ? [role.role.accountId] : [], outside);
  refuseAccount(role.role.accountId, inputs);
  const outputFile = await writableFile("GITHUB_OUTPUT", machine);
  const stateFile = await writableFile("GITHUB_STATE", machine);

  const signedIn = await signInAsWorkload(idp.identity, { ...ports, machine });
  await mask([signedIn.idToken.jwt], outside);
  const credentials = await assumeRole(signedIn, role, { ports });
  refuseAccount(credentials.accountId, inputs);

  if (inputs.outputEnvCredentials) {
    const previous = previousVariables(outside.env);
    await mask(previous.secrets, outside);
    // First: should anything below fail, the post step still takes back what was written.
    await machine.appendFile(stateFile, fileEntries({ exported: "true", ...previous.state }));
    await exportVariables(credentials, role, ports, outside);
  } else {
    const values = awsEnvironment(credentials, role.region);
    const secrets = secretAwsVariables.map((name) => values[name]);
    await mask(secrets, outside);
  }
  await machine.appendFile(outputFile, fileEntries(outputsOf(credentials, role, inputs.outputCredentials)));
  await outside.writeStdout(`credentials for ${role.role.arn} until ${credentials.expiration}\n`);
}

/** By the rules of the command line, with inputs for flags. */
async function resolve(
  { commandLine: { flags, env } }: Inputs,
  { machine }: Outside,
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

function portsOf(outside: Outside): Ports {
  const { fetch, clock, random, signal } = outside;
  // The runner sets it where somebody asked for debug logging.
  const isDebugging = outside.env["RUNNER_DEBUG"] === "1";
  return {
    fetch: limitedFetch(fetch, clock),
    clock,
    random,
    signal,
    log: (line) => {
      if (isDebugging) {
        void outside.writeStdout(workflowCommand("debug", line)).catch(() => undefined);
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
  outside: Outside,
): Promise<void> {
  const { machine } = outside;
  const context = {
    region,
    defaultRegion: region,
    machine,
    ports,
    tell: ports.log,
    profile: undefined,
    choice: {},
    federationEndpoint: undefined,
  };
  const { stdout, afterwards } = toRenderedAnswer(await formatGithubEnv.render(credentials, {}, context));
  await outside.writeStdout(stdout);
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

async function mask(values: readonly (string | undefined)[], outside: Outside): Promise<void> {
  const masks = values.filter((value) => value !== undefined).map((value) => workflowCommand("add-mask", value));
  await outside.writeStdout(masks.join(""));
}
