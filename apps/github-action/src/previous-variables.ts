import { awsVariables, secretAwsVariables, stepEnvironmentUnset } from "@tegata/core";

const prefix = "previous_";
const secretNames: ReadonlySet<string> = new Set([...secretAwsVariables, "AWS_SECURITY_TOKEN"]);
const names: readonly string[] = [...awsVariables, "AWS_SECURITY_TOKEN"];

type Env = Readonly<Record<string, string | undefined>>;

/** What stands in the variables that the step is about to set: of an earlier use of the Action, as a rule. */
export interface PreviousVariables {
  /** For the state of the step, which the runner gives to its post step alone. */
  readonly state: Readonly<Record<string, string>>;
  /** Those that a log must not show: the runner itself shows the state when somebody debugs. */
  readonly secrets: readonly string[];
}

export function previousVariables(env: Env): PreviousVariables {
  const set = names.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  return {
    state: Object.fromEntries(set.map(([name, value]) => [`${prefix}${name}`, value])),
    secrets: set.flatMap(([name, value]) => (secretNames.has(name) ? [value] : [])),
  };
}

/** What the post step sets: what was there before the step, and nothing in the place of the rest. */
export function variablesToRestore(env: Env): ReadonlyMap<string, string> {
  const previous = names.flatMap((name) => {
    const value = env[`STATE_${prefix}${name}`];
    return value ? [[name, value] as const] : [];
  });
  return new Map([...stepEnvironmentUnset, ...previous]);
}
