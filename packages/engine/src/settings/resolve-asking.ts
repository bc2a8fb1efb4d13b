import type { ProfileSettings } from "./resolve-profile.ts";
import { coreSettings, type CoreSettingValue } from "./setting-definitions.ts";

/** Whether and how a person is asked; `undefined` leaves it to the command and to the platform it runs on. */
export interface AskingSettings {
  readonly prompt: CoreSettingValue<"prompt"> | undefined;
  readonly browser: boolean | undefined;
}

/**
 * Where a run behind an AWS client says what to do next.
 *
 * @throws TegataError `usage_invalid` or `settings_invalid`, by where a bad value came from
 */
export async function resolveHint(profile: ProfileSettings): Promise<CoreSettingValue<"hint">> {
  return (await profile.read("hint", coreSettings.hint.schema))?.value ?? "stderr";
}

/** @throws TegataError `usage_invalid` or `settings_invalid`, by where a bad value came from */
export async function resolveAsking(profile: ProfileSettings): Promise<AskingSettings> {
  return {
    prompt: (await profile.read("prompt", coreSettings.prompt.schema))?.value,
    browser: (await profile.read("browser", coreSettings.browser.schema))?.value,
  };
}
