import { type IdentityProvider, shownPath, variable, words, type Words } from "@tegata/core";
import { linesOfIdp } from "./implied-idp.ts";
import type { SettingsFile } from "./settings-file.ts";

interface FirstFile {
  readonly file: Pick<SettingsFile, "path">;
  readonly idps: readonly IdentityProvider[];
}

type LookedForFile = Pick<SettingsFile, "path" | "exists" | "isLookedFor">;

/**
 * That there is no settings file, and everywhere where one was looked for, in order. One that was named must exist, so that
 * nobody has named any.
 */
export function explainNoFile({ path }: Pick<SettingsFile, "path">): string {
  const where = path === undefined ? "no home folder is known to look in" : `${shownPath(path)} is not there`;
  return `there is no settings file (none is named, and ${where})`;
}

/** `, and there is no settings file (…)`, where that is why something is missing. */
export function alsoNoFile(file: LookedForFile): string {
  return file.exists || !file.isLookedFor ? "" : `, and ${explainNoFile(file)}`;
}

/** What a first settings file says, to follow `or `: one line, as every hint. */
export function linesToWrite({ file: { path }, idps }: FirstFile, profile = "dev"): Words {
  const lines =
    `write [idp.corp] with ${linesOfIdp(idps)}, and [profile.${profile}] with ` +
    'idp = "corp" and role_arn = "arn:aws:iam::…", each on a line';
  return path === undefined
    ? words`${lines}, to a file that ${variable("TEGATA_CONFIG")} names`
    : words`${lines}, to ${shownPath(path)}`;
}
