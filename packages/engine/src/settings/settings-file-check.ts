import { type IdentityProvider, shownName, shownValue } from "@tegata/core";
import * as v from "valibot";
import { didYouMean } from "./nearest-name.ts";
import { coreSettings, type SectionKind, type SettingDefinition } from "./setting-definitions.ts";
import { type FixedSettings, fixedSchema } from "./fixed-settings.ts";
import { identityKeys } from "./identity-keys.ts";
import type { LayerName } from "./layer.ts";
import { explainMeantKey, meantKey, meantSection } from "./meant-key.ts";
import { tomlKey } from "./toml-key.ts";
import { explainIssue, schemaInput } from "./setting-value.ts";
import { teamEntries, type TeamRecord, versionSchema } from "./team-record.ts";

/** A section `[idp.NAME]`. */
export interface IdpSection {
  /** The plugin's id. */
  readonly type: string;
  readonly values: ReadonlyMap<string, unknown>;
}

/** The sections `[profile.NAME]`: the keys and values that stand there. */
export type ProfileSection = ReadonlyMap<string, unknown>;

export interface SettingsContent {
  readonly defaultProfile: string | undefined;
  readonly idps: ReadonlyMap<string, IdpSection>;
  readonly profiles: ReadonlyMap<string, ProfileSection>;
  /** Sections `[idp.NAME]` without a `type`, to be laid over those of a weaker file. */
  readonly overlays?: ReadonlySet<string> | undefined;
  /** `[team]` of a person's file. */
  readonly team?: TeamRecord | undefined;
  /** `[fixed]` of the machine's file. */
  readonly fixed?: FixedSettings | undefined;
  /** Of a team's file. */
  readonly version?: number | undefined;
}

/** What a file says that says nothing. */
export const noContent: SettingsContent = { defaultProfile: undefined, idps: new Map(), profiles: new Map() };

/** Whose file is checked, and what those below it say. */
export interface LayerPlace {
  readonly layer: LayerName;
  readonly below: SettingsContent;
}

/** Something wrong at a key; the message is worded to follow the key, and made when it is read: not all are shown. */
export interface FileProblem {
  readonly path: readonly string[];
  readonly message: string;
}

const table = v.record(v.string(), v.unknown());
const commonTopKeys = ["default_profile", "idp", "profile"];
/** What only one layer has. */
const ownTopKeys: Readonly<Record<LayerName, string>> = { person: "team", team: "version", machine: "fixed" };

/**
 * Holds a parsed `tegata.toml` against the settings there are. Each value is judged by the schema of its setting, but
 * nothing is demanded: a section is complete only together with flags and variables, and with what layers below it say.
 *
 * @param undescribed identity providers whose settings nobody knows yet: what may be one of theirs is let be
 * @param place left out: it is the only file
 * @returns The content, and every problem in it.
 */
export function checkSettings(
  document: unknown,
  idps: readonly IdentityProvider[],
  definitions: ReadonlyMap<string, SettingDefinition>,
  undescribed: readonly string[] = [],
  { layer, below }: LayerPlace = { layer: "person", below: noContent },
): { readonly content: SettingsContent; readonly problems: readonly FileProblem[] } {
  const problems: FileProblem[] = [];
  const accepted: AcceptedValues = new Map();
  const top = v.parse(table, document);
  const topKeys = [...commonTopKeys, ownTopKeys[layer]];
  for (const key of Object.keys(top).filter((each) => !topKeys.includes(each))) {
    problems.push({
      path: [key],
      get message() {
        return explainOtherLayer(key) ?? explainUnknownTop(key, top[key], definitions, topKeys);
      },
    });
  }
  const idpSections = new Map<string, IdpSection>();
  const overlays = new Set<string>();
  for (const [name, section] of sectionsOf(top, "idp", problems)) {
    const lower = section.has("type") ? undefined : below.idps.get(name);
    const type = lower?.type ?? section.get("type");
    if (lower !== undefined) {
      overlays.add(name);
    }
    const plugin = idps.find(({ id }) => id === type);
    if (typeof type === "string" && undescribed.includes(type)) {
      idpSections.set(name, { type, values: withoutType(section) });
    } else if (plugin === undefined) {
      problems.push(explainType(name, type, idps));
    } else {
      const values = withoutType(section);
      checkSection(["idp", name], values, { pluginIds: [plugin.id], definitions, problems, accepted, layer });
      if (lower !== undefined) {
        problems.push(...foreignParts(name, values, idps));
      }
      idpSections.set(name, { type: plugin.id, values });
    }
  }
  const profiles = new Map(sectionsOf(top, "profile", problems));
  const idpNames = [
    ...new Set([
      ...Object.keys(tableOr(top["idp"])),
      ...below.idps.keys(),
      ...idps.map(({ id }) => id),
      ...undescribed,
    ]),
  ];
  const allIds = idps.map(({ id }) => id);
  const candidatesOf = (type: string | undefined) => (type !== undefined && allIds.includes(type) ? [type] : allIds);
  for (const [name, values] of profiles) {
    const idp = values.get("idp");
    const known = typeof idp === "string" && idp !== "" ? idp : undefined;
    if (known !== undefined && !idpNames.includes(known)) {
      const message = `${shownValue(known, 80)} is neither a section [idp.NAME] nor a plugin${didYouMean(known, idpNames)}`;
      problems.push({ path: ["profile", name, "idp"], message: `${message} (known: ${listOf(idpNames)})` });
    }
    const type = known === undefined ? undefined : ((idpSections.get(known) ?? below.idps.get(known))?.type ?? known);
    // Without a word on the identity provider, it may be one that nobody knows yet.
    const isOpen = type === undefined ? undescribed.length > 0 : undescribed.includes(type);
    const judged = isOpen ? new Map([...values].filter(([key]) => Object.hasOwn(coreSettings, key))) : values;
    checkSection(["profile", name], judged, { pluginIds: candidatesOf(type), definitions, problems, accepted, layer });
  }
  const names = new Set([...profiles.keys(), ...below.profiles.keys()]);
  const content = {
    defaultProfile: defaultProfileOf(top, names, problems),
    idps: idpSections,
    profiles,
    ...(overlays.size === 0 ? {} : { overlays }),
    ...ownOf(layer, top, problems),
  };
  return { content, problems };
}

