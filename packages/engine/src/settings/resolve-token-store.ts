import { withFixed } from "./fixed.ts";
import type { ProfileSettings } from "./resolve-profile.ts";
import { coreSettings, type CoreSettingValue } from "./setting-definitions.ts";
import { judge } from "./setting-sources.ts";

/** @throws TegataError `usage_invalid` or `settings_invalid`, by where a bad value came from */
export async function resolveTokenStore(profile: ProfileSettings): Promise<CoreSettingValue<"token_store">> {
  const { file } = profile.input;
  await profile.read("token_store", coreSettings.token_store.schema);
  const raw = await withFixed("token_store", profile.raw("token_store"), file);
  const judged = raw && judge(raw, "token_store", coreSettings.token_store.schema);
  return judged !== undefined && "value" in judged ? judged.value : "auto";
}
