import { describe, expect, it } from "vitest";
import { shellNamed, shellNames, shellOfExecutable, shells, shellWords } from "./shells.ts";

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
    ["dotnet", undefined],
    ["", undefined],
  ])("%j is %j", (program, shell) => {
    expect(shellOfExecutable(program)).toBe(shell);
  });

  it("is told by each shell's own name, but for Nushell's, which is shorter", () => {
    expect(shellNames.filter((name) => shellOfExecutable(name) !== name)).toEqual(["nushell"]);
  });
});

describe("a program that runs scripts", () => {
  it.each([
    ["python3.13", ["/usr/bin/python3", "/usr/local/bin/xonsh", "--no-rc"], "xonsh"],
    ["python3", ["xonsh"], "xonsh"],
    ["pypy3", ["pypy3", "-m", "xonsh"], "xonsh"],
    ["python3", ["python3", "deploy.py", "xonsh"], undefined],
    ["dotnet", ["dotnet", "/opt/powershell/pwsh.dll", "-NoProfile"], "powershell"],
    ["dotnet", ["dotnet", "app.dll"], undefined],
    ["node", ["node", "-m", "xonsh"], undefined],
  ])("%s with the words %j is %j", (program, words, shell) => {
    expect(shellOfExecutable(program, words)).toBe(shell);
  });
});

describe("the table of shells", () => {
  it("finds a shell by its name and by its other ones, and by no other word", () => {
    expect(shellNames.map((name) => shellNamed(name))).toEqual(shellNames);
    expect(["pwsh", "nu", "PWSH", "constructor", ""].map((word) => shellNamed(word))).toEqual([
      "powershell",
      "nushell",
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("gives no word and no program to two shells", () => {
    const programs = shellNames.flatMap((name) => shells[name].programs);
    expect(programs).toEqual([...new Set(programs)]);
    expect(shellWords).toEqual([...new Set(shellWords)]);
  });
});
