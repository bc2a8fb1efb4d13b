import type { ShellWord } from "@tegata/core";

/**
 * What a shell's start-up file evaluates. Each asks `tegata __complete` for the words that can stand next, so that new
 * commands, flags and profiles need no new script. Behind `--` the shell completes as without tegata (bash and PowerShell:
 * the names of files). The program's name stands in for `tegata`, and no other word may hold it.
 */
const scripts: Readonly<Partial<Record<ShellWord, string>>> = {
  bash: `_tegata() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <(tegata __complete bash -- "\${COMP_LINE:0:COMP_POINT}" "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _tegata tegata
`,
  zsh: `#compdef tegata
_tegata() {
  local -a candidates shown
  local -i dashes=\${words[(ie)--]}
  if (( dashes < CURRENT )); then
    shift dashes words
    (( CURRENT -= dashes ))
    _normal
    return
  fi
  local line about
  for line in "\${(@f)$(tegata __complete zsh -- "\${words[@]:1:$((CURRENT - 1))}" 2>/dev/null)}"; do
    [[ -n $line ]] || continue
    candidates+=("\${line%%$'\t'*}")
    about=\${line#*$'\t'}
    [[ $about == $line ]] && about= || about=" -- $about"
    shown+=("\${\${line%%$'\t'*}}$about")
  done
  shown=("\${(@)shown[@]//(#m)?(#c$COLUMNS,)/\${MATCH[1,COLUMNS-1]}}")
  compadd -l -d shown -a candidates
}
if [ "$funcstack[1]" = _tegata ]; then _tegata "$@"; else compdef _tegata tegata; fi
`,
  fish: `function __tegata_complete
    set -l before (commandline -opc)
    if set -l dashes (contains -i -- -- $before)
        complete -C (string join ' ' -- (string escape -- $before[$dashes..-1])[2..-1] (commandline -ct))
    else
        tegata __complete fish -- $before[2..-1] (commandline -ct) 2>/dev/null
    end
end
complete -c tegata -f -a '(__tegata_complete)'
`,
  powershell: powershell(),
  pwsh: powershell(),
};

export const completionShells: readonly string[] = Object.keys(scripts);

/** `undefined` for a shell that has none. Imports nothing: `plain-output.ts` gives it without the rest of the program. */
export function completionScript(shell: string, programName: string): string | undefined {
  return has(shell) ? scripts[shell]?.replaceAll("tegata", programName) : undefined;
}

function has(shell: string): shell is keyof typeof scripts {
  return Object.hasOwn(scripts, shell);
}

/**
 * Windows PowerShell drops an empty argument, hence the blank for a word of which nothing is typed yet. What comes back is
 * ASCII, for any encoding of the console: the text to insert, the word in the list, what it is.
 */
function powershell(): string {
  return `Register-ArgumentCompleter -Native -CommandName tegata -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.Extent.Text })
    $words += if ($wordToComplete -eq '') { ' ' } else { $wordToComplete }
    & tegata __complete powershell '--' @words 2>$null | ForEach-Object {
        $text, $item, $tip = $_ -split "\`t" | ForEach-Object { [regex]::Unescape($_) }
        [System.Management.Automation.CompletionResult]::new($text, $item, 'ParameterValue', $tip)
    }
}
`;
}
