import {
  commandOfRun,
  hint,
  type PromptPerson,
  setting as settingPart,
  type SignInPrompt,
  TegataError,
  words,
} from "@tegata/core";
import type { AskingSettings } from "@tegata/engine";
import { hasDesktop } from "@tegata/engine/system";
import type { CommandContext } from "../../command.ts";
import { signInPrompt } from "../../terminal/sign-in-prompt.ts";
import { createTerminal } from "../../terminal/terminal.ts";

/** Who may be asked when nobody has set `prompt`. */
export type PromptDefault = "always" | "terminal" | "never";

/**
 * How a person is asked in this run, or `undefined` when nobody may be.
 *
 * @throws TegataError `usage_invalid` for `--prompt tty` without a terminal device
 */
export async function choosePrompt(
  { prompt: setting = "auto", browser }: AskingSettings,
  fallback: PromptDefault,
  context: CommandContext,
  onPrompt?: (prompt: SignInPrompt) => void,
): Promise<PromptPerson | undefined> {
  const { system } = context;
  const terminal = setting === "tty" ? deviceTerminal(context) : context.terminal;
  const asks =
    setting === "always" ||
    setting === "tty" ||
    (setting === "auto" && (fallback === "always" || (fallback === "terminal" && terminal.isTerminal)));
  if (!asks) {
    return undefined;
  }
  // Without being told to, only where somebody is looking: not from a script, not behind credential_process.
  const opens = browser ?? (system.stderr.isTerminal && hasDesktop(system.env, system.platform));
  return signInPrompt({
    terminal,
    clock: system.clock,
    openUrl: opens ? (url) => system.openUrl(url, { mayTakeTerminal: true }) : undefined,
    ...(onPrompt === undefined ? {} : { onPrompt }),
  });
}

function deviceTerminal({ system, commandLine }: CommandContext) {
  const stderr = system.openTerminalDevice();
  if (stderr === undefined) {
    throw new TegataError(
      "usage_invalid",
      words`${settingPart("prompt", "tty")} needs a terminal, and this process has none`,
      {
        hint: hint`sign in first: ${commandOfRun("login")}`,
      },
    );
  }
  return createTerminal({ ...system, stderr }, commandLine);
}
