import { command, words } from "@tegata/core";
import { hookScript, hookShells } from "../shell/hook-scripts.ts";
import { shellScriptCommand } from "./support/shell-script-command.ts";

/** Prints the function that lets `tegata use` set the running shell. */
export const hookCommand = shellScriptCommand({
  name: "hook",
  summary: words`print the shell function ${command("use")}, for a start-up file`,
  shells: hookShells,
  scriptFor: hookScript,
  examples: [
    { line: "hook bash", what: 'for eval "$(…)" in ~/.bashrc' },
    { line: "hook fish", what: "for | source in config.fish" },
  ],
  lacking: words`${command("use")} does not work in the shell`,
});
