import { command, words } from "@tegata/core";
import { hookLoader, hookScript, hookShells, powershellCommand } from "../shell/hook-scripts.ts";
import { shellScriptCommand } from "./support/shell-script-command.ts";

/** Prints the function that lets `tegata use` set the running shell. */
export const hookCommand = shellScriptCommand({
  name: "hook",
  summary: words`print the shell function ${command("use")}, for a start-up file`,
  note: (programName) =>
    `In PowerShell, the function is called ${powershellCommand(programName)}; load it by ${hookLoader("powershell", programName)}`,
  shells: hookShells,
  scriptFor: hookScript,
  examples: [
    { line: "hook bash", what: 'for eval "$(…)" in ~/.bashrc' },
    { line: "hook fish", what: "for | source in config.fish" },
  ],
  lacking: words`${command("use")} does not work in the shell`,
});
