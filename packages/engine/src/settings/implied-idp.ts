import { type IdentityProvider, type InteractiveIdp, setting as settingPart, words, type Words } from "@tegata/core";
import * as v from "valibot";

/** An identity provider that one of its settings is enough to name. */
interface ImpliedIdp {
  readonly plugin: InteractiveIdp;
  /** The key of that setting. */
  readonly setting: string;
}

/** Those of these identity providers that say so of themselves, in their order. */
export function impliedIdps(idps: readonly IdentityProvider[]): readonly ImpliedIdp[] {
  return idps.flatMap((plugin) =>
    plugin.kind === "interactive" && plugin.impliedBy !== undefined ? [{ plugin, setting: plugin.impliedBy }] : [],
  );
}

/** What a person passes who names no identity provider: `--domain DOMAIN --client-id CLIENT_ID (auth0) or …`. */
export function settingsOfIdps(idps: readonly IdentityProvider[]): Words {
  const implied = impliedIdps(idps).map(({ plugin }) => {
    const settings = requiredSettings(plugin).flatMap((key) => [settingPart(key, key.toUpperCase()), " "]);
    return words`${settings}(${plugin.id})`;
  });
  const [first = [settingPart("idp", "NAME")], ...others] = implied;
  return [...first, ...others.flatMap((each) => [" or ", ...each])];
}

/** The lines of a section for the last of them, which takes most providers: `type = "oidc", issuer = "…" and client_id = "…"`. */
export function linesOfIdp(idps: readonly IdentityProvider[]): string {
  const plugin = impliedIdps(idps).at(-1)?.plugin ?? idps.find(({ kind }) => kind === "interactive");
  const lines = plugin === undefined ? [] : requiredSettings(plugin).map((key) => `${key} = "…"`);
  const [last, ...before] = [`type = "${plugin?.id ?? "…"}"`, ...lines].toReversed();
  return before.length === 0 ? (last ?? "") : `${before.toReversed().join(", ")} and ${last}`;
}

/** The settings that have no default, in the plugin's order. */
export function requiredSettings({ settings }: IdentityProvider): readonly string[] {
  return Object.entries(settings.entries)
    .filter(([, schema]) => !v.is(schema, undefined))
    .map(([key]) => key);
}
