import { assumeRoleStep, maxChainedSeconds, setting, type Steps, webIdentityStep, words } from "@tegata/core";
import { chainOf } from "./resolve-chain.ts";
import type { ProfileSettings } from "./resolve-profile.ts";
import { refuseAssumption, resolveAssumption, resolveSessionPolicy } from "./resolve-session.ts";
import { resolveStep } from "./resolve-step.ts";
import { coreSettings } from "./setting-definitions.ts";
import { valueError } from "./setting-sources.ts";

/**
 * The steps from an ID token to the role of a profile, by its sources, with what goes with each of them.
 *
 * @throws TegataError as `resolveStep` and `chainOf` do; for what does not go together
 */
export async function resolveSteps(
  profile: ProfileSettings,
): Promise<{ readonly steps: Steps; readonly dependsOnFile: boolean }> {
  const [first = profile, ...others] = (await chainOf(profile)).toReversed();
  await refuseAssumption(first);
  const begin = await withPolicy(first, profile);
  const links = [];
  for (const link of others) {
    const { step, isFromFile } = await withPolicy(link, profile);
    await refuseLongDuration(link);
    links.push({ isFromFile, step: assumeRoleStep({ ...step, ...(await resolveAssumption(link)) }) });
  }
  return {
    steps: [webIdentityStep(begin.step), ...links.map(({ step }) => step)],
    dependsOnFile: [begin, ...links].some(({ isFromFile }) => isFromFile),
  };
}

async function withPolicy(link: ProfileSettings, ofRun: ProfileSettings) {
  const step = await resolveStep(link, ofRun);
  const { sessionPolicy, isFromFile } = await resolveSessionPolicy(link, step.role);
  return { step: { ...step, sessionPolicy }, isFromFile };
}

/** AWS would refuse it, no matter what the role's own maximum is. */
async function refuseLongDuration(link: ProfileSettings): Promise<void> {
  const duration = await link.read("duration", coreSettings.duration.schema);
  if (duration !== undefined && duration.value > maxChainedSeconds) {
    const issue = words`is ${duration.value} seconds: a role that another one assumes has ${maxChainedSeconds} (1h) at most, beside ${setting("source_profile")}`;
    throw await valueError(duration.origin, issue, link.input.file);
  }
}
