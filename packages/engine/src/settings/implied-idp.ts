import type { IdentityProvider, InteractiveIdp } from "@tegata/core";
import * as v from "valibot";
import { namesOf } from "./setting-definitions.ts";

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
export function flagsOfIdps(idps: readonly IdentityProvider[]): string {
  const implied = impliedIdps(idps).map(({ plugin }) => {
    const flags = requiredSettings(plugin).map((key) => `--${namesOf(key).flag} ${key.toUpperCase()}`);
    return `${flags.join(" ")} (${plugin.id})`;
  });
  return implied.length === 0 ? "--idp NAME" : implied.join(" or ");
}

/** The lines of a section for the last of them, which takes most providers: `type = "oidc", issuer = "…" and client_id = "…"`. */
export function linesOfIdp(idps: readonly IdentityProvider[]): string {
  const plugin = impliedIdps(idps).at(-1)?.plugin ?? idps.find(({ kind }) => kind === "interactive");
  const lines = plugin === undefined ? [] : requiredSettings(plugin).map((key) => `${key} = "…"`);
  const [last, ...before] = [`type = "${plugin?.id ?? "…"}"`, ...lines].toReversed();
  return before.length === 0 ? (last ?? "") : `${before.toReversed().join(", ")} and ${last}`;
}

/** The settings that have no default, in the plugin's order. */
function requiredSettings({ settings }: IdentityProvider): readonly string[] {
  return Object.entries(settings.entries)
    .filter(([, schema]) => !v.is(schema, undefined))
    .map(([key]) => key);
}
