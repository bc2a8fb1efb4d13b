import {
  type BlockKey,
  type BlockProfile,
  type BlockSource,
  blockText,
  entriesOfBlock,
  processLine,
  profileNamesOf,
  profilesBeside,
  profileSpelling,
  withBlock,
  withoutBlock,
} from "@tegata/aws-config-files";
import {
  command,
  flag,
  hint,
  or,
  setting,
  shownName,
  shownPath,
  shownValue,
  TegataError,
  thisProgram,
  type Words,
  words,
} from "@tegata/core";
import { absolutePath } from "../files/home-path.ts";
import { sha256 } from "../files/sha256.ts";
import { awsFileToChange, readAwsFiles } from "../system/aws-files.ts";
import type { System } from "../system/system.ts";
import { explainNoFile } from "./no-settings-file.ts";
import { type RoleProfile, roleProfiles, roleProfilesIn, type RolesByPattern, wordsForRole } from "./role-profiles.ts";
import { listOf, type ProfileSection } from "./settings-file-check.ts";
import type { SettingsFile } from "./settings-file.ts";

const processKey = "credential_process";
/** The command that the lines of the block start. */
const processCommand = "credential-process";
/** Of names in a message. */
const maxNamed = 12;

/** How AWS clients are to start the program. */
export interface StartedProgram {
  /** In kebab-case: `tegata`. */
  readonly name: string;
  /** Its name, where `PATH` finds it; else its path, or those of a runtime and a script. */
  readonly words: readonly [string, ...string[]];
  /** Its path beside its name. A block that has it keeps it: not every client has the shell's `PATH`. */
  readonly path?: readonly [string, ...string[]] | undefined;
}

/** What the block of profiles in the AWS config file is made of. */
export interface BlockContext {
  readonly system: Pick<System, "env" | "home" | "platform" | "uid" | "currentFolder">;
  readonly settingsFile: () => Promise<SettingsFile>;
  /** Where a flag or a variable names the settings file: AWS clients have to name it, too. */
  readonly namedSettingsFile: string | undefined;
}

/** What is to become of the block of profiles in the AWS config file. */
export type WantedBlock =
  | {
      readonly kind: "written";
      /** True: without the profiles that stand elsewhere in the file; with those that have keys in the credentials file. */
      readonly force: boolean;
      /** Roles that become profiles besides. Left out: those stay that are in the block. */
      readonly roles?: RolesByPattern | undefined;
    }
  | { readonly kind: "removed" };

/** What a change makes of the text of the file. */
export interface ChangedAwsConfig {
  readonly after: string;
  /** The profiles that the block has then. */
  readonly profiles: readonly string[];
  /** What a person should know of it. */
  readonly warnings: readonly Words[];
}

/** What a change does to the text of the file. */
export interface AwsConfigChanging {
  readonly path: string;
  /** @throws TegataError `file_unwritable` for profiles that stand elsewhere in it; `file_unreadable`, with the line */
  readonly changeOf: (text: string) => ChangedAwsConfig;
  readonly warnings: readonly Words[];
}

/**
 * What becomes of the text of the file, which nobody has read yet.
 *
 * @throws TegataError as `readSettingsFile` does; `settings_not_found` where there are no settings; `usage_invalid` for a program that
 *   no line of `credential_process` can start; `file_unwritable` for profiles that have keys elsewhere
 */