/** What only this layer has. */
function ownOf(
  layer: LayerName,
  top: Readonly<Record<string, unknown>>,
  problems: FileProblem[],
): Pick<SettingsContent, "team" | "fixed" | "version"> {
  switch (layer) {
    case "person":
      return { team: tableOf("team", teamEntries, top, problems) };
    case "team":
      return { version: valueOf(["version"], versionSchema, top["version"], problems) };
    case "machine":
      return { fixed: tableOf("fixed", fixedSchema.entries, top, problems) };
  }
}

/** A table whose keys are those of a schema. */
function tableOf<const Entries extends v.ObjectEntries>(
  name: string,
  entries: Entries,
  top: Readonly<Record<string, unknown>>,
  problems: FileProblem[],
): v.InferOutput<v.StrictObjectSchema<Entries, undefined>> | undefined {
  const value = top[name];
  if (value === undefined) {
    return undefined;
  }
  if (!isTable(value)) {
    problems.push({ path: [name], message: `must be a section: [${name}]` });
    return undefined;
  }
  const known = Object.keys(entries);
  const result = v.safeParse(v.strictObject(entries), value, { abortPipeEarly: true });
  for (const issue of result.issues ?? []) {
    const key = issue.path?.[0]?.key;
    const at = typeof key === "string" ? [name, key] : [name];
    const isKnown = typeof key === "string" && known.includes(key);
    const none = `is not a key of [${name}]`;
    const message =
      typeof key === "string" && !isKnown
        ? (explainMeantKey(key, none, known) ?? `${none} (known: ${listOf(known)})`)
        : typeof key === "string" && !Object.hasOwn(value, key)
          ? "is missing"
          : explainIssue(issue, { value: value[String(key)], origin: { kind: "file", path: at } }, String(key));
    problems.push({ path: at, message });
  }
  return result.success ? result.output : undefined;
}

function valueOf<Value>(
  path: readonly string[],
  schema: v.GenericSchema<unknown, Value>,
  value: unknown,
  problems: FileProblem[],
): Value | undefined {
  if (value === undefined) {
    return undefined;
  }
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (!result.success) {
    problems.push({
      path,
      message: explainIssue(result.issues[0], { value, origin: { kind: "file", path } }, path.at(-1) ?? ""),
    });
  }
  return result.success ? result.output : undefined;
}

/** What says who is trusted stands together: the issuer of one file and the client of another would be neither's. */
function foreignParts(
  name: string,
  values: ReadonlyMap<string, unknown>,
  idps: readonly IdentityProvider[],
): readonly FileProblem[] {
  const identity = identityKeys(idps);
  return [...values.keys()]
    .filter((key) => identity.has(key))
    .map((key) => ({
      path: ["idp", name, key],
      message: `stands without type: a section that names another provider than the one below it has to say all of it, type, ${listOf([...identity].filter((each) => values.has(each)))} and the rest`,
    }));
}

/** A key that another layer has. */
function explainOtherLayer(key: string): string | undefined {
  switch (key) {
    case "team":
      return "is for a person's own settings file: the program writes it there";
    case "fixed":
      return "is for the machine's settings file, which its administrator has written: here it would fix nothing";
    case "version":
      return "is for a team's settings file";
    default:
      return undefined;
  }
}

