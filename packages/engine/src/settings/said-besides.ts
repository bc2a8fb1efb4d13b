import type { ProfileSettings } from "./resolve-profile.ts";

/**
 * All that a profile's section says besides some keys, as a text to compare: in the file of a company most say the same but for
 * the role, and what follows from the rest is found once. Flags and variables say the same to all profiles of a run.
 *
 * @returns `undefined` where another profile is a part of it
 */
export function saidBesides(profile: ProfileSettings, keys: ReadonlySet<string>): string | undefined {
  if (profile.raw("source_profile") !== undefined) {
    return undefined;
  }
  const said = [...profile.section].filter(([key]) => !keys.has(key));
  return JSON.stringify(said, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}