export async function changing(
  wanted: WantedBlock,
  program: StartedProgram,
  context: BlockContext,
): Promise<AwsConfigChanging> {
  const path = awsFileToChange("config", context.system);
  if (wanted.kind === "removed") {
    const { id } = sourceOf(program, context);
    const changeOf = (text: string) => ({
      after: withoutBlock({ path, text }, id) ?? text,
      profiles: [],
      warnings: [],
    });
    return { path, changeOf, warnings: [] };
  }
  const settings = await context.settingsFile();
  const given = wanted.roles === undefined ? [] : roleProfiles(wanted.roles, settings);
  const { source, profiles: byName, warnings } = wantedOf(settings, given, program, context);
  if (!wanted.force) {
    refuseProfilesWithKeys(byName, path, context);
  }
  const changeOf = (text: string) => {
    const file = { path, text };
    const inBlock = roleProfilesIn(entriesOfBlock(file, source.id), processCommand);
    const roles = [...given, ...keptRoles(inBlock, given, wanted.roles, settings)];
    const { profiles } = wantedOf(settings, roles, startedIn(text, program, context), context);
    const beside = profilesBeside(
      file,
      source.id,
      profiles.map(({ name }) => name),
    );
    if (beside.length > 0 && !wanted.force) {
      throw standElsewhere(beside, path);
    }
    const elsewhere = new Set(beside.map(({ name }) => name));
    const written = profiles.filter(({ name }) => !elsewhere.has(name));
    return {
      after: withBlock(file, source, written),
      profiles: written.map(({ name }) => name),
      warnings: [
        ...[...elsewhere].map(
          (name) => words`the profile ${shownName(name)} is left out: it stands elsewhere in ${shownPath(path)}`,
        ),
        ...(text.startsWith("\ufeff")
          ? [words`${shownPath(path)} begins with a byte order mark, and the AWS CLI reads nothing of such a file`]
          : []),
      ],
    };
  };
  return { path, changeOf, warnings };
}

/**
 * Those of the block that stay. Nothing is asked for them: nobody who changes the settings is to lose them. Those of a list that could not be
 * read stay as well.
 */
function keptRoles(
  inBlock: readonly RoleProfile[],
  given: readonly RoleProfile[],
  wanted: RolesByPattern | undefined,
  settings: SettingsFile,
): readonly RoleProfile[] {
  if (wanted?.isComplete === true) {
    return [];
  }
  const names = new Set([...settings.profiles.keys(), ...given.map(({ name }) => name)]);
  const known = new Set(
    [...given, ...(wanted?.roles ?? []).map(({ role, idp }) => ({ roleArn: role.arn, idp }))].map(ofRole),
  );
  return inBlock.filter((each) => settings.idps.has(each.idp) && !names.has(each.name) && !known.has(ofRole(each)));
}

function ofRole({ roleArn, idp }: { readonly roleArn: string; readonly idp: string | undefined }): string {
  return JSON.stringify([roleArn, idp]);
}

/**
 * True for a file whose block is that of the settings. Most files are not even taken apart for it.
 *
 * @throws TegataError as `changing` does, and as what it gives
 */
export async function hasCurrentBlock(text: string, program: StartedProgram, context: BlockContext): Promise<boolean> {
  const { source, profiles } = wantedOf(await context.settingsFile(), [], startedIn(text, program, context), context);
  if (profiles.length > 0 && text.replaceAll("\r\n", "\n").includes(blockText(source, profiles).trimEnd())) {
    return true;
  }
  const { changeOf } = await changing({ kind: "written", force: true }, program, context);
  return changeOf(text).after === text;
}

/** By its path, where a line of the file has that already. */
function startedIn(text: string, program: StartedProgram, { system: { platform } }: BlockContext): StartedProgram {
  const { path } = program;
  const start = path && processLine([...path, processCommand], platform);
  const isByPath = start?.kind === "line" && text.includes(`${processKey} = ${start.line} `);
  return path !== undefined && isByPath ? { ...program, words: path } : program;
}

/** A settings file that was named has a block of its own, so that two of them do not take each other's profiles away. */
export function sourceOf({ name }: StartedProgram, context: BlockContext): BlockSource {
  const named = namedSettings(context);
  return {
    id: named === undefined ? name : `${name}-${sha256(named).slice(0, 8)}`,
    // Without a colon and an equals sign: see `BlockSource`.
    says: [
      `Written by ${name} from its settings. Change the profiles there, then run`,
      `${name} aws-config --write. Keys that are added to a profile here stay.`,
      `${name} aws-config --remove takes the block away.`,
    ],
  };
}

