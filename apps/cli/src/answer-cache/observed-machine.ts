import { type Machine, type ShellName, shellOfExecutable } from "@tegata/core";
import type { EntryAddress } from "../command.ts";

/** A machine that remembers what was asked of it. */
interface ObservedMachine {
  readonly machine: Machine;
  /**
   * True when all that was asked of the machine is part of the key of the entry: then the same key has the same output.
   */
  isCoveredBy(entry: EntryAddress | undefined): boolean;
}

/**
 * Watches what a format asks of the machine. A format need not know what a key holds: output that depended on
 * anything else is not cached.
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
      readGuardedFile: (...args) => other().readGuardedFile(...args),
      readSecretFile: (...args) => other().readSecretFile(...args),
      readKeyringSecret: (...args) => other().readKeyringSecret(...args),
      appendFile: (...args) => other().appendFile(...args),
      updateFile: (...args) => other().updateFile(...args),
      run: (...args) => other().run(...args),
    },
    // The key has the parent process: it is the shell itself, and no other is nearer.
    isCoveredBy: (entry) =>
      entry !== undefined &&
      !isOther &&
      [...variables].every(entry.holdsVariable) &&
      [...shells].every((shell) => shell !== undefined && shell === shellOfExecutable(entry.shell)),
  };
}
