import { noSessionPolicy, type Steps, webIdentityStep } from "@tegata/core";
import type { ProfileSettings } from "./resolve-profile.ts";
import { ofFurtherSteps, regionOf, resolveStep } from "./resolve-step.ts";
import type { ResolvedRole } from "./resolved.ts";
import { coreSettings } from "./setting-definitions.ts";

/**
 * The role, how it is reached from an ID token, and how the console sign-in is to be reached for it: flag > `TEGATA_` variable >
 * profile > AWS's own variable > default. The roles in between are those of the profiles that `source_profile` names.
 *
 * @throws TegataError `settings_incomplete`, and `usage_invalid` or `settings_invalid` by where a bad value came from
 */
export async function resolveRole(profile: ProfileSettings): Promise<ResolvedRole> {
  const { steps, dependsOnFile } = await stepsOf(profile);
  const { role } = steps.at(-1) ?? steps[0];
  return {
    role,
    steps,
    region: await regionOf(profile, role),
    federationEndpoint: (await profile.read("federation_endpoint", coreSettings.federation_endpoint.schema))?.value,
    dependsOnFile,
  };
}

async function stepsOf(profile: ProfileSettings): Promise<{ readonly steps: Steps; readonly dependsOnFile: boolean }> {
  if (ofFurtherSteps.every((name) => profile.raw(name) === undefined)) {
    const step = await resolveStep(profile, profile);
    return { steps: [webIdentityStep({ ...step, sessionPolicy: noSessionPolicy })], dependsOnFile: false };
  }
  // Loaded where there is something of it: most runs have one step.
  const { resolveSteps } = await import("./resolve-steps.ts");
  return resolveSteps(profile);
}
