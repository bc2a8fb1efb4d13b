import type { ShellWord } from "@tegata/core";

interface Hook {
  readonly script: string;
  /** Loads what `command` prints: a line for the shell's start-up file. */
  readonly load: (command: string) => string;
}

const byEval = (command: string) => `eval "$(${command})"`;
const byExpression = (command: string) => `${command} | Out-String | Invoke-Expression`;
// Nushell reads no text that a program prints: the file is read at every start, and written once.
const byFile = (command: string) => `${command} | save --force ($nu.user-autoload-dirs.0 | path join tegata.nu)`;

/**
 * What a shell's start-up file evaluates so that `tegata use` sets the variables of the running shell: a function called
 * like the program, which passes all other arguments on to it as they are; in Nushell and PowerShell, where no function can,
 * one for `use` alone. When the program fails, nothing is evaluated, and its exit status is the function's.
 *
 * The program's name stands in for `tegata`, and may be no word of the shell's own language: it has dashes. Nothing is
 * imported: `plain-output.ts` gives a script without the rest of the program.
 */
const hooks: Readonly<Partial<Record<ShellWord, Hook>>> = {
  bash: { script: posixWithLocals("bash"), load: byEval },
  zsh: { script: posixWithLocals("zsh"), load: byEval },
  ksh: { script: posix("ksh"), load: byEval },
  sh: { script: posix("sh"), load: byEval },
  fish: {
    load: (command) => `${command} | source`,
    script: `function tegata --description 'tegata; tegata use sets this shell'
    if test "$argv[1]" != use
        command tegata $argv
        return
    end
    set --erase argv[1]
    set --local statements (command tegata use --shell fish $argv)
    or return
    string join \\n -- $statements | source
end
`,
  },
  powershell: { script: powershell(), load: byExpression },
  pwsh: { script: powershell(), load: byExpression },
  nushell: { script: nushell(), load: byFile },
  nu: { script: nushell(), load: byFile },
  elvish: {
    load: (command) => `var tegata~ = (eval (${command} | slurp))`,
    // The function is the value that the script puts out: what a text defines is gone when its eval has ended.
    script: `put {|@words|
  if (and (> (count $words) 0) (eq $words[0] use)) {
    eval (e:tegata use --shell elvish (all $words[1..]) | slurp)
  } else {
    e:tegata $@words
  }
}
`,
  },
  xonsh: {
    load: (command) => `execx($(${command}))`,
    script: `if hasattr(aliases, "return_command"):
    from xonsh.tools import unthreadable

    @aliases.return_command
    def _dispatch(words):
        return ["_tegata_use", *words[1:]] if words[:1] == ["use"] else ["tegata", *words]

    @unthreadable
    def _use(words):
        import shutil, subprocess
        environment = __xonsh__.env.detype()
        program = shutil.which("tegata", path=environment.get("PATH"))
        if program is None:
            return 127
        answer = subprocess.run([program, "use", "--shell", "xonsh", *words], stdout=subprocess.PIPE, env=environment)
        if answer.returncode == 0:
            execx(answer.stdout.decode("ascii"))
        return answer.returncode

    aliases["tegata"] = _dispatch
    aliases["_tegata_use"] = _use
else:
    print("tegata: tegata use needs xonsh 0.18.4 or later", file=__import__("sys").stderr)
`,
  },
};

export const hookShells: readonly string[] = Object.keys(hooks);

/** What loads the script, in the shell's own words; a line for its start-up file. */
export function hookLoader(shell: string, programName: string): string {
  return (hookOf(shell)?.load ?? byEval)(`${programName} hook ${shell}`);
}

/** `undefined` for a shell that has none. */
export function hookScript(shell: string, programName: string): string | undefined {
  const script = hookOf(shell)
    ?.script.replaceAll("Use-Tegata", powershellCommand(programName))
    .replaceAll("tegata", programName);
  if (!["sh", "ksh"].includes(shell) || !programName.includes("-")) {
    return script;
  }
  // There a function's name has no dash, but an alias may have one.
  const functionName = programName.replaceAll("-", "_");
  return `${script?.replace(`${programName}()`, `${functionName}()`)}alias ${programName}=${functionName}\n`;
}

function hookOf(shell: string): Hook | undefined {
  return has(shell) ? hooks[shell] : undefined;
}

