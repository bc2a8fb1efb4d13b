import { printable } from "@tegata/core";
import type { CredentialsWanted, CredentialsOfRun } from "@tegata/engine";
import type { CommandContext } from "../../command.ts";
import { timeOf } from "../../terminal/until.ts";
import { asking, type PromptDefault } from "./prompting.ts";

/**
 * The credentials that a command wants.
 *
 * @param asksPerson who may be asked when nobody has set `prompt`
 */
export function wantedBy(asksPerson: PromptDefault, context: CommandContext): CredentialsWanted {
  return { fresh: context.commandLine.fresh, askPerson: asking(asksPerson, context) };
}

/**
 * On a terminal, one line that says what a shell or a command gets: `prod: ReadOnly in 345678901234 until 00:21`. A run that
 * has to say it does not take cached output (`first-file.ts`).
 */
export function sayWhichCredentials(
  { profile, role, credentials }: CredentialsOfRun,
  { terminal, system }: CommandContext,
): void {
  if (!terminal.isTerminal) {
    return;
  }
  const account = credentials.accountId ?? role.accountId;
  const place = account === undefined ? "" : ` in ${account}`;
  const ends = timeOf(Date.parse(credentials.expiration), system.clock.now());
  const name = profile === undefined ? "" : `${printable(profile, 100)}: `;
  terminal.say(`${name}${printable(role.roleName, 100)}${place} until ${ends}`);
}
