import type { ProfileSettings } from "./resolve-profile.ts";
import { coreSettings, type CoreSettingValue } from "./setting-definitions.ts";

/** @throws TegataError `usage_invalid` or `settings_invalid`, by where a bad value came from */
export async function resolveTokenStore(profile: ProfileSettings): Promise<CoreSettingValue<"token_store">> {
  return (await profile.read("token_store", coreSettings.token_store.schema))?.value ?? "auto";
}
