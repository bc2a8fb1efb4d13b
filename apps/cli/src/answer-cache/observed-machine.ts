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
  const other = () => {
    isOther = true;
    return machine;
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
      variableNames: (...args) => other().variableNames(...args),
      readFile: (...args) => other().readFile(...args),
      appendFile: (...args) => other().appendFile(...args),
      updateFile: (...args) => other().updateFile(...args),
      run: (...args) => other().run(...args),
    },
    // The question has the parent process: it is the shell itself, and no other is nearer.
    isCoveredBy: (kept) =>
      kept !== undefined &&
      !isOther &&
      [...variables].every(kept.holdsVariable) &&
      [...shells].every((shell) => shell !== undefined && shell === shellOfProgram(kept.shell)),
  };
}
