import { type Machine, regionVariables } from "@tegata/core";
import type { Variables } from "./shell-dialect.ts";

/** By which tegata itself knows the profile of a shell. */
export const profileVariable = "TEGATA_PROFILE";

/** Holds what a person had set before, for `--unset`. */
const memoryVariable = "TEGATA_BEFORE";

/** Every answer sets it: where it is set, what else an answer sets is ours, but for what the memory has. */
const signVariable = "AWS_CREDENTIAL_EXPIRATION";

/**
 * What a person may have set: taken back, it is what it was. Keys are not among them, as nobody should copy secrets, nor is
 * `AWS_PROFILE`, which another tool may have left.
 */
const remembered: readonly string[] = [...regionVariables, profileVariable];

/** The variables to be set, and where a person had set some of them before, one more, which remembers their values. */
export function remembering(variables: Variables, machine: Machine): Variables {
  if (machine.variable(signVariable) !== undefined) {
    return variables;
  }
  const entries = variables.flatMap(([name]) => {
    const value = remembered.includes(name) ? machine.variable(name) : undefined;
    return value === undefined ? [] : [`${name}=${escaped(value)}`];
  });
  const text = entries.length === 0 ? undefined : entries.join(",");
  // One that is left over is of no answer that this shell has.
  const isStale = text === undefined && machine.variable(memoryVariable) !== undefined;
  return text === undefined && !isStale ? variables : [...variables, [memoryVariable, text]];
}

/**
 * What takes `remembering` back. Where no answer was loaded, a variable that is set is the person's own and stays; one that
 * is not set is unset all the same, for a shell other than the one that asks.
 */
export function formerValues(machine: Machine): Variables {
  const isLoaded = machine.variable(signVariable) !== undefined;
  const memory = machine.variable(memoryVariable);
  const before = isLoaded ? valuesIn(memory ?? "") : new Map<string, string>();
  const values = remembered
    .filter((name) => isLoaded || machine.variable(name) === undefined)
    .map((name): Variables[number] => [name, before.get(name)]);
  return memory === undefined ? values : [...values, [memoryVariable, undefined]];
}

/** What is none of ours there is of no account: whoever sets the variables of a shell could set the others as well. */
function valuesIn(memory: string): ReadonlyMap<string, string> {
  return new Map(
    memory.split(",").map((entry): [string, string] => {
      const [name = "", value = ""] = entry.split("=", 2);
      return [name, unescaped(value)];
    }),
  );
}

/** Such that every shell can be told it. */
function escaped(value: string): string {
  return value.replace(/[^\w.:/+-]/gu, (character) => `~${(character.codePointAt(0) ?? 0).toString(16)}~`);
}

function unescaped(text: string): string {
  return text.replace(/~([0-9a-f]{1,5})~/g, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 16)));
}
