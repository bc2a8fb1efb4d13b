import { type Machine, type ShellName, shellOfProgram } from "@tegata/core";
import type { KeptPlace } from "../command.ts";

/** A machine that remembers what was asked of it. */
export interface ObservedMachine {
  readonly machine: Machine;
  /**
   * True when all that was asked of the machine is part of the question that an answer is to be kept under: then the same
   * question has the same answer.
   */
  isCoveredBy(kept: KeptPlace | undefined): boolean;
}

/**
 * Watches what a format asks of the machine. A format need not know what a question holds: an answer that depended on
 * anything else is not kept.
 */
export function observe(machine: Machine): ObservedMachine {
  const variables = new Set<string>();
  const shells = new Set<ShellName | undefined>();
  let isOther = false;
  const other = <Args extends readonly unknown[], Result>(ask: (...args: Args) => Result) => {
    return (...args: Args): Result => {
      isOther = true;
      return ask(...args);
    };
  };
  return {
    machine: {
      platform: machine.platform,
      variable: (name) => {
        variables.add(name);
        return machine.variable(name);
      },
      callingShell: async () => {
        const shell = await machine.callingShell();
        shells.add(shell);
        return shell;
      },
      variableNames: other(machine.variableNames),
      readFile: other(machine.readFile),
      appendFile: other(machine.appendFile),
      updateFile: other(machine.updateFile),
      run: other(machine.run),
    },
    // The question has the parent process: it is the shell itself, and no other is nearer.
    isCoveredBy: (kept) =>
      kept !== undefined &&
      !isOther &&
      [...variables].every(kept.holdsVariable) &&
      [...shells].every((shell) => shell !== undefined && shell === shellOfProgram(kept.shell)),
  };
}
