import { blockText } from "@tegata/aws-config-files";
import { type Ports, shownPath, TegataError, type Words } from "@tegata/core";
import type { Locks } from "../files/lock.ts";
import { leadingTo, maxAwsConfigBytes, readOwnFile, updateTextFile } from "../files/text-file.ts";
import {
  type BlockContext,
  type ChangedAwsConfig,
  changing,
  type StartedProgram,
  type WantedBlock,
  wantedProfiles,
} from "../settings/aws-config-block.ts";
import type { RolesByPattern } from "../settings/role-profiles.ts";

export { checkRolePattern } from "../settings/role-profiles.ts";

/** What a change of the AWS config file works with. */
export interface AwsConfigContext extends BlockContext {
  readonly credentialsLocks: Locks;
  readonly ports: Pick<Ports, "clock" | "random" | "signal">;
}

/** A change of the AWS config file, before it is made. */
export interface AwsConfigChange extends ChangedAwsConfig {
  /** The file, as it was named. */
  readonly path: string;
  /** Undefined where there is no file. */
  readonly before: string | undefined;
}

/** The block by itself, and what a person should know of it. */
export interface AwsConfigBlock {
  readonly text: string;
  readonly warnings: readonly Words[];
}

/**
 * The block as it would be in a file of its own.
 *
 * @param roles that become profiles besides those of the settings
 * @throws TegataError as `readSettingsFile` does; `settings_not_found` where there are no settings; `usage_invalid` for a program that
 *   no line of `credential_process` can start
 */
export async function awsConfigBlock(
  program: StartedProgram,
  roles: RolesByPattern | undefined,
  context: AwsConfigContext,
): Promise<AwsConfigBlock> {
  const { source, profiles, warnings } = await wantedProfiles(program, roles, context);
  return { text: profiles.length === 0 ? "" : blockText(source, profiles), warnings };
}

/**
 * What a change of the block does to the file. Nothing is written.
 *
 * @throws TegataError as `awsConfigBlock` does; `file_unwritable` for profiles that stand elsewhere; `file_unreadable`, with the line,
 *   for a file that the AWS CLI does not read; `storage_unsafe` for a file of another user, or that others can change
 */
export async function planAwsConfig(
  wanted: WantedBlock,
  program: StartedProgram,
  context: AwsConfigContext,
): Promise<AwsConfigChange> {
  const { path, changeOf, warnings } = await changing(wanted, program, context);
  const before = await readOwnFile(path, maxAwsConfigBytes, false, context.system);
  const { after, profiles, warnings: ofFile } = changeOf(before ?? "");
  return { path, before, after, profiles, warnings: [...warnings, ...ofFile] };
}

/**
 * Makes a change. What was there is kept beside the file.
 *
 * @param shown what a person has seen and agreed to: nothing else is written
 * @returns the path of what was there; undefined where the file is new or stays as it is
 * @throws TegataError as `planAwsConfig` does; `file_unwritable`, `storage_unwritable`; `storage_locked` when others keep changing the
 *   file, or have changed it since it was shown
 */
export async function changeAwsConfig(
  wanted: WantedBlock,
  program: StartedProgram,
  shown: Pick<AwsConfigChange, "after"> | undefined,
  context: AwsConfigContext,
): Promise<string | undefined> {
  const { path, changeOf } = await changing(wanted, program, context);
  const backup = `.${program.name}-backup`;
  let isKept = false;
  const change = (text: string | undefined) => {
    const { after } = changeOf(text ?? "");
    if (shown !== undefined && after !== shown.after) {
      throw new TegataError("storage_locked", `${shownPath(path)} has been changed since the difference was shown`, {
        hint: "run the command again, and look at the new difference",
      });
    }
    // No file is made for nothing.
    const isNew = text === undefined;
    isKept = !isNew && after !== text;
    return isNew && after === "" ? undefined : after;
  };
  const { platform, uid } = context.system;
  const ports = { ...context.ports, platform, uid, fileLocks: context.credentialsLocks };
  await updateTextFile(path, maxAwsConfigBytes, change, ports, { backup });
  return isKept ? `${await leadingTo(path)}${backup}` : undefined;
}
