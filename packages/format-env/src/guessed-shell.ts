import { type Machine, type ShellName, shellOfExecutable } from "@tegata/core";

/** Which shell loads an answer, when nobody has said so. */
interface GuessedShell {
  readonly shell: ShellName;
  /** What it was guessed by, where no process tells: stands behind the shell's name, with a comma at its start. */
  readonly because?: string;
}

/**
 * The shell that this program was started from; where the process tree tells none, PowerShell by the variable that it sets
 * for what it starts, else that of `SHELL`, which is the one that people log in with, else the platform's.
 */
export async function guessShell(machine: Machine): Promise<GuessedShell> {
  const calling = await machine.callingShell();
  if (calling !== undefined) {
    return { shell: calling };
  }
  const isWindows = machine.platform === "win32";
  // Windows sets it for everybody.
  if (!isWindows && machine.variable("PSModulePath") !== undefined) {
    return { shell: "powershell", because: ", as PSModulePath is set" };
  }
  const login = shellOfExecutable(machine.variable("SHELL") ?? "");
  return login === undefined
    ? { shell: isWindows ? "powershell" : "sh", because: ", as nothing tells which shell this is" }
    : { shell: login, because: ", as SHELL has it" };
}
