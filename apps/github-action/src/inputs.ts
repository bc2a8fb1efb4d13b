import { printable, shownValue, TegataError } from "@tegata/core";
import * as v from "valibot";
import { misspeltName, type CommandLine, judge } from "@tegata/engine/settings";

/** Settings of tegata that a step can name, as their flags are called. */
export const settingInputs = [
  "role-arn",
  "role-session-name",
  "duration",
  "session-policy",
  "session-policy-arn",
  "region",
  "audience",
  "issuer",
  "sts-endpoint",
  "use-fips-endpoint",
  "use-dualstack-endpoint",
] as const;

/**
 * Those of AWS's variables that count where an input is left out: which region, and how to reach STS. The ones that name a
 * role do not: on a runner inside a pod they name the pod's.
 */
const awsVariables = [
  "AWS_REGION",
  "AWS_DEFAULT_REGION",
  "AWS_ENDPOINT_URL_STS",
  "AWS_ENDPOINT_URL",
  "AWS_USE_FIPS_ENDPOINT",
  "AWS_USE_DUALSTACK_ENDPOINT",
] as const;

const accountIdsSchema = v.pipe(
  v.string(),
  v.transform((text) => text.split(/[\s,]+/).filter((word) => word !== "")),
  v.array(v.string()),
  v.check((words) => words.every((word) => /^\d{12}$/.test(word)), "must be account ids of 12 digits each"),
);

const ownInputs = [
  "output-env-credentials",
  "output-credentials",
  "mask-account-id",
  "allowed-account-ids",
  "explain",
] as const;

export const inputNames: readonly string[] = [...settingInputs, ...ownInputs];

/** As aws-actions/configure-aws-credentials calls them: anyone who comes from there is told the name here. */
const namesElsewhere = new Map([
  ["role-to-assume", "role-arn"],
  ["role-duration-seconds", "duration"],
  ["inline-session-policy", "session-policy"],
  ["managed-session-policies", "session-policy-arn"],
  ["aws-region", "region"],
  ["mask-aws-account-id", "mask-account-id"],
]);

export interface Inputs {
  /** Inputs as flags, and the variables that may stand in for them. */
  readonly commandLine: CommandLine;
  /** Export the credentials to the later steps. */
  readonly outputEnvCredentials: boolean;
  /** Set keys and session token as outputs of the step, too. */
  readonly outputCredentials: boolean;
  readonly maskAccountId: boolean;
  /** `undefined`: any. */
  readonly allowedAccountIds: readonly string[] | undefined;
  /** Say in the log what was found on the way, where the step fails. */
  readonly explain: boolean;
}

/**
 * Refuses to go on with a region that nobody named: an expression such as `${{ vars.AWS_REGON }}` becomes an empty input, and
 * the runner makes an input that was left out an empty one as well. The later steps would work in a region of our choice.
 *
 * @throws TegataError `settings_incomplete`
 */
export function requireRegion({ commandLine: { flags, env } }: Inputs): void {
  if (flags["region"] === undefined && !env["AWS_REGION"] && !env["AWS_DEFAULT_REGION"]) {
    throw new TegataError(
      "settings_incomplete",
      "no region is named: input region is empty, and neither AWS_REGION nor AWS_DEFAULT_REGION is set",
      {
        hint: "pass input region, such as region: eu-central-1; an expression like ${{ vars.NAME }} is empty where there is no variable of that name",
      },
    );
  }
}

/**
 * What stands below `with:`. An empty input is one that was left out: that is what an expression without a value becomes.
 *
 * @throws TegataError `usage_invalid` for a misspelt input, or a bad value
 */
export function readInputs(env: Readonly<Record<string, string | undefined>>): Inputs {
  refuseMisspelt(env);
  const filled = inputNames.map((name) => [name, (env[variableOf(name)] ?? "").trim()] as const);
  const flags = Object.fromEntries(filled.filter(([, value]) => value !== ""));
  return {
    commandLine: { flags, env: Object.fromEntries(awsVariables.map((name) => [name, env[name]])) },
    outputEnvCredentials: ownInput("output-env-credentials", v.boolean(), flags) ?? true,
    outputCredentials: ownInput("output-credentials", v.boolean(), flags) ?? false,
    maskAccountId: ownInput("mask-account-id", v.boolean(), flags) ?? false,
    allowedAccountIds: ownInput("allowed-account-ids", accountIdsSchema, flags),
    explain: ownInput("explain", v.boolean(), flags) ?? false,
  };
}

function ownInput<Value>(
  name: (typeof ownInputs)[number],
  schema: v.GenericSchema<unknown, Value>,
  flags: Readonly<Record<string, string>>,
): Value | undefined {
  const value = flags[name];
  if (value === undefined) {
    return undefined;
  }
  // Under a name that does not sound like a secret's: none of these values is one.
  const judged = judge({ value, origin: { kind: "flag", key: name } }, "input", schema);
  if ("issue" in judged) {
    throw new TegataError("usage_invalid", `input ${name} ${judged.issue}`, { hint: `correct input ${name}` });
  }
  return judged.value;
}

/**
 * A misspelt `allowed-account-ids` must not go unnoticed, and GitHub's runner only warns. Other names are let be: the runners
 * of Forgejo, Gitea and act hand the inputs of a composite action on to the actions in it.
 */
function refuseMisspelt(env: Readonly<Record<string, string | undefined>>): void {
  const known = new Set(inputNames.map(variableOf));
  for (const variable of Object.keys(env)) {
    if (!variable.startsWith("INPUT_") || known.has(variable)) {
      continue;
    }
    const name = variable.slice("INPUT_".length).toLowerCase();
    const meant = namesElsewhere.get(name) ?? misspeltName(name, inputNames);
    if (meant === undefined || (mayBeOfWrapper(name, meant) && (env[variableOf(meant)] ?? "").trim() !== "")) {
      continue;
    }
    throw new TegataError("usage_invalid", `there is no input ${shownValue(name, 80)}; it is called "${meant}" here`, {
      hint: `write ${meant}, or rename ${printable(name, 80)} if it is the input of a composite action around this one`,
    });
  }
}

/** A composite action may call its own input so, `role_arn` or `aws-region`, and pass it on under the name here. */
function mayBeOfWrapper(name: string, meant: string): boolean {
  return namesElsewhere.has(name) || name.replaceAll("_", "-") === meant;
}

/** Where the runner puts an input: only spaces are replaced. */
function variableOf(input: string): string {
  return `INPUT_${input.toUpperCase()}`;
}
