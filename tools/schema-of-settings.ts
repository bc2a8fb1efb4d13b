import type { IdentityProvider } from "@tegata/core";
import {
  coreSettings,
  fixedEntries,
  schemaUrl,
  settingDefinitions,
  teamEntries,
  versionSchema,
} from "@tegata/engine/settings";
import { toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { defaultPlugins } from "../apps/cli/src/program/run.ts";

type Json = Readonly<Record<string, unknown>>;

/** The JSON Schema (draft-07, which Taplo and SchemaStore want) of a settings file of any layer. */
export function settingsSchema(idps: readonly IdentityProvider[] = defaultPlugins.idps): Json {
  const definitions = settingDefinitions(idps);
  const ofCore = (kind: "profile" | "idp") =>
    Object.fromEntries(
      Object.entries(coreSettings).flatMap(([name, { schema }]) => {
        const definition = definitions.get(name);
        return definition?.sections.includes(kind) === true ? [[name, described(schema, definition.description)]] : [];
      }),
    );
  const ofAnyPlugin = Object.fromEntries(
    [...definitions.values()]
      .filter(({ idpSchemas }) => idpSchemas.size > 0)
      .map(({ name, description, idpSchemas }) => {
        const forms = [
          ...new Set([...idpSchemas.values()].map((schema) => JSON.stringify(described(schema, undefined)))),
        ];
        const [only, ...others] = forms.map((form): unknown => JSON.parse(form));
        return [
          name,
          others.length === 0 ? { ...asObject(only), description } : { anyOf: [only, ...others], description },
        ];
      }),
  );
  const type = {
    description: "the plugin: one that comes with tegata, or the id of a plugin program",
    type: "string",
    anyOf: [{ enum: idps.map(({ id }) => id) }, { pattern: "^[a-z][a-z0-9]*(-[a-z0-9]+)*$" }],
  };
  const idpOf = (idp: IdentityProvider) =>
    implies(
      { properties: { type: { const: idp.id } }, required: ["type"] },
      { propertyNames: { enum: ["type", ...Object.keys(ofCore("idp")), ...Object.keys(idp.settings.entries)] } },
    );
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    $id: schemaUrl,
    title: "Settings of tegata",
    description: "tegata.toml: a person's own settings, a team's, or a machine's",
    type: "object",
    additionalProperties: false,
    properties: {
      default_profile: { type: "string", description: "the profile of a run that names none" },
      idp: {
        type: "object",
        description: "identity providers, by names of your own",
        additionalProperties: {
          type: "object",
          description: "an identity provider; without a type, what is laid over one of a weaker file",
          properties: { type, ...ofCore("idp"), ...ofAnyPlugin },
          allOf: [
            ...idps.map(idpOf),
            implies(
              { not: { required: ["type"] } },
              { propertyNames: { enum: [...Object.keys(ofCore("idp")), ...Object.keys(ofAnyPlugin)] } },
            ),
          ],
        },
      },
      profile: {
        type: "object",
        description: "profiles, by names of your own",
        additionalProperties: {
          type: "object",
          description: "a role, how it is reached, and what goes with it",
          additionalProperties: false,
          properties: { ...ofCore("profile"), ...ofAnyPlugin },
        },
      },
      team: {
        type: "object",
        description: "what is remembered of the team's settings, which tegata init writes",
        additionalProperties: false,
        properties: Object.fromEntries(
          Object.entries(teamEntries).map(([name, schema]) => [name, described(schema, undefined)]),
        ),
        required: ["url", "sha256"],
      },
      fixed: {
        type: "object",
        description: "in the machine's file: what nobody can set otherwise",
        additionalProperties: false,
        properties: Object.fromEntries(
          Object.entries(fixedEntries).map(([name, schema]) => [name, described(schema, undefined)]),
        ),
      },
      version: described(versionSchema, "in a team's file: rises with every release"),
    },
  };
}

/** `if` and `then` of draft-07; an object of ours with a `then` could be taken for a promise. */
function implies(condition: Json, rule: Json): Json {
  return { anyOf: [{ not: condition }, rule] };
}

function asObject(value: unknown): Json {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/**
 * What JSON Schema can say of a setting, so that it refuses nothing that the program takes. What only code can judge is left to the
 * program, and so is what it judges once it has changed a value, as by taking blanks away around it.
 */
function described(schema: v.GenericSchema, description: string | undefined): Json {
  const late = lateActions(schema);
  const { $schema: _version, ...json } = toJsonSchema(schema, {
    typeMode: "input",
    overrideAction: ({ valibotAction, jsonSchema }) => {
      if (valibotAction.kind === "transformation" || ["check", "raw_check"].includes(valibotAction.type)) {
        return jsonSchema;
      }
      if (valibotAction.type === "uuid" || (late.has(valibotAction) && valibotAction.type !== "non_empty")) {
        // What it came to already goes: a rule too few is looser, and never wrong. Draft-07 has no name for a UUID.
        const { format: _format, pattern: _pattern, maxLength: _maxLength, ...rest } = jsonSchema;
        return rest;
      }
      return valibotAction.type === "regex" ? withPattern(jsonSchema, valibotAction) : undefined;
    },
  });
  return { ...json, ...(description === undefined ? {} : { description }) };
}

/** The rules that stand behind a change of the value. */
function lateActions(schema: object, late = new Set<object>()): ReadonlySet<object> {
  const parts: unknown = Reflect.get(schema, "pipe");
  let isChanged = false;
  for (const part of Array.isArray(parts) ? parts.slice(1).filter(isObject) : []) {
    if (isChanged && Reflect.get(part, "kind") === "validation") {
      late.add(part);
    }
    isChanged ||= Reflect.get(part, "kind") === "transformation";
  }
  for (const name of ["wrapped", "item", "key", "value", "options", "pipe"]) {
    const inner: unknown = Reflect.get(schema, name);
    const all: readonly unknown[] = Array.isArray(inner) ? inner : [inner];
    all
      .filter((each) => isObject(each) && each !== schema)
      .forEach((each) => isObject(each) && lateActions(each, late));
  }
  return late;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** JSON Schema's patterns have no flags. */
function withPattern(jsonSchema: object, action: object): object {
  const pattern: unknown = Reflect.get(action, "requirement");
  return pattern instanceof RegExp && pattern.flags === "" ? { ...jsonSchema, pattern: pattern.source } : jsonSchema;
}
