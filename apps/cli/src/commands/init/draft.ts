import type { InteractiveIdp } from "@tegata/core";
import type { TomlValue, WantedProfile } from "@tegata/engine";
import { coreSettings, judge, namesOf } from "@tegata/engine/settings";
import * as v from "valibot";
import type { CommandContext } from "../../command.ts";
import { typedSettings } from "./typed-settings.ts";

/** The identity provider that is meant: a section that is there, or one that is to be written. */
export interface ChosenProvider {
  readonly plugin: InteractiveIdp;
  /** The section that is there, and its keys. */
  readonly section: { readonly name: string; readonly values: ReadonlyMap<string, unknown> } | undefined;
}

/** Settings that have been found so far, by key, as they would stand behind a flag. */
export type Answers = ReadonlyMap<string, unknown>;

/** How this run asks: not what the next ones are to do. */
const ofThisRun: ReadonlySet<string> = new Set(["browser", "prompt"]);
/** Of settings of the program itself, those that belong to the identity provider. */
const ofProvider: ReadonlySet<string> = new Set(["flow", "roles_claim", "roles_url"]);

/**
 * The flags of a run that tries the settings out.
 *
 * @param given flags of the command line: those of settings count, but for the ones that name a file, a profile or a provider
 */
export function trialFlags(
  { plugin, section }: ChosenProvider,
  answers: Answers,
  given: CommandContext["flags"],
  { plugins }: Pick<CommandContext, "plugins">,
): Readonly<Record<string, unknown>> {
  const flags: Record<string, unknown> = {};
  for (const [key, value] of [...(section?.values ?? []), ...typedSettings(given, plugins.idps), ...answers]) {
    flags[namesOf(key).flag] = value;
  }
  return { ...flags, idp: plugin.id };
}

/** What is to stand in the settings file. */
export function wantedProfile(
  { plugin, section }: ChosenProvider,
  settings: Answers,
  names: { readonly profile: string; readonly idp: string; readonly replaces: boolean },
): WantedProfile {
  const ofIdp: [string, TomlValue][] = [];
  const ofProfile: [string, TomlValue][] = [];
  for (const [key, value] of settings) {
    const schema = Object.hasOwn(plugin.settings.entries, key) ? plugin.settings.entries[key] : coreSchema(key);
    const written = schema === undefined ? undefined : tomlOf(value, key, schema);
    const definition = Object.hasOwn(coreSettings, key) ? coreDefinition(key) : undefined;
    const isOfIdp = Object.hasOwn(plugin.settings.entries, key) || ofProvider.has(key);
    if (written === undefined || ofThisRun.has(key) || definition?.length === 0) {
      continue;
    }
    if (!isOfIdp) {
      ofProfile.push([key, written]);
    } else if (section === undefined) {
      ofIdp.push([key, written]);
    } else if (section.values.get(key) !== written) {
      // The section is of other profiles, too.
      ofProfile.push([key, written]);
    }
  }
  return {
    name: names.profile,
    values: { idp: section?.name ?? names.idp, ...Object.fromEntries(ofProfile) },
    idp:
      section === undefined
        ? { name: names.idp, values: { type: plugin.id, ...Object.fromEntries(ofIdp) } }
        : undefined,
    replaces: names.replaces,
  };
}

function coreDefinition(key: string): readonly string[] {
  return Object.entries(coreSettings).find(([name]) => name === key)?.[1].sections ?? [];
}

function coreSchema(key: string): v.GenericSchema | undefined {
  return Object.entries(coreSettings).find(([name]) => name === key)?.[1].schema;
}

const tomlValue: v.GenericSchema<unknown, TomlValue> = v.lazy(() =>
  v.union([v.string(), v.number(), v.boolean(), v.array(tomlValue), v.record(v.string(), tomlValue)]),
);

/** As it stands in the file, where a flag has text for everything. */
function tomlOf(value: unknown, key: string, schema: v.GenericSchema): TomlValue | undefined {
  const judged = judge({ value, origin: { kind: "flag", key } }, key, schema);
  if ("issue" in judged) {
    return undefined;
  }
  // A flag has text for a list of numbers, too.
  const written = v.safeParse(tomlValue, v.is(v.array(v.number()), judged.value) ? judged.value : judged.input);
  return written.success ? written.output : undefined;
}

/** What is wrong with an answer, worded to follow the question; `undefined`: nothing. */
export function problemWith(value: string, key: string, plugin: InteractiveIdp): string | undefined {
  const schema = Object.hasOwn(plugin.settings.entries, key) ? plugin.settings.entries[key] : coreSchema(key);
  const judged = schema === undefined ? undefined : judge({ value, origin: { kind: "flag", key } }, key, schema);
  return judged !== undefined && "issue" in judged ? judged.issue : undefined;
}

/** Words of a host that name no company: what the server is for, and a host that all companies share. */
const namelessLabels: ReadonlySet<string> = new Set([
  "www",
  "sso",
  "login",
  "auth",
  "id",
  "accounts",
  "microsoftonline",
]);

/** A name for a section: the first word of the host that is asked, `acme` of `acme.eu.auth0.com`; else `corp`. */
export function sectionNameFor(issuer: string, taken: ReadonlySet<string>): string {
  const host = URL.canParse(issuer) ? new URL(issuer).hostname : "";
  const labels = host.split(".").slice(0, -1);
  const [first = ""] = /^[\d.]+$|^\[/.test(host) ? [] : labels.filter((label) => !namelessLabels.has(label));
  return firstFree(/^[a-z][\w-]*$/.test(first) ? first : "corp", taken);
}

/** The name, else with a number behind it. */
export function firstFree(base: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(name)) {
      return name;
    }
  }
}
