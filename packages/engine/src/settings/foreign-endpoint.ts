import { hint, setting, shownName, TegataError, words } from "@tegata/core";
import type { ChosenIdp } from "./idp-settings.ts";
import { layerNames, layerWords } from "./layer.ts";
import type { ProfileSettings } from "./resolve-profile.ts";
import { shownOrigin } from "./setting-sources.ts";

/**
 * Refuses an endpoint from a weaker file than that of the identity provider. STS's gets the ID token, and that of the console
 * sign-in the credentials: anyone who has one of them acts as the person at AWS. A team's profile would otherwise send those of a
 * person's own provider to the team's server, where the person's section has the name of the team's, or is named for the run.
 *
 * @param ofRun the profile of the run: its credentials sign in at the console
 * @param profile the one that the sign-in is for: another one where `ofRun` has a source
 * @throws TegataError `settings_invalid`
 */
export async function refuseForeignEndpoints(
  ofRun: ProfileSettings,
  profile: ProfileSettings,
  { name, section }: ChosenIdp,
): Promise<void> {
  const { file } = profile.input;
  const layerOfIdp = section === undefined ? undefined : file.layerOf(["idp", name, "type"]);
  if (layerOfIdp === undefined) {
    return;
  }
  const endpoints = [
    { key: "sts_endpoint", origin: profile.raw("sts_endpoint")?.origin, gets: "token" },
    { key: "federation_endpoint", origin: ofRun.raw("federation_endpoint")?.origin, gets: "credentials" },
  ] as const;
  for (const { key, origin, gets } of endpoints) {
    const layer = origin?.kind === "file" ? file.layerOf(origin.path) : undefined;
    if (origin !== undefined && layer !== undefined && layerNames.indexOf(layer) > layerNames.indexOf(layerOfIdp)) {
      throw new TegataError(
        "settings_invalid",
        words`${await shownOrigin(origin, file)} would get the ${gets} of ${shownName(name)}, a provider of ${layerWords(layerOfIdp)}`,
        { hint: hint`if it may have that, set ${setting(key)} in ${layerWords(layerOfIdp)}, too` },
      );
    }
  }
}
