import type { Machine } from "@tegata/core";
import type { Shell } from "./shells.ts";

/** Which shell loads an answer, when nobody has said so. */
export interface GuessedShell {
  readonly shell: Shell;
  /** True when the program that waits for the answer is that shell itself. */
  readonly isCertain: boolean;
  /** Stands behind the shell's name; empty, or with a comma at its start. */
  readonly because: string;
}

/** By the names of their programs, without `.exe`. */
const programs = new Map<string, Shell>([
  ["sh", "sh"],
  ["dash", "sh"],
  ["ash", "sh"],
  ["busybox", "sh"],
  ["posh", "sh"],
  ["yash", "sh"],
  ["bash", "bash"],
  ["zsh", "zsh"],
  ["ksh", "ksh"],
  ["ksh93", "ksh"],
  ["mksh", "ksh"],
  ["oksh", "ksh"],
  ["fish", "fish"],
  ["csh", "csh"],
  ["bsd-csh", "csh"],
  ["tcsh", "tcsh"],
  ["powershell", "powershell"],
  ["pwsh", "powershell"],
  ["cmd", "cmd"],
  ["nu", "nushell"],
  ["elvish", "elvish"],
  ["xonsh", "xonsh"],
]);

/** The parent process's shell, else that of `SHELL`, else the platform's. */
export async function guessShell(machine: Machine): Promise<GuessedShell> {
  const program = await machine.parentProgram();
  const parent = shellOf(program);
  if (parent !== undefined) {
    return { shell: parent, isCertain: true, because: "" };
  }
  // A program of Python, whose name the process does not have.
  if (/^python[\d.]*$/.test(program ?? "") && machine.variable("XONSH_VERSION") !== undefined) {
    return { shell: "xonsh", isCertain: false, because: ", as XONSH_VERSION is set" };
  }
  const login = shellOf(machine.variable("SHELL"));
  if (login !== undefined) {
    return { shell: login, isCertain: false, because: ", as SHELL has it" };
  }
  const shell = machine.platform === "win32" ? "powershell" : "sh";
  return { shell, isCertain: false, because: ", as nothing tells which shell this is" };
}

/** `/usr/bin/zsh`, `C:\…\pwsh.exe`. */
function shellOf(program = ""): Shell | undefined {
  return programs.get(
    program
      .replace(/^.*[/\\]/s, "")
      .replace(/\.exe$/i, "")
      .toLowerCase(),
  );
}
