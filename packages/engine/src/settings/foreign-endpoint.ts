import { hint, setting, shownName, TegataError, words } from "@tegata/core";
import type { ChosenIdp } from "./idp-settings.ts";
import { layerNames, layerWords } from "./layer.ts";
import type { ProfileSettings } from "./resolve-profile.ts";
import { shownOrigin } from "./setting-sources.ts";

/**
 * Refuses an endpoint of STS from a weaker file than that of the identity provider: it gets the ID token, and
 * anyone who has that can take the person's roles at AWS. A team's profile would otherwise send the token of a person's own provider to the team's server,
 * where the person's section has the name of the team's, or is the only one.
 *
 * @param profile the one that the sign-in is for
 * @throws TegataError `settings_invalid`
 */
export async function refuseForeignEndpoint(profile: ProfileSettings, { name, section }: ChosenIdp): Promise<void> {
  const { file } = profile.input;
  const origin = profile.raw("sts_endpoint")?.origin;
  const layerOfIdp = section === undefined ? undefined : file.layerOf(["idp", name, "type"]);
  const layer = origin?.kind === "file" ? file.layerOf(origin.path) : undefined;
  if (origin === undefined || layer === undefined || layerOfIdp === undefined) {
    return;
  }
  if (layerNames.indexOf(layer) > layerNames.indexOf(layerOfIdp)) {
    throw new TegataError(
      "settings_invalid",
      words`${await shownOrigin(origin, file)} would get the token of ${shownName(name)}, a provider of ${layerWords(layerOfIdp)}`,
      { hint: hint`if it may have it, set ${setting("sts_endpoint")} in ${layerWords(layerOfIdp)}, too` },
    );
  }
}
