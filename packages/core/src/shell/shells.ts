import { cmd } from "./cmd.ts";
import { csh } from "./csh.ts";
import { elvish } from "./elvish.ts";
import { fish } from "./fish.ts";
import { nushell } from "./nushell.ts";
import { posix } from "./posix.ts";
import { powershell } from "./powershell.ts";
import type { ShellDialect } from "./shell-dialect.ts";
import { xonsh } from "./xonsh.ts";

/** What is known of a shell. */
export interface Shell {
  readonly dialect: ShellDialect;
  /** The names of its programs, in lower case, without `.exe` and without a version. */
  readonly programs: readonly string[];
  /** What people type in place of its name. */
  readonly otherNames?: readonly string[];
  /** For a shell that is a script of a program that runs others as well. */
  readonly runBy?: {
    /** Matches the name of that program. */
    readonly program: RegExp;
    /** True where a command line of that program runs the shell. */
    readonly isShell: (words: readonly string[]) => boolean;
  };
}

/**
 * The one table of shells. The names are those that `tegata env --shell`, `tegata hook` and `tegata completion` take; which of
 * them have a hook and completions is told by the tables in `apps/cli/src/shell`, which are typed by this one.
 */
const table = {
  sh: { dialect: posix, programs: ["sh", "dash", "ash", "hush", "posh", "yash"] },
  bash: { dialect: posix, programs: ["bash", "rbash"] },
  zsh: { dialect: posix, programs: ["zsh", "rzsh"] },
  ksh: { dialect: posix, programs: ["ksh", "rksh", "mksh", "lksh", "oksh", "loksh"] },
  fish: { dialect: fish, programs: ["fish"] },
  csh: { dialect: csh, programs: ["csh", "bsd-csh"] },
  tcsh: { dialect: csh, programs: ["tcsh"] },
  powershell: {
    dialect: powershell,
    programs: ["powershell", "pwsh", "pwsh-preview"],
    otherNames: ["pwsh"],
    runBy: {
      program: /^dotnet/i,
      isShell: (words) => words.some((word) => /(?:^|[/\\])pwsh\.dll$/i.test(word)),
    },
  },
  cmd: { dialect: cmd, programs: ["cmd"] },
  nushell: { dialect: nushell, programs: ["nu"], otherNames: ["nu"] },
  elvish: { dialect: elvish, programs: ["elvish"] },
  xonsh: {
    dialect: xonsh,
    programs: ["xonsh"],
    runBy: {
      program: /^(?:python|pypy)/i,
      isShell: ([first = "", second = "", third = ""]) =>
        [first, second].some((word) => /(?:^|\/)xonsh$/.test(word)) || (second === "-m" && third === "xonsh"),
    },
  },
} as const satisfies Readonly<Record<string, Shell>>;

/** The shells that are told apart. */
export type ShellName = keyof typeof table;

type OtherNameOf<Row> = Row extends { readonly otherNames: readonly (infer Name)[] } ? Name : never;
/** What may be typed for a shell: its name, or another one (`pwsh`, `nu`). */
export type ShellWord = ShellName | OtherNameOf<(typeof table)[ShellName]>;

/** The table of shells, by name. */
export const shells: Readonly<Record<ShellName, Shell>> = table;

/** In the order in which they are listed. */
export const shellNames: readonly ShellName[] = Object.keys(table).filter((name) => isShellName(name));

/** The names of all shells, each with its other ones behind it: what a flag takes. */
export const shellWords: readonly string[] = shellNames.flatMap((name) => [name, ...(shells[name].otherNames ?? [])]);

function isShellName(name: string): name is ShellName {
  return Object.hasOwn(table, name);
}

/** The shell of a name, or of another one that it has; `undefined` for what is no shell's. */
export function shellNamed(word: string): ShellName | undefined {
  return shellNames.find((name) => name === word || shells[name].otherNames?.includes(word) === true);
}

/**
 * The shell that a program is, by its file's name or path: `/usr/bin/zsh`, `-bash`, `zsh-5.9`, `C:\…\pwsh.exe`.
 * `undefined` for any other program.
 *
 * @param words its command line: some shells are scripts of a program that can run others as well, which only it tells
 */
export function shellOfExecutable(program: string, words: readonly string[] = []): ShellName | undefined {
  const name = program
    .replace(/^.*[/\\]/s, "")
    .replace(/\.exe$/i, "")
    .toLowerCase();
  // A login shell has a dash before its name; Nix puts a dot before the programs that it wraps.
  const plain = name.replace(/^[-.]/, "").replace(/(?:[-.](?:static|wrapped)|-?\d[\d.]*)+$/, "");
  return (
    shellNames.find((shell) => shells[shell].programs.includes(name)) ??
    shellNames.find((shell) => shells[shell].programs.includes(plain)) ??
    shellNames.find((shell) => {
      const { runBy } = shells[shell];
      return runBy?.program.test(name) === true && runBy.isShell(words);
    })
  );
}
