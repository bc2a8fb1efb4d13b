import type { WantedSignIn } from "@tegata/core";
import type * as v from "valibot";
import { coreSettings, type CoreSettingName } from "./setting-definitions.ts";
import { judge, valueError } from "./setting-sources.ts";
import type { RawValue } from "./setting-value.ts";
import type { SettingsFile } from "./settings-file.ts";

/** Settings of the program itself that an `[idp]` section may have: they are about a person who signs in. */
export const settingsOfPersons = [
  "flow",
  "account",
  "max_age",
  "acr_values",
  "idp_prompt",
] as const satisfies readonly CoreSettingName[];

/** Of those, the ones that only the browser flow can ask the provider for. */
export const settingsOfBrowserFlow = [
  "max_age",
  "acr_values",
  "idp_prompt",
] as const satisfies readonly CoreSettingName[];

/**
 * As whom and how a person is to sign in.
 *
 * @param rawOf where a setting of this identity provider is looked for
 * @throws TegataError `usage_invalid`, `settings_invalid`
 */
export async function resolveWanted(
  rawOf: (name: CoreSettingName) => RawValue | undefined,
  file: SettingsFile,
): Promise<WantedSignIn> {
  const read = async <Value>(
    name: CoreSettingName,
    schema: v.GenericSchema<unknown, Value>,
  ): Promise<Value | undefined> => {
    const raw = rawOf(name);
    if (raw === undefined) {
      return undefined;
    }
    const judged = judge(raw, name, schema);
    if ("issue" in judged) {
      throw await valueError(raw.origin, judged.issue, file, judged.meant);
    }
    return judged.value;
  };
  return {
    account: await read("account", coreSettings.account.schema),
    maxAgeSeconds: await read("max_age", coreSettings.max_age.schema),
    acrValues: await read("acr_values", coreSettings.acr_values.schema),
    prompt: await read("idp_prompt", coreSettings.idp_prompt.schema),
    ...(file.fixed.account_domains === undefined ? {} : { accountDomains: file.fixed.account_domains }),
  };
}