function namedSettings({ namedSettingsFile, system }: BlockContext): string | undefined {
  return namedSettingsFile === undefined
    ? undefined
    : absolutePath(namedSettingsFile, system.currentFolder(), system.platform);
}

/** The profiles of the settings, and those of roles, as a block has them. @throws TegataError as `changing` does */
export async function wantedProfiles(
  program: StartedProgram,
  roles: RolesByPattern | undefined,
  context: BlockContext,
): Promise<WantedProfiles> {
  const settings = await context.settingsFile();
  return wantedOf(settings, roles === undefined ? [] : roleProfiles(roles, settings), program, context);
}

interface WantedProfiles {
  readonly source: BlockSource;
  readonly profiles: readonly BlockProfile[];
  readonly warnings: readonly Words[];
}

function wantedOf(
  settings: SettingsFile,
  roles: readonly RoleProfile[],
  program: StartedProgram,
  context: BlockContext,
): WantedProfiles {
  const named = namedSettings(context);
  if (!settings.exists) {
    // Of settings that cannot be read nobody knows which profiles are gone.
    throw new TegataError("settings_not_found", explainNoFile(settings), {
      hint: [hint`make one: ${command("init")}`, or`name it: ${setting("config", "FILE")}`],
    });
  }
  if (named !== undefined && settings.layers.some(({ name, file }) => name === "person" && file === undefined)) {
    throw new TegataError(
      "usage_invalid",
      `the settings are read from ${shownPath(named)}, which is no file that stays`,
      {
        hint: "write the settings to a file, and name that",
      },
    );
  }
  const warnings: Words[] = [];
  const profiles: BlockProfile[] = [];
  const withoutRole: string[] = [];
  const unspeakable: string[] = [];
  const seldom = { letters: new Array<string>(), quoted: new Array<string>() };
  const add = (name: string, about: readonly string[], keys: readonly BlockKey[]) => {
    const spelling = profileSpelling(name);
    const line = lineFor(about, named, program, context);
    if (spelling === undefined || line === undefined) {
      unspeakable.push(name);
      return;
    }
    profiles.push({ name, keys: [{ key: processKey, value: line }, ...keys] });
    if (spelling !== "plain") {
      seldom[spelling].push(name);
    }
  };
  for (const [name, section] of settings.profiles) {
    if (section.get("role_arn") === undefined) {
      withoutRole.push(name);
    } else {
      // What would be taken for a flag, or for a question for help, is a flag's value.
      add(name, /^-|^help$/.test(name) ? [`--profile=${name}`] : [name], settingsOf(section));
    }
  }
  for (const role of roles) {
    add(role.name, wordsForRole(role), []);
  }
  if (withoutRole.length > 0) {
    warnings.push(words`left out, as they lack ${setting("role_arn")}: ${listOf(withoutRole)}`);
  }
  if (unspeakable.length > 0) {
    warnings.push(words`left out, as AWS clients do not read such names alike: ${listOf(unspeakable)}`);
  }
  if (seldom.quoted.length > 0) {
    warnings.push(
      words`the SDKs for JavaScript, Go and Java do not find a profile with a blank in its name: ${listOf(seldom.quoted)}`,
    );
  }
  if (seldom.letters.length > 0) {
    warnings.push(
      words`the SDK for JavaScript does not find a profile with letters beyond ASCII in its name: ${listOf(seldom.letters)}`,
    );
  }
  const start = processLine(
    [...program.words, ...(named === undefined ? [] : ["--config", named])],
    context.system.platform,
  );
  if (start.kind === "line" && start.isQuotedPath) {
    warnings.push(
      words`the SDK for Go does not start ${shownPath(program.words[0])}, because of the blank: put its folder on PATH, or ${thisProgram} into a folder without one`,
    );
  }
  return { source: sourceOf(program, context), profiles, warnings };
}

