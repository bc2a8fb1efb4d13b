import { describe, expect, it } from "vitest";
import { shellNames, shellOfProgram } from "./shell-name.ts";

describe("the shell of a program", () => {
  it.each([
    ["bash", "bash"],
    ["-bash", "bash"],
    ["/usr/bin/zsh-5.9", "zsh"],
    ["/bin/ksh93", "ksh"],
    ["ksh2020", "ksh"],
    [".fish-wrapped", "fish"],
    ["bash-static", "bash"],
    ["/bin/bsd-csh", "csh"],
    ["/opt/microsoft/powershell/7-preview/pwsh-preview", "powershell"],
    ["C:\\Program Files\\PowerShell\\7\\PwSh.exe", "powershell"],
    ["nu", "nushell"],
    ["bashful", undefined],
    ["deploy.sh", undefined],
    ["busybox", undefined],
    ["python3.13", undefined],
    ["", undefined],
  ])("%j is %j", (program, shell) => {
    expect(shellOfProgram(program)).toBe(shell);
  });

  it("is told by each shell's own name, but for Nushell's, which is shorter", () => {
    expect(shellNames.filter((name) => shellOfProgram(name) !== name)).toEqual(["nushell"]);
  });
});
