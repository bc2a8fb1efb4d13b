import { command, configVariable, hint, isSignInRequired, or, shownValue, TegataError, type Words } from "@tegata/core";
import { type CredentialsRequest, obtainCredentials } from "./obtain-credentials.ts";
import type { CredentialsContext, ObtainedCredentials } from "./renewal.ts";
import { keyringRequired } from "../session/keyring-required.ts";
import { sessionKeyOf } from "./cache-key.ts";
import type { Notify } from "../system/notify.ts";
import { aboutRun, describeRun } from "./about-run.ts";
import { type StorageContext, folderRequired, warningOfUnstored } from "./unstored.ts";
import type { ProfileSettings } from "../settings/resolve-profile.ts";
import { resolveHint } from "../settings/resolve-asking.ts";
import { resolveIdp } from "../settings/resolve-idp.ts";
import type { ResolvedIdp, ResolvedRole } from "../settings/resolved.ts";
import { resolveRole } from "../settings/resolve-role.ts";
import { choiceOf, memoryOf } from "../settings/shell-choice.ts";
import { coreSettings } from "../settings/setting-definitions.ts";

/** What getting the credentials of a profile works with. */
export interface ProfileContext extends CredentialsContext, StorageContext {
  /** The settings file, where somebody has named it. */
  readonly namedSettingsFile: string | undefined;
}

/** What a run is about. */
export interface ChosenRole {
  readonly profile: ProfileSettings;
  readonly idp: ResolvedIdp;
  readonly role: ResolvedRole;
  /** The region that somebody has chosen; `undefined`: nobody has, and none is handed on to any program. */
  readonly chosenRegion: string | undefined;
  /** As `choiceOf` has it. */
  readonly choice: Readonly<Record<string, string | undefined>>;
  /** As `memoryOf` has it; empty where the choice names no settings file. */
  readonly memory: Readonly<Record<string, string>>;
}

/** @throws TegataError for settings that are incomplete or bad */
export async function chooseRole(context: ProfileContext): Promise<ChosenRole> {
  const profile = await context.profile();
  refuseUnknownAwsProfile(profile);
  warnOfAwsProfile(profile, context.notify);
  // A bad value is found before it is needed.
  await resolveHint(profile);
  const idp = await resolveIdp(profile);
  const role = await resolveRole(profile);
  const region = await profile.read("region", coreSettings.region.schema);
  const choice = choiceOf(profile, context.namedSettingsFile, context.system);
  const memory = choice[configVariable] === undefined ? {} : memoryOf(context.system.env);
  return { profile, idp, role, chosenRegion: region?.value, choice, memory };
}

/**
 * A person who has set `AWS_PROFILE` means that role. Another one is not taken in silence, and where nobody has chosen it at
 * all, it is not taken.
 *
 * @throws TegataError `usage_invalid`
 */
export function refuseUnknownAwsProfile(profile: ProfileSettings): void {
  const { unknownAwsProfile, input } = profile;
  if (unknownAwsProfile === undefined) {
    return;
  }
  const { problem, hasDefault } = unknownAwsProfile;
  const isRoleNamed = profile.raw("role_arn") !== undefined && !profile.section.has("role_arn");
  if (!hasDefault && !isRoleNamed && input.file.profiles.size > 0) {
    throw new TegataError("usage_invalid", `${problem}, and no default profile is chosen`, {
      hint: [hint`name a profile (${command("profiles")} lists them)`, or`unset the variable`],
    });
  }
}

/** Where `AWS_PROFILE` names no profile, which one it is instead. */
export function warnOfAwsProfile({ name, unknownAwsProfile }: ProfileSettings, { warn }: Pick<Notify, "warn">): void {
  if (unknownAwsProfile !== undefined) {
    const instead = name === undefined ? "without a profile" : `the profile ${shownValue(name, 80)}`;
    warn(`this is ${instead}: ${unknownAwsProfile.problem}`);
  }
}

/** How a run may get credentials. */
interface WaysToCredentials extends Pick<CredentialsRequest, "promptPerson" | "fresh"> {
  /** Says what a person who is about to be asked must know. */
  readonly warn: (line: string | Words) => void;
}

/** Nobody is asked, and what is stored will do. */
export const withoutAsking: WaysToCredentials = { promptPerson: undefined, fresh: false, warn: () => undefined };

/**
 * Credentials for a role. Where only a person could help, the error names the login command.
 *
 * @throws TegataError as settings, sign-in and STS throw them
 */
export async function credentialsFor(
  { profile, idp, role }: ChosenRole,
  { promptPerson: prompt, fresh, warn }: WaysToCredentials,
  context: ProfileContext,
): Promise<ObtainedCredentials> {
  const { promptPerson, context: kept } = await warningOfUnstored(prompt, context, warn);
  return obtainCredentials({ idp, steps: role.steps, promptPerson, fresh }, kept).catch(async (error: unknown) => {
    if (idp.kind === "workload") {
      throw aboutRun(error, undefined);
    }
    const run = describeRun(profile);
    if (!isSignInRequired(error)) {
      throw aboutRun(error, run);
    }
    const keyring = await keyringRequired(await sessionKeyOf(idp), context);
    const storage = keyring === undefined ? await folderRequired(error, context) : undefined;
    throw aboutRun(storage ?? keyring ?? error, run);
  });
}