/**
 * What a settings file names as an identity provider and is not among those that are given: types of sections, and what a
 * profile names that is no section, here or in a layer below.
 */
export function foreignIdps(
  document: unknown,
  idps: readonly IdentityProvider[],
  below: SettingsContent = noContent,
): readonly string[] {
  const top = v.parse(table, document);
  const sections = Object.entries(tableOr(top["idp"]));
  const types = sections.map(([, section]) => tableOr(section)["type"]);
  const named = Object.values(tableOr(top["profile"])).map((section) => tableOr(section)["idp"]);
  const isForeign = (id: unknown): id is string => typeof id === "string" && !idps.some((idp) => idp.id === id);
  const others = named.filter(
    (id) => !sections.some(([name]) => name === id) && !(typeof id === "string" && below.idps.has(id)),
  );
  return [...new Set([...types, ...others].filter(isForeign))];
}

function withoutType(section: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
  return new Map([...section].filter(([key]) => key !== "type"));
}

/** Values that a schema has taken: a company's file says the same in hundreds of sections. */
type AcceptedValues = Map<v.GenericSchema, Set<unknown>>;

interface SectionRules {
  /** The plugins whose settings may stand there. */
  readonly pluginIds: readonly string[];
  readonly definitions: ReadonlyMap<string, SettingDefinition>;
  readonly problems: FileProblem[];
  readonly accepted: AcceptedValues;
  readonly layer: LayerName;
}

function checkSection(
  path: readonly [SectionKind, string],
  values: ReadonlyMap<string, unknown>,
  { pluginIds, definitions, problems, accepted, layer }: SectionRules,
): void {
  const [kind] = path;
  const fits = ({ sections, idpSchemas }: SettingDefinition) =>
    sections.includes(kind) && (idpSchemas.size === 0 || pluginIds.some((id) => idpSchemas.has(id)));
  for (const [key, value] of values) {
    const definition = definitions.get(key);
    if (definition === undefined || !fits(definition)) {
      problems.push({
        path: [...path, key],
        get message() {
          const known = [...definitions.values()].filter(fits).map(({ name }) => name);
          const keys = kind === "idp" ? ["type", ...known] : known;
          return explainUnknown(key, kind, definition, keys, pluginIds);
        },
      });
      continue;
    }
    if (layer === "team" && !definition.isShareable) {
      problems.push({
        path: [...path, key],
        message:
          "must not come from elsewhere: it is a secret, or leads to a file, a variable or a program of this machine",
      });
      continue;
    }
    const schemas = pluginIds.flatMap((id) => definition.idpSchemas.get(id) ?? []);
    const issue = firstIssue(value, schemas.length === 0 ? coreSchema(key) : schemas, accepted);
    if (issue !== undefined) {
      const raw = { value, origin: { kind: "file", path: [...path, key] } } as const;
      problems.push({ path: [...path, key], message: explainIssue(issue, raw, key) });
    }
  }
}

function coreSchema(name: string): readonly v.GenericSchema[] {
  const schema = coreSchemas.get(name);
  return schema === undefined ? [] : [schema];
}

const coreSchemas: ReadonlyMap<string, v.GenericSchema> = new Map(
  Object.entries(coreSettings).map(([name, { schema }]) => [name, schema]),
);

/** Nothing when one of the schemas takes the value: without a known IdP, any plugin's meaning of a key will do. */
function firstIssue(
  value: unknown,
  schemas: readonly v.GenericSchema[],
  accepted: AcceptedValues,
): v.BaseIssue<unknown> | undefined {
  let first: v.BaseIssue<unknown> | undefined;
  for (const schema of schemas) {
    const taken = accepted.get(schema) ?? new Set();
    const input = schemaInput({ value, origin: { kind: "file", path: [] } }, schema);
    const issue = taken.has(value) ? undefined : v.safeParse(schema, input, { abortEarly: true }).issues?.[0];
    if (issue === undefined) {
      accepted.set(schema, taken.add(value));
      return undefined;
    }
    first ??= issue;
  }
  return first;
}

function explainUnknown(
  key: string,
  kind: SectionKind,
  definition: SettingDefinition | undefined,
  known: readonly string[],
  pluginIds: readonly string[],
): string {
  if (definition === undefined) {
    const none = `is not a key of [${kind}.NAME]`;
    return explainMeantKey(key, none, known) ?? `${none} (known: ${listOf(known)})`;
  }
  if (definition.sections.length === 0) {
    return `is not allowed in a settings file: it is a flag (--${definition.flag}) or a variable (${definition.variable})`;
  }
  if (definition.idpSchemas.size > 0) {
    const ids = [...definition.idpSchemas.keys()];
    // `workload` says enough of `workload/github` and the others.
    const shown = ids.filter((id) => !ids.includes(id.split("/").slice(0, -1).join("/")));
    return `is a setting of ${listOf(shown)}, not of ${listOf(pluginIds)}`;
  }
  return `does not belong into [${kind}.NAME]: move it to [${listOf(definition.sections)}.NAME]`;
}

