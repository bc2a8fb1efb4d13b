import {
  commandOfRun,
  hint,
  printable,
  type PromptPerson,
  setting as settingPart,
  type SignInEnd,
  type SignInPrompt,
  TegataError,
  words,
} from "@tegata/core";
import { type AskingSettings, type AskPerson, type EndOfAsking, shownError } from "@tegata/engine";
import { hasDesktop } from "@tegata/engine/system";
import type { CommandContext } from "../../command.ts";
import { signInPrompt } from "../../terminal/sign-in-prompt.ts";
import { createTerminal } from "../../terminal/terminal.ts";
import { until } from "../../terminal/until.ts";

/** Who may be asked when nobody has set `prompt`. */
export type PromptDefault = "always" | "terminal" | "never";

/**
 * How a command asks a person: on the terminal, and at the end on the page at which a browser waits.
 *
 * @param fallback who may be asked when nobody has set `prompt`
 */
export function asking(
  fallback: PromptDefault,
  context: CommandContext,
  onPrompt?: (prompt: SignInPrompt) => void,
): AskPerson {
  let last: SignInPrompt | undefined;
  return {
    choose: (settings) =>
      choosePrompt(settings, fallback, context, (prompt) => {
        last = prompt;
        onPrompt?.(prompt);
      }),
    warn: context.terminal.warn,
    ended: async (end) => {
      if (last?.kind === "browser") {
        await last.showEnd?.(inWordsOf(end, context));
      }
    },
  };
}

/** What the page shows. */
function inWordsOf(end: EndOfAsking, { terminal, system }: CommandContext): SignInEnd {
  if (end.kind === "failed") {
    return { kind: "failed", ...shownError(end.error, terminal.vocabulary) };
  }
  const { profile, role, credentials } = end;
  const account = credentials?.accountId ?? role?.accountId;
  const where = account === undefined ? "" : ` in ${account}`;
  return {
    kind: "done",
    facts: [
      ...(profile === undefined ? [] : [["Profile", printable(profile, 100)] as const]),
      ...(role === undefined ? [] : [["AWS role", `${printable(role.roleName, 100)}${where}`] as const]),
      ...(credentials === undefined
        ? []
        : [["Credentials", until(Date.parse(credentials.expiration), system.clock.now())] as const]),
    ],
  };
}

/**
 * How a person is asked in this run, or `undefined` when nobody may be.
 *
 * @throws TegataError `usage_invalid` for `--prompt tty` without a terminal device
 */
async function choosePrompt(
  { prompt: setting = "auto", browser }: AskingSettings,
  fallback: PromptDefault,
  context: CommandContext,
  onPrompt: (prompt: SignInPrompt) => void,
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
    isRemote: (system.env["SSH_CONNECTION"] ?? "") !== "",
    onPrompt,
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
