/** A shell that is really run, and what is written otherwise in it. */
export interface RealShell {
  readonly program: string;
  /** Its name for `tegata`. */
  readonly name: string;
  /** Without start-up files, and before the code. */
  readonly options: readonly string[];
  /** What a person types to load what a command prints. */
  readonly load: (command: string) => string;
  /** `load`, such that the next line runs whether it fails or not: at a prompt it always does. */
  readonly attempt: (statement: string) => string;
  /** Prints `fine` when the statement ends well, and `failed` else. */
  readonly evaluated: (statement: string) => string;
  /** Runs a program, by its path or a name that the shell has for a command of its own. */
  readonly external: (command: string) => string;
  /** Prints the exit status of the statement. */
  readonly status: (statement: string) => string;
  /** What a person types, once the hook is loaded, for `tegata use` with these words; undefined where it is just that. */
  readonly use?: (words: string) => string;
  /** Loads what a command prints that prints a hook; undefined where there is none. */
  readonly loadHook?: (command: string) => string;
  /** A file that has to hold the hook before the shell starts. */
  readonly hookFile?: string;
}

const plainly = (statement: string) => statement;
const chained = (statement: string) => `${statement} && echo fine || echo failed`;

const posix = {
  evaluated: chained,
  external: plainly,
  attempt: plainly,
  options: ["-c"],
  load: (command: string) => `eval "$(${command})"`,
  loadHook: (command: string) => `eval "$(${command})"`,
  status: (statement: string) => `${statement}\necho "status $?"`,
};

const csh = {
  evaluated: chained,
  external: plainly,
  attempt: plainly,
  options: ["-f", "-c"],
  load: (command: string) => `eval "\`${command}\`"`,
  status: (statement: string) => `${statement}\necho "status $status"`,
};

/** How a person loads in PowerShell what a command prints. */
export const invokeExpression = (command: string) => `${command} | Out-String | Invoke-Expression`;

export const realShells: readonly RealShell[] = [
  { ...posix, program: "bash", name: "bash", options: ["--norc", "--noprofile", "-c"] },
  { ...posix, program: "dash", name: "sh" },
  { ...posix, program: "busybox", name: "sh", options: ["sh", "-c"] },
  { ...posix, program: "zsh", name: "zsh", options: ["-f", "-c"] },
  { ...posix, program: "ksh", name: "ksh" },
  { ...posix, program: "mksh", name: "ksh" },
  {
    program: "fish",
    evaluated: chained,
    attempt: plainly,
    external: plainly,
    name: "fish",
    options: ["--no-config", "-c"],
    load: (command) => `${command} | source`,
    loadHook: (command) => `${command} | source`,
    status: (statement) => `${statement}\necho "status $status"`,
  },
  { ...csh, program: "tcsh", name: "tcsh" },
  { ...csh, program: "bsd-csh", name: "csh" },
  {
    program: "pwsh",
    evaluated: chained,
    attempt: plainly,
    name: "powershell",
    options: ["-NoProfile", "-Command"],
    load: invokeExpression,
    loadHook: invokeExpression,
    use: (words) => `Use-Tegata ${words}`,
    external: (command) => `& ${command}`,
    status: (statement) => `${statement}\n"status $LASTEXITCODE"`,
  },
  {
    program: "nu",
    name: "nushell",
    options: ["--no-config-file", "--no-std-lib", "-c"],
    load: (command) => `${command} | from json | load-env`,
    attempt: (statement) => `try { ${statement} }`,
    evaluated: (statement) => `try { ${statement}; print fine } catch { print failed }`,
    // At a prompt it is a file of the folder that Nushell reads at its start.
    hookFile: "hook.nu",
    loadHook: () => "source hook.nu",
    external: (command) => `^${command}`,
    status: (statement) => `try { ${statement}; print "status 0" } catch { print $"status ($env.LAST_EXIT_CODE)" }`,
  },
  {
    program: "elvish",
    external: plainly,
    name: "elvish",
    options: ["-norc", "-c"],
    load: (command) => `eval (${command} | slurp)`,
    attempt: (statement) => `try { ${statement} } catch error { nop }`,
    evaluated: (statement) => `try { ${statement}; echo fine } catch error { echo failed }`,
    loadHook: (command) => `var tegata~ = (eval (${command} | slurp))`,
    status: (statement) =>
      `try { ${statement}; echo status 0 } catch error { echo status $error[reason][exit-status] }`,
  },
  {
    program: "xonsh",
    external: plainly,
    name: "xonsh",
    options: ["--no-rc", "-c"],
    load: (command) => `execx($(${command}))`,
    attempt: (statement) => `try:\n    ${statement}\nexcept Exception:\n    pass`,
    evaluated: (statement) =>
      `try:\n    ${statement}\n    print("fine", flush=True)\nexcept Exception:\n    print("failed", flush=True)`,
    loadHook: (command) => `execx($(${command}))`,
    status: (statement) => `ended = !(${statement})\necho status @(ended.returncode)`,
  },
];

/** Those that `tegata hook` knows. */
export const hookedShells = realShells.flatMap(({ loadHook, use = plainUse, ...shell }) =>
  loadHook === undefined ? [] : [{ ...shell, loadHook, use }],
);

function plainUse(words: string): string {
  return `tegata use ${words}`;
}