function explainUnknownTop(
  key: string,
  value: unknown,
  definitions: ReadonlyMap<string, SettingDefinition>,
  topKeys: readonly string[],
): string {
  if (isTable(value)) {
    return explainUnknownSection(key, value);
  }
  const settings = [...definitions.values()].filter(({ sections }) => sections.length > 0).map(({ name }) => name);
  const none = "is not a key of a settings file";
  const meant = meantKey(key, [...topKeys, ...settings]);
  const [section] = definitions.get(meant ?? "")?.sections ?? [];
  if (section !== undefined) {
    return `must be in a section${meant === key ? "" : `, as ${meant}`}: [${section}.NAME]`;
  }
  return explainMeantKey(key, none, topKeys) ?? `${none} (known: ${listOf(topKeys)})`;
}

/** `[default]`, `[dev]`, `[profile-dev]`, `[profiles.dev]`, `[sso-session.corp]`. */
function explainUnknownSection(key: string, section: Readonly<Record<string, unknown>>): string {
  const none = "is not a section of a settings file";
  const kind = meantSection(key);
  const [name] = Object.entries(section).flatMap(([each, inner]) => (isTable(inner) ? [each] : []));
  if (kind !== undefined && name !== undefined) {
    return `${none}: write [${kind}.${tomlKey(name)}]`;
  }
  const [, word = "", rest = ""] = /^(profile|idp)[-_ :](.+)$/i.exec(key) ?? [];
  const ofKeys = ["type", "issuer", "domain", "client_id"].some((each) => Object.hasOwn(section, each))
    ? "idp"
    : "profile";
  const meant = meantSection(word) ?? (Object.hasOwn(section, "role_arn") ? "profile" : ofKeys);
  return `${none}: write [${meant}.${kind === undefined ? tomlKey(rest === "" ? key : rest) : "NAME"}]`;
}

function explainType(name: string, type: unknown, idps: readonly IdentityProvider[]): FileProblem {
  const ids = idps.map(({ id }) => id);
  if (type === undefined) {
    return { path: ["idp", name], message: `lacks the key type (one of ${listOf(ids)})` };
  }
  const message =
    typeof type === "string"
      ? `${shownValue(type)} is not an identity provider plugin${didYouMean(type, ids)} (known: ${listOf(ids)})`
      : `is ${shownValue(type)}, not an identity provider plugin (known: ${listOf(ids)})`;
  return { path: ["idp", name, "type"], message };
}

function sectionsOf(
  top: Readonly<Record<string, unknown>>,
  kind: SectionKind,
  problems: FileProblem[],
): [string, ReadonlyMap<string, unknown>][] {
  const sections: [string, ReadonlyMap<string, unknown>][] = [];
  if (top[kind] !== undefined && !isTable(top[kind])) {
    problems.push({ path: [kind], message: `must be sections: [${kind}.NAME]` });
  }
  for (const [name, section] of Object.entries(tableOr(top[kind]))) {
    if (isTable(section)) {
      sections.push([name, new Map(Object.entries(section))]);
    } else {
      const isList = Array.isArray(section) && section.every(isTable);
      const message = isList
        ? `needs single brackets: [${kind}.${tomlKey(name)}]`
        : `must be in a section with a name: [${kind}.NAME]`;
      problems.push({ path: [kind, name], message });
    }
  }
  return sections;
}

function defaultProfileOf(
  top: Readonly<Record<string, unknown>>,
  profiles: ReadonlySet<string>,
  problems: FileProblem[],
): string | undefined {
  const name = top["default_profile"];
  if (name === undefined) {
    return undefined;
  }
  if (typeof name !== "string" || !profiles.has(name)) {
    const names = [...profiles];
    const known = names.length === 0 ? "there is none" : `known: ${listOf(names)}`;
    const message =
      typeof name === "string"
        ? `${shownValue(name)} is not a section [profile.NAME]${didYouMean(name, names)} (${known})`
        : `is ${shownValue(name)}, not the name of a section [profile.NAME] (${known})`;
    problems.push({ path: ["default_profile"], message });
    return undefined;
  }
  return name;
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  // A TOML date and a list of tables are objects as well.
  return typeof value === "object" && value !== null && !(value instanceof Date) && !Array.isArray(value);
}

function tableOr(value: unknown): Readonly<Record<string, unknown>> {
  return isTable(value) ? value : {};
}

/** Names for a message, in the order given; the first dozen. */
export function listOf(names: readonly string[]): string {
  const shown = names.slice(0, 12).map((name) => shownName(name));
  return `${shown.join(", ")}${names.length > 12 ? ", …" : ""}`;
}
