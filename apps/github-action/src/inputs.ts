import { printable, TegataError } from "@tegata/core";
import * as v from "valibot";
import { didYouMean } from "../../cli/src/settings/nearest-name.ts";
import { type CommandLine, judge } from "../../cli/src/settings/setting-sources.ts";

/** Settings of tegata that a step can name, as their flags are called. */
const settingInputs = [
  "role-arn",
  "role-session-name",
  "duration",
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

const ownInputs = ["output-env-credentials", "output-credentials", "mask-account-id", "allowed-account-ids"] as const;

export const inputNames: readonly string[] = [...settingInputs, ...ownInputs];

/** As aws-actions/configure-aws-credentials calls them: whoever comes from there is told the name here. */
const namesElsewhere = new Map([
  ["role-to-assume", "role-arn"],
  ["role-duration-seconds", "duration"],
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
}

/**
 * What stands below `with:`. An empty input is one that was left out: that is what an expression without a value becomes.
 *
 * @throws TegataError `usage_invalid` for an input that there is not, or a bad value
 */
export function readInputs(env: Readonly<Record<string, string | undefined>>): Inputs {
  refuseUnknown(env);
  const given = inputNames.map((name) => [name, (env[variableOf(name)] ?? "").trim()] as const);
  const flags = Object.fromEntries(given.filter(([, value]) => value !== ""));
  return {
    commandLine: { flags, env: Object.fromEntries(awsVariables.map((name) => [name, env[name]])) },
    outputEnvCredentials: ownInput("output-env-credentials", v.boolean(), flags) ?? true,
    outputCredentials: ownInput("output-credentials", v.boolean(), flags) ?? false,
    maskAccountId: ownInput("mask-account-id", v.boolean(), flags) ?? false,
    allowedAccountIds: ownInput("allowed-account-ids", accountIdsSchema, flags),
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
  const judged = judge({ value, origin: { kind: "flag", name: `input ${name}` } }, "input", schema);
  if ("issue" in judged) {
    throw new TegataError("usage_invalid", `input ${name} ${judged.issue}`, { hint: `correct input ${name}` });
  }
  return judged.value;
}

/** The settings' own errors name flags. */
export function inInputTerms(text: string): string {
  return text.replace(/--([a-z][a-z-]*)/g, (flag, name: string) =>
    inputNames.includes(name) ? `input ${name}` : flag,
  );
}

/** The runner only warns of them; but a misspelt `allowed-account-ids` must not go unnoticed. */
function refuseUnknown(env: Readonly<Record<string, string | undefined>>): void {
  const known = new Set(inputNames.map(variableOf));
  const unknown = Object.keys(env).find((name) => name.startsWith("INPUT_") && !known.has(name));
  if (unknown !== undefined) {
    const name = unknown.slice("INPUT_".length).toLowerCase();
    const elsewhere = namesElsewhere.get(name);
    const guess = elsewhere === undefined ? didYouMean(name, inputNames) : `; it is called "${elsewhere}" here`;
    throw new TegataError("usage_invalid", `there is no input "${printable(name, 80)}"${guess}`, {
      hint: `the inputs are ${inputNames.join(", ")}; if the job itself sets ${printable(unknown, 80)}, call that variable something else`,
    });
  }
}

/** Where the runner puts an input: only spaces are replaced. */
function variableOf(input: string): string {
  return `INPUT_${input.toUpperCase()}`;
}
