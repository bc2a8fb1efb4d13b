import type { CommandContext } from "../command.ts";
import { obtainCredentials, type ObtainedCredentials, withLoginHint } from "./credentials-source.ts";
import { loginCommandFor } from "./login-command.ts";
import { choosePrompt, type PromptDefault } from "./prompting.ts";
import { sayingWhatIsNotKept } from "./unkept.ts";
import {
  type ProfileSettings,
  resolveHint,
  resolveIdp,
  type ResolvedIdp,
  type ResolvedRole,
  resolveRole,
} from "../settings/resolve.ts";

/** What a run is about. */
export interface ChosenRole {
  readonly profile: ProfileSettings;
  readonly idp: ResolvedIdp;
  readonly role: ResolvedRole;
}

/** That role, and credentials for it. */
export interface ProfileCredentials extends ChosenRole {
  readonly obtained: ObtainedCredentials;
}

/**
 * Credentials of the chosen profile.
 *
 * @param asksPerson who may be asked when nobody has set `prompt`
 * @throws TegataError whatever settings, sign-in and STS can say
 */
export async function credentialsOfProfile(
  asksPerson: PromptDefault,
  context: CommandContext,
): Promise<ProfileCredentials> {
  const chosen = await chooseRole(context);
  return { ...chosen, obtained: await credentialsFor(chosen, asksPerson, context) };
}

/** @throws TegataError for settings that are incomplete or bad */
export async function chooseRole(context: CommandContext): Promise<ChosenRole> {
  const profile = await context.profile();
  // A bad value is found before it is needed.
  await resolveHint(profile);
  const idp = await resolveIdp(profile);
  const role = await resolveRole(profile);
  return { profile, idp, role };
}

/**
 * Credentials for a role. Where only a person could help, the error names the login command.
 *
 * @param asksPerson who may be asked when nobody has set `prompt`; `"nobody"`: not even when somebody has
 * @throws TegataError whatever settings, sign-in and STS can say
 */
export async function credentialsFor(
  { profile, idp, role }: ChosenRole,
  asksPerson: PromptDefault | "nobody",
  context: CommandContext,
): Promise<ObtainedCredentials> {
  const prompt = asksPerson === "nobody" ? undefined : await choosePrompt(profile, asksPerson, context);
  const { promptPerson, context: kept } = await sayingWhatIsNotKept(prompt, context);
  return obtainCredentials({ idp, role, promptPerson }, kept).catch((error: unknown) => {
    throw withLoginHint(error, loginCommandFor(profile, context));
  });
}
