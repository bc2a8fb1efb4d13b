import { isSignInRequired, printable, shownValue, TegataError } from "@tegata/core";
import type { CommandContext } from "../command.ts";
import { obtainCredentials, type ObtainedCredentials, withLoginHint } from "./credentials-source.ts";
import { keyringRequired } from "./keyring-required.ts";
import { sessionKeyOf } from "../storage/cache-key.ts";
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
import { choiceOf } from "../settings/shell-choice.ts";
import { timeOf } from "../terminal/until.ts";
import { coreSettings } from "../settings/setting-definitions.ts";

/** What a run is about. */
export interface ChosenRole {
  readonly profile: ProfileSettings;
  readonly idp: ResolvedIdp;
  readonly role: ResolvedRole;
  /** The region that somebody has chosen; `undefined`: nobody has, and none is handed on to any program. */
  readonly chosenRegion: string | undefined;
  /** As `choiceOf` has it. */
  readonly choice: Readonly<Record<string, string | undefined>>;
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

/** @throws TegataError for settings that are incomplete or bad */
export async function chooseRole(context: CommandContext): Promise<ChosenRole> {
  const profile = await context.profile();
  judgeAwsProfile(profile, context);
  // A bad value is found before it is needed.
  await resolveHint(profile);
  const idp = await resolveIdp(profile);
  const role = await resolveRole(profile);
  const region = await profile.read("region", coreSettings.region.schema);
  const choice = choiceOf(profile, context.namedSettingsFile, context.outside);
  return { profile, idp, role, chosenRegion: region?.value, choice };
}

/**
 * A person who has set `AWS_PROFILE` means that role. Another one is not taken in silence, and where nobody has chosen it at
 * all, it is not taken.
 *
 * @throws TegataError `usage_invalid`
 */
function judgeAwsProfile(profile: ProfileSettings, context: CommandContext): void {
  const { unknownAwsProfile, input } = profile;
  if (unknownAwsProfile === undefined) {
    return;
  }
  const { problem, hasDefault } = unknownAwsProfile;
  const isRoleNamed = profile.raw("role_arn") !== undefined && !profile.section.has("role_arn");
  if (!hasDefault && !isRoleNamed && input.file.profiles.size > 0) {
    throw new TegataError("usage_invalid", `${problem}, and no default_profile is chosen`, {
      hint: "name a profile (tegata profiles lists them), or unset the variable",
    });
  }
  warnOfAwsProfile(profile, context);
}

/** Where `AWS_PROFILE` names no profile, which one it is instead. */
export function warnOfAwsProfile({ name, unknownAwsProfile }: ProfileSettings, { warn }: CommandContext): void {
  if (unknownAwsProfile !== undefined) {
    const instead = name === undefined ? "without a profile" : `the profile ${shownValue(name, 80)}`;
    warn(`this is ${instead}: ${unknownAwsProfile.problem}`);
  }
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
  return obtainCredentials({ idp, role, promptPerson }, kept).catch(async (error: unknown) => {
    if (idp.kind === "workload") {
      throw withLoginHint(error, undefined);
    }
    const keyring = isSignInRequired(error) ? await keyringRequired(await sessionKeyOf(idp), context) : undefined;
    throw withLoginHint(keyring ?? error, loginCommandFor(profile));
  });
}
