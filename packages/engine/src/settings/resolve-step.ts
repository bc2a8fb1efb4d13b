import {
  checkRegionOfPartition,
  hint,
  needsExplicitStsEndpoint,
  or,
  partitionNamed,
  type RoleArn,
  setting,
  shownName,
  shownPath,
  type StsTarget,
  TegataError,
  type WebIdentityOptions,
  words,
  type Words,
} from "@tegata/core";
import { alsoNoFile } from "./no-settings-file.ts";
import type { ProfileSettings } from "./resolve-profile.ts";
import { coreSettings, type CoreSettingName } from "./setting-definitions.ts";
import { shownOrigin, type Setting, valueError } from "./setting-sources.ts";
import { isTyped } from "./setting-value.ts";
import { listOf } from "./settings-file-check.ts";
import { tomlKey } from "./toml-key.ts";

/** Without any of these, a role has one step, and no policy of its session. */
export const ofFurtherSteps: readonly CoreSettingName[] = [
  "source_profile",
  "external_id",
  "source_identity",
  "session_tags",
  "transitive_tag_keys",
  "session_policy",
  "session_policy_file",
  "session_policy_arns",
];

/** AWS's own default, and what the least generous role allows. */
const defaultDurationSeconds = 3600;

/**
 * What a profile says of one step: its role, and how STS is to be reached for it.
 *
 * @param ofRun the profile of the run, of whose chain this one may be a part
 * @throws TegataError `settings_incomplete`, and `usage_invalid` or `settings_invalid` by where a bad value came from
 */
export async function resolveStep(
  link: ProfileSettings,
  ofRun: ProfileSettings,
): Promise<Omit<WebIdentityOptions, "sessionPolicy">> {
  const roleArn = await link.read("role_arn", coreSettings.role_arn.schema);
  if (roleArn === undefined) {
    throw link === ofRun
      ? incomplete(words`no role is named: ${setting("role_arn")} is not set`, "role_arn", "ARN", link)
      : sourceIncomplete(link, ofRun);
  }
  const role = roleArn.value;
  const stsEndpoint = await link.read("sts_endpoint", coreSettings.sts_endpoint.schema);
  if (stsEndpoint === undefined && needsExplicitStsEndpoint(role)) {
    throw incomplete(words`${role.arn} is a role that AWS's own STS does not know`, "sts_endpoint", "URL", link);
  }
  const fips = await link.read("use_fips_endpoint", coreSettings.use_fips_endpoint.schema);
  const dualstack = await link.read("use_dualstack_endpoint", coreSettings.use_dualstack_endpoint.schema);
  const region = await link.read("region", coreSettings.region.schema);
  await refuseRegionOfOtherPartition(link, roleArn, region);
  await refuseVariantOfCustomEndpoint(link, stsEndpoint, [fips, dualstack]);
  const target: StsTarget = {
    region: region?.value ?? firstRegionOf(role),
    endpoint: stsEndpoint?.value,
    useFipsEndpoint: fips?.value ?? false,
    useDualstackEndpoint: dualstack?.value ?? false,
  };
  const roleSessionName = (await link.read("role_session_name", coreSettings.role_session_name.schema))?.value;
  const durationSeconds = (await link.read("duration", coreSettings.duration.schema))?.value ?? defaultDurationSeconds;
  return { role, roleSessionName, durationSeconds, target };
}

/** The region that was chosen, else the first of the role's partition. */
export async function regionOf(link: ProfileSettings, role: RoleArn): Promise<string> {
  const region = await link.read("region", coreSettings.region.schema);
  return region?.value ?? firstRegionOf(role);
}

function firstRegionOf(role: RoleArn): string {
  return partitionNamed(role.partition)?.defaultRegion ?? "us-east-1";
}

function sourceIncomplete({ name = "", input: { file } }: ProfileSettings, ofRun: ProfileSettings): TegataError {
  const of = ofRun.name === undefined ? "" : `, by which ${shownName(ofRun.name)} is reached`;
  return new TegataError(
    "settings_incomplete",
    words`the profile ${shownName(name)}${of}, has no ${setting("role_arn")}`,
    {
      hint: `set role_arn in [profile.${tomlKey(name)}] of ${shownPath(file.path ?? "the settings file")}`,
      details: { missing: "role_arn" },
    },
  );
}

async function refuseRegionOfOtherPartition(
  { input: { file } }: ProfileSettings,
  roleArn: Setting<RoleArn>,
  region: Setting<string> | undefined,
): Promise<void> {
  const problem = region && checkRegionOfPartition(roleArn.value, region.value);
  if (region !== undefined && problem !== undefined) {
    const issue = words`${problem.replace(/^region /, "")} (the role is from ${await shownOrigin(roleArn.origin, file)})`;
    throw await valueError(region.origin, issue, file);
  }
}

/** The SDKs refuse this as well: an endpoint that somebody named has no FIPS or dual-stack twin that could be derived. */
async function refuseVariantOfCustomEndpoint(
  { input: { file } }: ProfileSettings,
  endpoint: Setting<string> | undefined,
  variants: readonly (Setting<boolean> | undefined)[],
): Promise<void> {
  const variant = variants.find((each) => each?.value === true);
  if (endpoint !== undefined && variant !== undefined) {
    const first = await shownOrigin(variant.origin, file);
    const second = await shownOrigin(endpoint.origin, file);
    const typed = [variant, endpoint].some(({ origin }) => isTyped(origin));
    throw new TegataError(
      typed ? "usage_invalid" : "settings_invalid",
      words`${first} and ${second} exclude each other: an endpoint of your own has no FIPS or dual-stack twin`,
      { hint: "leave one out, or name the FIPS or dual-stack endpoint itself" },
    );
  }
}

function incomplete(
  message: Words,
  key: CoreSettingName,
  placeholder: string,
  { name, input: { file } }: ProfileSettings,
): TegataError {
  const profiles = [...file.profiles.keys()];
  const elsewhere =
    name !== undefined && file.path !== undefined
      ? or`set ${key} in [profile.${tomlKey(name)}] of ${shownPath(file.path)}`
      : profiles.length > 0
        ? or`name a profile (${listOf(profiles)})`
        : file.path === undefined
          ? undefined
          : or`set ${key} in a section [profile.NAME] of ${shownPath(file.path)}`;
  return new TegataError("settings_incomplete", words`${message}${alsoNoFile(file)}`, {
    hint: [hint`pass ${setting(key, placeholder)}`, ...(elsewhere === undefined ? [] : [elsewhere])],
    details: { missing: key },
  });
}
