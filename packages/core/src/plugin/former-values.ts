import { regionVariables } from "../aws/aws-environment.ts";
import type { Variables } from "../shell/shell-dialect.ts";
import type { Machine } from "./machine.ts";
import {
  choiceVariable,
  configVariable,
  decodeVariables,
  encodeVariables,
  memoryVariable,
  profileVariable,
} from "./shell-choice.ts";

/** Every output sets it: where it is set, what else output sets is ours, but for what the memory has. */
const signVariable = "AWS_CREDENTIAL_EXPIRATION";

/**
 * What a person may have set: taken back, it is what it was. Keys are not among them, as nobody should copy secrets, nor is
 * `AWS_PROFILE`, which another tool may have left.
 */
const remembered: readonly string[] = [...regionVariables, profileVariable, configVariable];

/** The variables to be set, and where a person had set some of them before, one more, which remembers their values. */
export function remembering(variables: Variables, machine: Machine): Variables {
  const memory = machine.variable(memoryVariable);
  const isLoaded = machine.variable(signVariable) !== undefined;
  const added = variables.flatMap(([name]): [string, string][] => {
    const value = remembered.includes(name) && !isOurs(name, machine) ? machine.variable(name) : undefined;
    return value === undefined ? [] : [[name, value]];
  });
  if (isLoaded && added.length === 0) {
    return variables;
  }
  const values = new Map([...(isLoaded ? decodeVariables(memory ?? "") : []), ...added]);
  const text = values.size === 0 ? undefined : encodeVariables(values);
  // One that is left over is of no output that this shell has.
  return text === undefined && memory === undefined ? variables : [...variables, [memoryVariable, text]];
}

/**
 * What takes `remembering` back. Where no output was loaded, a variable that is set is the person's own and stays; one that
 * is not set is unset all the same, for a shell other than the one that asks.
 *
 * @param names the variables that output may have set, of those that are remembered
 */
export function formerValues(machine: Machine, names: readonly string[] = remembered): Variables {
  const isLoaded = machine.variable(signVariable) !== undefined;
  const before = isLoaded ? decodeVariables(machine.variable(memoryVariable) ?? "") : new Map<string, string>();
  const values = names
    .filter((name) => isOurs(name, machine) || (name !== configVariable && machine.variable(name) === undefined))
    .map((name): Variables[number] => [name, before.get(name)]);
  const notes = [choiceVariable, memoryVariable].filter((name) => machine.variable(name) !== undefined);
  return [...values, ...notes.map((name): Variables[number] => [name, undefined])];
}

/** True for a variable whose value output has set. A settings file that somebody has named since is not. */
function isOurs(name: string, machine: Machine): boolean {
  return (
    machine.variable(signVariable) !== undefined &&
    (name !== configVariable ||
      machine.variable(name) === decodeVariables(machine.variable(choiceVariable) ?? "").get("config"))
  );
}
