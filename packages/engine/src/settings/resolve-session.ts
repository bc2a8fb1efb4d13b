import {
  foreignPolicy,
  policyArnOf,
  type RoleArn,
  type SessionPolicy,
  sessionPolicySchema,
  setting,
  shownValue,
  TegataError,
  words,
} from "@tegata/core";
import { expandHome, isAbsolutePath } from "../files/home-path.ts";
import type { ProfileSettings } from "./resolve-profile.ts";
import { coreSettings, type CoreSettingName } from "./setting-definitions.ts";
import { judge, shownOrigin, valueError } from "./setting-sources.ts";
import { isTyped, type Origin } from "./setting-value.ts";

/** Many times what AWS takes, blanks between the words included. */
const maxPolicyFileBytes = 262_144;

/** Less than the role may do, and whether a file says so that can change without the settings. */
export interface ResolvedSessionPolicy {
  readonly sessionPolicy: SessionPolicy;
  readonly isFromFile: boolean;
}

/** @throws TegataError `usage_invalid`, `settings_invalid`; `file_unreadable`, `storage_unsafe` for a file of somebody else */
export async function resolveSessionPolicy(profile: ProfileSettings, role: RoleArn): Promise<ResolvedSessionPolicy> {
  const { file } = profile.input;
  const named = await profile.read("session_policy_arns", coreSettings.session_policy_arns.schema);
  const arns = (named?.value ?? []).map((name) => policyArnOf(name, role));
  for (const arn of arns) {
    const problem = foreignPolicy(arn, role);
    if (named !== undefined && problem !== undefined) {
      throw await valueError(named.origin, `${shownValue(arn)} ${problem}`, file);
    }
  }
  const fromFile = await usesFile(profile);
  const document = fromFile ? await readPolicyFile(profile) : await readInline(profile);
  return { sessionPolicy: { document, arns }, isFromFile: fromFile };
}

async function readInline(profile: ProfileSettings): Promise<string | undefined> {
  return (await profile.read("session_policy", coreSettings.session_policy.schema))?.value;
}

/** Of the text and the file, the one that was said later counts; said in one place, they contradict each other. */
async function usesFile(profile: ProfileSettings): Promise<boolean> {
  const { file } = profile.input;
  const [text, path] = [profile.raw("session_policy"), profile.raw("session_policy_file")];
  if (text === undefined || path === undefined) {
    return path !== undefined;
  }
  const difference = strengthOf(path.origin) - strengthOf(text.origin);
  if (difference === 0) {
    const first = await shownOrigin(text.origin, file);
    const second = await shownOrigin(path.origin, file);
    throw new TegataError(
      isTyped(path.origin) ? "usage_invalid" : "settings_invalid",
      words`${first} and ${second} exclude each other: a session has one policy document`,
      { hint: "leave one out" },
    );
  }
  return difference > 0;
}

function strengthOf({ kind }: Origin): number {
  return ["default", "file", "variable", "flag"].indexOf(kind);
}

async function readPolicyFile(profile: ProfileSettings): Promise<string | undefined> {
  const { file, machine } = profile.input;
  const named = await profile.read("session_policy_file", coreSettings.session_policy_file.schema);
  if (named === undefined) {
    return undefined;
  }
  const { value: path, origin } = named;
  if (!isTyped(origin) && !isAbsolutePath(expandHome(path, "/", machine.platform), machine.platform)) {
    throw await valueError(origin, `${shownValue(path)} must be a whole path, or begin with ~/`, file);
  }
  const text = await machine.readGuardedFile(path, maxPolicyFileBytes);
  if (text === undefined) {
    throw await valueError(origin, `${shownValue(path)} is not there`, file);
  }
  const judged = judge({ value: text.replace(/^\uFEFF/, ""), origin }, "session_policy", sessionPolicySchema);
  if ("issue" in judged) {
    // Of a text that long, what is wrong with it says enough.
    const issue = judged.issue.replace(/^.*? (?=must )/s, "");
    throw await valueError(origin, `${shownValue(path)} ${issue}`, file);
  }
  return judged.value;
}

const ofChainsAlone = ["external_id", "source_identity", "session_tags", "transitive_tag_keys"] as const;

/**
 * What goes with the assumption of a role by another one.
 *
 * @throws TegataError `usage_invalid`, `settings_invalid`
 */
export async function resolveAssumption(profile: ProfileSettings) {
  const tags = (await profile.read("session_tags", coreSettings.session_tags.schema))?.value ?? {};
  const keys = await profile.read("transitive_tag_keys", coreSettings.transitive_tag_keys.schema);
  const unknown = keys?.value.find((key) => !Object.hasOwn(tags, key));
  if (keys !== undefined && unknown !== undefined) {
    const issue = words`${shownValue(unknown)} is no key of ${setting("session_tags")}`;
    throw await valueError(keys.origin, issue, profile.input.file);
  }
  return {
    externalId: (await profile.read("external_id", coreSettings.external_id.schema))?.value,
    sourceIdentity: (await profile.read("source_identity", coreSettings.source_identity.schema))?.value,
    tags,
    transitiveTagKeys: keys?.value ?? [],
  };
}

/** The exchange of an ID token has no such parameters: there, tags and source identity come from claims of the token. */
export async function refuseAssumption(profile: ProfileSettings): Promise<void> {
  const isSaid = (name: CoreSettingName) => profile.raw(name) !== undefined;
  const name = ofChainsAlone.find(isSaid);
  const raw = name === undefined ? undefined : profile.raw(name);
  if (raw !== undefined) {
    const issue =
      name === "external_id"
        ? words`needs a ${setting("source_profile")}: a role that an ID token is exchanged for has no external id`
        : words`needs a ${setting("source_profile")}: for the role that an ID token is exchanged for, a claim of the token says so`;
    throw await valueError(raw.origin, issue, profile.input.file);
  }
}
