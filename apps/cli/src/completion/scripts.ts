/**
 * What a shell's start-up file evaluates. Each asks `tegata __complete` for the words that can stand next, so that new
 * commands, flags and profiles need no new script.
 */
const scripts: Readonly<Record<string, string>> = {
  bash: `_tegata() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(tegata __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _tegata tegata
`,
  zsh: `#compdef tegata
_tegata() {
  local -a candidates
  candidates=("\${(@f)$(tegata __complete -- "\${words[@]:1:$((CURRENT - 1))}" 2>/dev/null)}")
  compadd -- $candidates
}
if [ "$funcstack[1]" = _tegata ]; then _tegata "$@"; else compdef _tegata tegata; fi
`,
  fish: `complete -c tegata -f -a '(tegata __complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
};

export const completionShells: readonly string[] = Object.keys(scripts);

/** `undefined` for a shell that has none. Imports nothing: `plain-answer.ts` gives it without the rest of the program. */
export function completionScript(shell: string): string | undefined {
  return Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
}
