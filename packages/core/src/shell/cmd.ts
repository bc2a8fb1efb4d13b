import { shownValue } from "../base/shown-value.ts";
import { refuse } from "./refuse.ts";
import { quotedWord, statementDialect } from "./shell-dialect.ts";

/**
 * cmd.exe, where the lines are loaded by `for /f` or called as a batch file. Between double quotes all is plain but the
 * quote itself, `%`, `!` with delayed expansion, and `^`, which `call` doubles; there is no way to write them that means
 * the same everywhere. What is not ASCII would be read in the console's code page.
 */
export const cmd = statementDialect({
  set: (name, value) => {
    const [unfit] = /["%!^]|[^ -~]/u.exec(value) ?? [];
    if (unfit !== undefined) {
      throw refuse(name, unfit === '"' ? "a double quote" : `the character ${shownValue(unfit)}`, "cmd.exe");
    }
    return `set "${name}=${value}"`;
  },
  unset: (name) => `set "${name}="`,
  failure: "cmd /c exit 1",
  word: quotedWord((text) => `"${text.replaceAll('"', '""')}"`),
});