function has(shell: string): shell is keyof typeof hooks {
  return Object.hasOwn(hooks, shell);
}

function posixWithLocals(shell: string): string {
  return `tegata() {
  if [ "\${1-}" != use ]; then
    command tegata "$@"
    return
  fi
  shift
  local statements
  statements=$(command tegata use --shell ${shell} "$@") || return
  eval "$statements"
}
`;
}

/** For shells that need not know \`local\`. */
function posix(shell: string): string {
  return `tegata() {
  if [ "\${1-}" != use ]; then
    command tegata "$@"
    return
  fi
  shift
  __statements=$(command tegata use --shell ${shell} "$@") || { set -- "$?"; unset __statements; return "$1"; }
  eval "$__statements"
  unset __statements
}
`;
}

/**
 * A command of two words: all others reach the program itself, as no function of Nushell's can pass on a pattern or `~`, which it
 * gets as text.
 */
function nushell(): string {
  return `def --env --wrapped "tegata use" [...words: string] {
  let answer = ^tegata use --shell nushell ...$words
  if ($answer | is-not-empty) {
    $answer | from json | load-env
  }
}
`;
}

/**
 * In PowerShell the program stays what `tegata` means. No function can stand in for a program there: a list that a comma
 * made, a bare `--` and a pattern in quotes reach it as something else, and `$?`, `&&` and `||` take it for a success. Only an
 * advanced function can fail, and such a one has PowerShell's own parameters beside those of the program. So the hook is a
 * command of its own, named as PowerShell names commands.
 *
 * What a program is given from a variable is expanded to the names of files, but not in double quotes: so each word is put
 * there. A list that a comma made is one word again. The program has said on stderr what failed: the error that PowerShell is
 * told is shown where it stops a script, and nowhere else.
 */
function powershell(): string {
  return `function Use-Tegata {
    [CmdletBinding(PositionalBinding = $false)]
    param(
        [Parameter(Position = 0)] [Alias('p', 'Profile')] [object] $Name,
        [switch] $Off,
        [Parameter(ValueFromRemainingArguments = $true)] [object[]] $Flags
    )
    if (-not $PSBoundParameters.ContainsKey('ErrorAction') -and $ErrorActionPreference -ne 'Stop') {
        $ErrorActionPreference = 'SilentlyContinue'
    }
    $program = Get-Command -Name tegata -CommandType Application -TotalCount 1 -ErrorAction Stop
    $words = @('use', '--shell', 'powershell')
    if ($Off) { $words += '--off' }
    if ($PSBoundParameters['Verbose']) { $words += '--verbose' }
    if ($PSBoundParameters.ContainsKey('Name')) { $words += $Name -join ',' }
    foreach ($flag in @($Flags)) { if ($null -ne $flag) { $words += $flag -join ',' } }
    $places = for ($at = 0; $at -lt $words.Count; $at += 1) { '"$($words[' + $at + '])"' }
    $statements = @(Invoke-Expression "& \`$program $places")
    if ($LASTEXITCODE -ne 0) {
        $failure = [System.InvalidOperationException]::new("tegata use ended with status $LASTEXITCODE")
        $PSCmdlet.WriteError([System.Management.Automation.ErrorRecord]::new($failure, 'tegata', 'NotSpecified', $Name))
    } elseif ($statements) { Invoke-Expression ($statements -join "\`n") }
}
foreach ($parameter in 'Name', 'Flags') {
    Register-ArgumentCompleter -CommandName Use-Tegata -ParameterName $parameter -ScriptBlock {
        param($command, $parameter, $wordToComplete, $commandAst)
        $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.Extent.Text })
        if ($wordToComplete -eq '') { $words += ' ' }
        & tegata __complete powershell '--' use @words 2>$null | ForEach-Object {
            $text, $item, $tip = $_ -split "\`t" | ForEach-Object { [regex]::Unescape($_) }
            [System.Management.Automation.CompletionResult]::new($text, $item, 'ParameterValue', $tip)
        }
    }
}
`;
}

/** The function that sets a PowerShell: `Use-Tegata`; for a program called `corp-tool`, `Use-CorpTool`. */
export function powershellCommand(programName: string): string {
  const parts = programName.split(/[^A-Za-z0-9]+/).filter((part) => part !== "");
  return `Use-${parts.map((part) => part.slice(0, 1).toUpperCase() + part.slice(1)).join("")}`;
}
