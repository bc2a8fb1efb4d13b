/** The shells that are told apart, by the names that `tegata env --shell` and `tegata hook` take. */
export const shellNames = [
  "sh",
  "bash",
  "zsh",
  "ksh",
  "fish",
  "csh",
  "tcsh",
  "powershell",
  "cmd",
  "nushell",
  "elvish",
  "xonsh",
] as const;

export type ShellName = (typeof shellNames)[number];

/** By the names of their programs, without `.exe` and without a version. */
const programs: ReadonlyMap<string, ShellName> = new Map([
  ["sh", "sh"],
  ["dash", "sh"],
  ["ash", "sh"],
  ["hush", "sh"],
  ["posh", "sh"],
  ["yash", "sh"],
  ["bash", "bash"],
  ["rbash", "bash"],
  ["zsh", "zsh"],
  ["rzsh", "zsh"],
  ["ksh", "ksh"],
  ["rksh", "ksh"],
  ["mksh", "ksh"],
  ["lksh", "ksh"],
  ["oksh", "ksh"],
  ["loksh", "ksh"],
  ["fish", "fish"],
  ["csh", "csh"],
  ["bsd-csh", "csh"],
  ["tcsh", "tcsh"],
  ["powershell", "powershell"],
  ["pwsh", "powershell"],
  ["pwsh-preview", "powershell"],
  ["cmd", "cmd"],
  ["nu", "nushell"],
  ["elvish", "elvish"],
  ["xonsh", "xonsh"],
]);

/**
 * The shell that a program is, by its file's name or path: `/usr/bin/zsh`, `-bash`, `zsh-5.9`, `C:\…\pwsh.exe`.
 * `undefined` for any other program.
 */
export function shellOfProgram(program: string): ShellName | undefined {
  const name = program
    .replace(/^.*[/\\]/s, "")
    .replace(/\.exe$/i, "")
    .toLowerCase();
  // A login shell has a dash before its name; Nix puts a dot before the programs that it wraps.
  const plain = name.replace(/^[-.]/, "").replace(/(?:[-.](?:static|wrapped)|-?\d[\d.]*)+$/, "");
  return programs.get(name) ?? programs.get(plain);
}
