import type { IdentityProvider } from "@tegata/core";
import { identityKeys } from "./identity-keys.ts";
import type { SettingsLayer } from "./read-layer.ts";
import { noContent, type ProfileSection, type SettingsContent } from "./settings-file-check.ts";

/**
 * What several files say together: of each key, what the strongest says.
 *
 * A section that says whose sign-in it is stands alone, as nothing of a weaker file gets into it: `[idp.NAME]` with a `type`,
 * `[profile.NAME]` with an `idp`, a `source_profile` or what names a provider. Else the endpoint of one file would get the tokens of
 * the provider of another. Any other section is laid over the one of its name, key by key.
 *
 * @param layers the strongest first
 */
export function mergeLayers(layers: readonly SettingsLayer[]): SettingsContent {
  const [first, ...others] = layers;
  if (first === undefined || others.length === 0) {
    return first?.content ?? noContent;
  }
  const idps = layers.flatMap((layer) => layer.idps);
  return layers.map(({ content }) => content).reduceRight((weak, strong) => lay(strong, weak, idps), noContent);
}

function lay(strong: SettingsContent, weak: SettingsContent, plugins: readonly IdentityProvider[]): SettingsContent {
  const idps = new Map(strong.idps);
  for (const [name, lower] of weak.idps) {
    const upper = idps.get(name);
    if (upper === undefined) {
      idps.set(name, lower);
    } else if (strong.overlays?.has(name) === true) {
      idps.set(name, { type: lower.type, values: new Map([...lower.values, ...upper.values]) });
    }
  }
  const profiles = new Map(strong.profiles);
  for (const [name, lower] of weak.profiles) {
    const upper = profiles.get(name);
    if (upper === undefined) {
      profiles.set(name, lower);
    } else if (!saysWhose(upper, plugins)) {
      profiles.set(name, new Map([...lower, ...upper]));
    }
  }
  return {
    defaultProfile: strong.defaultProfile ?? weak.defaultProfile,
    idps,
    profiles,
    team: strong.team ?? weak.team,
    fixed: strong.fixed ?? weak.fixed,
    version: strong.version ?? weak.version,
  };
}

function saysWhose(section: ProfileSection, plugins: readonly IdentityProvider[]): boolean {
  const identity = identityKeys(plugins);
  return [...section.keys()].some((key) => key === "idp" || key === "source_profile" || identity.has(key));
}
