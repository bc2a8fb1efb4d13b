import type { IdentityProvider, RoleArn } from "@tegata/core";
import * as v from "valibot";
import { chooseIdp } from "../settings/choose-idp.ts";
import { rawValue } from "../settings/idp-settings.ts";
import type { ProfileSettings } from "../settings/resolve-profile.ts";
import { coreSettings } from "../settings/setting-definitions.ts";
import { judge, valueError } from "../settings/setting-sources.ts";

/** What is set so far: a person who is about to register a client has no client id yet. */
export interface Configured {
  readonly profile: string | undefined;
  /**
   * `undefined`: nothing names one. Asked for apart, because who sets up a role for jobs has none.
   *
   * @throws TegataError `usage_invalid` or `settings_invalid`, by where a bad value came from
   */
  readonly idp: () => Promise<ConfiguredIdp | undefined>;
  readonly role: RoleArn | undefined;
  /** `undefined`: nobody has said it. */
  readonly durationSeconds: number | undefined;
  /** The profile whose role assumes this one. */
  readonly sourceProfile: string | undefined;
}

/** An identity provider, with those of its settings that are set or have a default. */
export interface ConfiguredIdp {
  /** The section, or the plugin's id when no section was named. */
  readonly name: string;
  readonly plugin: IdentityProvider;
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * The settings of the chosen profile as far as there are any. What is missing is left out, what is bad is refused.
 *
 * @throws TegataError `usage_invalid` or `settings_invalid`, by where a bad value came from
 */
export async function configured(profile: ProfileSettings): Promise<Configured> {
  const role = await profile.read("role_arn", coreSettings.role_arn.schema);
  const duration = await profile.read("duration", coreSettings.duration.schema);
  const source = await profile.read("source_profile", coreSettings.source_profile.schema);
  return {
    profile: profile.name,
    idp: () => idpOf(profile),
    role: role?.value,
    durationSeconds: duration?.value,
    sourceProfile: source?.value,
  };
}

async function idpOf(profile: ProfileSettings): Promise<ConfiguredIdp | undefined> {
  const chosen = await chooseIdp(profile);
  if (chosen === undefined) {
    return undefined;
  }
  const { name, plugin } = chosen;
  const settings: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(plugin.settings.entries)) {
    const raw = rawValue(key, profile, chosen);
    if (raw !== undefined) {
      const judged = judge(raw, key, schema);
      if ("issue" in judged) {
        throw await valueError(raw.origin, judged.issue, profile.input.file, judged.meant);
      }
      settings[key] = judged.value;
      continue;
    }
    const byDefault = v.safeParse(schema, undefined);
    if (byDefault.success && byDefault.output !== undefined) {
      settings[key] = byDefault.output;
    }
  }
  return { name, plugin, settings };
}
