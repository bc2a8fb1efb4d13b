import {
  checkRegionOfPartition,
  needsExplicitStsEndpoint,
  noSessionPolicy,
  partitionNamed,
  type RoleArn,
  type StsTarget,
  TegataError,
  shownPath,
  webIdentityStep,
} from "@tegata/core";
import type { ResolvedRole } from "./resolved.ts";
import type { ProfileSettings } from "./resolve-profile.ts";
import { alsoNoFile } from "./no-settings-file.ts";
import { tomlKey } from "./toml-key.ts";
import { coreSettings, type CoreSettingName, namesOf } from "./setting-definitions.ts";
import { shownOrigin, type Setting, valueError } from "./setting-sources.ts";
import { isTyped } from "./setting-value.ts";
import { listOf } from "./settings-file-check.ts";

/** AWS's own default, and what the least generous role allows. */
const defaultDurationSeconds = 3600;

/**
 * The role, and how STS and console sign-in are to be reached for it: flag > `TEGATA_` variable > profile > AWS's own
 * variable > default.
 *
 * @throws TegataError `settings_incomplete`, and `usage_invalid` or `settings_invalid` by where a bad value came from
 */
export async function resolveRole(profile: ProfileSettings): Promise<ResolvedRole> {
  const roleArn = await profile.read("role_arn", coreSettings.role_arn.schema);
  if (roleArn === undefined) {
    throw incomplete("no role is named: role_arn is not set", "role_arn", "ARN", profile);
  }
  const role = roleArn.value;
  const stsEndpoint = await profile.read("sts_endpoint", coreSettings.sts_endpoint.schema);
  if (stsEndpoint === undefined && needsExplicitStsEndpoint(role)) {
    throw incomplete(`${role.arn} is a role that AWS's own STS does not know`, "sts_endpoint", "URL", profile);
  }
  const region = await profile.read("region", coreSettings.region.schema);
  const fips = await profile.read("use_fips_endpoint", coreSettings.use_fips_endpoint.schema);
  const dualstack = await profile.read("use_dualstack_endpoint", coreSettings.use_dualstack_endpoint.schema);
  await refuseRegionOfOtherPartition(profile, roleArn, region);
  await refuseVariantOfCustomEndpoint(profile, stsEndpoint, [fips, dualstack]);
  const target: StsTarget = {
    region: region?.value ?? partitionNamed(role.partition)?.defaultRegion ?? "us-east-1",
    endpoint: stsEndpoint?.value,
    useFipsEndpoint: fips?.value ?? false,
    useDualstackEndpoint: dualstack?.value ?? false,
  };
  const step = webIdentityStep({
    role,
    roleSessionName: (await profile.read("role_session_name", coreSettings.role_session_name.schema))?.value,
    durationSeconds: (await profile.read("duration", coreSettings.duration.schema))?.value ?? defaultDurationSeconds,
    sessionPolicy: noSessionPolicy,
    target,
  });
  return {
    role,
    steps: [step],
    region: target.region,
    federationEndpoint: (await profile.read("federation_endpoint", coreSettings.federation_endpoint.schema))?.value,
  };
}

async function refuseRegionOfOtherPartition(
  { input: { file } }: ProfileSettings,
  roleArn: Setting<RoleArn>,
  region: Setting<string> | undefined,
): Promise<void> {
  const problem = region && checkRegionOfPartition(roleArn.value, region.value);
  if (region !== undefined && problem !== undefined) {
    const issue = `${problem.replace(/^region /, "")} (role_arn is from ${await shownOrigin(roleArn.origin, file)})`;
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
    const [first, second] = [await shownOrigin(variant.origin, file), await shownOrigin(endpoint.origin, file)];
    const typed = [variant, endpoint].some(({ origin }) => isTyped(origin));
    throw new TegataError(
      typed ? "usage_invalid" : "settings_invalid",
      `${first} and ${second} exclude each other: an endpoint of your own has no FIPS or dual-stack twin`,
      { hint: "leave one out, or name the FIPS or dual-stack endpoint itself" },
    );
  }
}

function incomplete(
  message: string,
  setting: CoreSettingName,
  placeholder: string,
  { name, input: { file } }: ProfileSettings,
): TegataError {
  const flag = `pass --${namesOf(setting).flag} ${placeholder}`;
  const profiles = [...file.profiles.keys()];
  const elsewhere =
    name !== undefined && file.path !== undefined
      ? `, or set ${setting} in [profile.${tomlKey(name)}] of ${shownPath(file.path)}`
      : profiles.length > 0
        ? `, or name a profile (${listOf(profiles)})`
        : file.path === undefined
          ? ""
          : `, or set ${setting} in a section [profile.NAME] of ${shownPath(file.path)}`;
  return new TegataError("settings_incomplete", `${message}${alsoNoFile(file)}`, {
    hint: `${flag}${elsewhere}`,
    details: { missing: setting },
  });
}
