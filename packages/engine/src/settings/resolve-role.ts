import { noSessionPolicy, type RoleArn, type Steps, type WebIdentityOptions, webIdentityStep } from "@tegata/core";
import type { ProfileSettings } from "./resolve-profile.ts";
import { ofFurtherSteps, regionOf, resolveStep } from "./resolve-step.ts";
import type { ResolvedRole } from "./resolved.ts";
import { saidBesides } from "./said-besides.ts";
import { coreSettings } from "./setting-definitions.ts";

/**
 * The role, how it is reached from an ID token, and how the console sign-in is to be reached for it: flag > `TEGATA_` variable >
 * profile > AWS's own variable > default. The roles in between are those of the profiles that `source_profile` names.
 *
 * @throws TegataError `settings_incomplete`, and `usage_invalid` or `settings_invalid` by where a bad value came from
 */
export async function resolveRole(profile: ProfileSettings): Promise<ResolvedRole> {
  return (await resolve(profile)).role;
}

/** Resolves the roles of many profiles as `resolveRole` does each; what they say alike is resolved once. */
export function roleResolver(): typeof resolveRole {
  const known = new Map<string, AlikeRole>();
  return async (profile) => {
    const said = saidBesides(profile, roleArnAlone);
    const role = (await profile.read("role_arn", coreSettings.role_arn.schema))?.value;
    if (said === undefined || role === undefined) {
      return resolveRole(profile);
    }
    // Of the role itself, no more counts.
    const key = JSON.stringify([role.partition, role.accountId === undefined, said]);
    const alike = known.get(key);
    if (alike !== undefined) {
      return { ...alike.role, role, steps: [singleStep({ ...alike.step, role })] };
    }
    const resolved = await resolve(profile);
    if (resolved.step !== undefined) {
      known.set(key, { role: resolved.role, step: resolved.step });
    }
    return resolved.role;
  };
}

const roleArnAlone: ReadonlySet<string> = new Set(["role_arn"]);

type StepOptions = Omit<WebIdentityOptions, "sessionPolicy">;

interface AlikeRole {
  readonly role: ResolvedRole;
  readonly step: StepOptions;
}

/** `step`: what the only one is made of, where there is one. */
async function resolve(
  profile: ProfileSettings,
): Promise<{ readonly role: ResolvedRole; readonly step: StepOptions | undefined }> {
  const { steps, dependsOnFile, step } = await stepsOf(profile);
  const { role } = steps.at(-1) ?? steps[0];
  return {
    role: {
      role,
      steps,
      region: await regionOf(profile, role),
      federationEndpoint: (await profile.read("federation_endpoint", coreSettings.federation_endpoint.schema))?.value,
      dependsOnFile,
    },
    step,
  };
}

async function stepsOf(profile: ProfileSettings): Promise<{
  readonly steps: Steps;
  readonly dependsOnFile: boolean;
  readonly step: StepOptions | undefined;
}> {
  if (ofFurtherSteps.every((name) => profile.raw(name) === undefined)) {
    const step = await resolveStep(profile, profile);
    return { steps: [singleStep(step)], dependsOnFile: false, step };
  }
  // Loaded where there is something of it: most runs have one step.
  const { resolveSteps } = await import("./resolve-steps.ts");
  return { ...(await resolveSteps(profile)), step: undefined };
}

function singleStep(step: StepOptions & { readonly role: RoleArn }) {
  return webIdentityStep({ ...step, sessionPolicy: noSessionPolicy });
}
