import { printable } from "@tegata/core";
import { type ChosenRole, chooseRole, credentialsFor, type ObtainedCredentials } from "@tegata/engine";
import type { CommandContext } from "../../command.ts";
import { timeOf } from "../../terminal/until.ts";
import { choosePrompt, type PromptDefault } from "./prompting.ts";

/** That role, and credentials for it. */
export interface ProfileCredentials extends ChosenRole {
  readonly obtained: ObtainedCredentials;
}

/**
 * Credentials of the chosen profile.
 *
 * @param asksPerson who may be asked when nobody has set `prompt`
 * @throws TegataError as settings, sign-in and STS throw them
 */
export async function credentialsOfProfile(
  asksPerson: PromptDefault,
  context: CommandContext,
): Promise<ProfileCredentials> {
  const chosen = await chooseRole(context);
  return { ...chosen, obtained: await obtainFor(chosen, asksPerson, context) };
}

/**
 * On a terminal, one line that says what a shell or a command gets: `prod: ReadOnly in 345678901234 until 00:21`. A run that
 * has to say it does not take a kept answer (`first-file.ts`).
 */
export function sayWhatIsGiven(
  { profile, role, obtained }: ProfileCredentials,
  { terminal, outside }: CommandContext,
): void {
  if (!terminal.isTerminal) {
    return;
  }
  const { credentials } = obtained.record;
  const account = credentials.accountId ?? role.role.accountId;
  const place = account === undefined ? "" : ` in ${account}`;
  const ends = timeOf(Date.parse(credentials.expiration), outside.clock.now());
  const name = profile.name === undefined ? "" : `${printable(profile.name, 100)}: `;
  terminal.say(`${name}${printable(role.role.roleName, 100)}${place} until ${ends}`);
}

/** Credentials for a role, asking a person as `prompt` and the command have it. */
async function obtainFor(
  chosen: ChosenRole,
  asksPerson: PromptDefault,
  context: CommandContext,
): Promise<ObtainedCredentials> {
  const promptPerson = await choosePrompt(chosen.profile, asksPerson, context);
  return credentialsFor(
    chosen,
    { promptPerson, fresh: context.commandLine.fresh, warn: context.terminal.warn },
    context,
  );
}
