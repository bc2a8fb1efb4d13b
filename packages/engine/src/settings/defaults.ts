import { shownName, TegataError } from "@tegata/core";
import * as v from "valibot";
import { didYouMean } from "./nearest-name.ts";
import { coreSettings, type SettingDefinition } from "./setting-definitions.ts";
import { explainIssue, isSecretSetting, type RawValue } from "./setting-value.ts";

/**
 * What holds in a program when nobody says otherwise: settings as they would stand in `tegata.toml`. The default of a
 * setting that several identity providers have is that of each of them.
 */
export type Defaults = Readonly<Record<string, string | number | boolean>>;

/** The weakest of all that can say a setting. */
export function defaultValue(name: string, defaults: Defaults): RawValue | undefined {
  return Object.hasOwn(defaults, name)
    ? { value: defaults[name], origin: { kind: "default", name: `the default ${name}` } }
    : undefined;
}

/**
 * The settings as `--help` is to show them.
 *
 * @throws TegataError `internal` for a default that its setting does not take, or that is no setting of a section: a bug of
 *   the author of the composed binary
 */
export function withDefaults(
  definitions: ReadonlyMap<string, SettingDefinition>,
  defaults: Defaults,
): ReadonlyMap<string, SettingDefinition> {
  const changed = new Map(definitions);
  for (const [name, value] of Object.entries(defaults)) {
    const definition = definitions.get(name);
    if (definition === undefined || definition.sections.length === 0) {
      const names = [...definitions.values()].filter(({ sections }) => sections.length > 0).map((each) => each.name);
      const issue = `${shownName(name)} is no setting that can have one${didYouMean(name, names)}`;
      throw new TegataError("internal", `defaults: ${issue}`);
    }
    const raw = { value, origin: { kind: "default", name } } as const;
    for (const schema of schemasOf(definition)) {
      const { issues } = v.safeParse(schema, value, { abortEarly: true });
      if (issues !== undefined) {
        throw new TegataError("internal", `defaults: ${name} ${explainIssue(issues[0], raw, name)}`);
      }
    }
    changed.set(name, { ...definition, defaultText: isSecretSetting(name) ? "built in" : String(value) });
  }
  return changed;
}

function schemasOf({ name, idpSchemas }: SettingDefinition): readonly v.GenericSchema[] {
  const own = Object.entries(coreSettings).flatMap(([key, { schema }]) => (key === name ? [schema] : []));
  return [...own, ...idpSchemas.values()];
}