/**
 * @param about the words that say whose credentials are meant
 * @returns undefined for words that no line can have
 * @throws TegataError `usage_invalid` where it is the program, or the settings file
 */
function lineFor(
  about: readonly string[],
  settingsFile: string | undefined,
  program: StartedProgram,
  { system: { platform } }: BlockContext,
): string | undefined {
  const settings = settingsFile === undefined ? [] : ["--config", settingsFile];
  const withName = (...name: readonly string[]) =>
    processLine([...program.words, processCommand, ...name, ...settings], platform);
  const line = withName(...about);
  if (line.kind === "line") {
    return line.line;
  }
  const other = withName("x");
  if (other.kind === "line") {
    return undefined;
  }
  const isProgram = other.words.some((each) => program.words.includes(each));
  throw new TegataError(
    "usage_invalid",
    `AWS clients do not all start a line of credential_process with ${other.words.map((each) => shownValue(each)).join(" and ")}`,
    {
      hint: isProgram
        ? [hint`put the folder of ${thisProgram} on PATH`, or`move it to a path without blanks and signs`]
        : hint`move the settings file to a path without blanks and signs`,
    },
  );
}

/** What AWS clients have under the same names, and mean alike. */
function settingsOf(section: ProfileSection): readonly BlockKey[] {
  return ["region", "use_fips_endpoint", "use_dualstack_endpoint"].flatMap((key) => {
    const value = section.get(key);
    return typeof value === "string" || typeof value === "boolean" ? [{ key, value: String(value) }] : [];
  });
}

function standElsewhere(
  beside: readonly { readonly name: string; readonly line: number }[],
  path: string,
): TegataError {
  const shown = beside.slice(0, maxNamed).map(({ name, line }) => `${shownName(name)} (line ${line})`);
  const more = beside.length > shown.length ? ", …" : "";
  const [what, verb] = beside.length === 1 ? ["the profile", "stands"] : ["the profiles", "stand"];
  return new TegataError(
    "file_unwritable",
    `${what} ${shown.join(", ")}${more} ${verb} in ${shownPath(path)} already, and the AWS CLI reads nothing of a file that has a profile twice`,
    {
      hint: [
        hint`delete what stands there, or give it another name`,
        or`leave it as it is, and out of the block: ${command("aws-config", "--write", "--force")}`,
      ],
    },
  );
}

/**
 * Clients do not agree on which comes first, and the SDK for .NET calls such a profile invalid: it goes on to the container's or the
 * machine's credentials without a word.
 */
function refuseProfilesWithKeys(profiles: readonly BlockProfile[], path: string, { system }: BlockContext): void {
  const withKeys = profilesWithKeys(system);
  for (const { name } of profiles) {
    const found = withKeys.get(name);
    if (found !== undefined) {
      throw new TegataError(
        "file_unwritable",
        `the profile ${shownName(name)} has keys in ${shownPath(found)}, and would have credential_process in ${shownPath(path)}: clients take the one or the other, and the SDK for .NET neither`,
        {
          hint: [
            hint`delete them there`,
            or`if ${thisProgram} wrote them, run ${command("aws-credentials", "--unset", "--aws-profile", name)}`,
            hint`${flag("force")} writes the block all the same`,
          ],
        },
      );
    }
  }
}

/** By profile, the credentials file in which it has keys. */
function profilesWithKeys(system: BlockContext["system"]): ReadonlyMap<string, string> {
  return new Map(
    readAwsFiles("credentials", system).flatMap(({ path, file }) => {
      const inherited = file.sections.filter(({ name }) => name === "DEFAULT").flatMap(({ keys }) => keys);
      return file.sections
        .filter(({ keys }) =>
          [...inherited, ...keys].some(({ key, value }) => key === "aws_access_key_id" && value !== ""),
        )
        .flatMap(({ name }) => profileNamesOf("credentials", name))
        .map((name) => [name, path] as const);
    }),
  );
}
