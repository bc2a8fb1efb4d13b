import type * as v from "valibot";
import { chooseIdp } from "./choose-idp.ts";
import { rawValue } from "./idp-settings.ts";
import type { ProfileSettings } from "./resolve-profile.ts";
import { coreSettings, type CoreSettingName } from "./setting-definitions.ts";
import { judge, valueError } from "./setting-sources.ts";

/** Settings of the program itself that an `[idp]` section may have: where the roles of its people are listed. */
export const settingsOfRoles = ["roles_claim", "roles_url"] as const satisfies readonly CoreSettingName[];

/** Where roles are listed besides AWS's own claim and the settings; `undefined`: nowhere. */
export interface ListsOfRoles {
  readonly claim: string | undefined;
  readonly url: string | undefined;
}

/**
 * Where the roles are listed that people of a profile's identity provider may take.
 *
 * @throws TegataError `usage_invalid`, `settings_invalid`
 */
export async function resolveListsOfRoles(profile: ProfileSettings): Promise<ListsOfRoles> {
  const chosen = await chooseIdp(profile);
  const read = async <Value>(
    name: CoreSettingName,
    schema: v.GenericSchema<unknown, Value>,
  ): Promise<Value | undefined> => {
    const raw = chosen === undefined ? profile.raw(name) : rawValue(name, profile, chosen);
    if (raw === undefined) {
      return undefined;
    }
    const judged = judge(raw, name, schema);
    if ("issue" in judged) {
      throw await valueError(raw.origin, judged.issue, profile.input.file, judged.meant);
    }
    return judged.value;
  };
  return {
    claim: await read("roles_claim", coreSettings.roles_claim.schema),
    url: await read("roles_url", coreSettings.roles_url.schema),
  };
}
