import * as v from "valibot";

/** How the text of a flag or a variable becomes the value that a schema takes. */
export type SettingKind = "text" | "boolean" | "number";

/** What a valibot schema says of a setting: enough for a flag, a help text and a file's key. */
export interface SchemaDescription {
  readonly kind: SettingKind;
  /** The words it takes, where it takes only some. */
  readonly choices: readonly string[] | undefined;
  readonly description: string | undefined;
  readonly defaultText: string | undefined;
}

export function describeSchema(schema: v.GenericSchema): SchemaDescription {
  const layers = layersOf(schema);
  const inner = layers.at(-1) ?? schema;
  return {
    kind: inner.type === "boolean" ? "boolean" : inner.type === "number" ? "number" : "text",
    choices: choicesOf(inner),
    description: firstOf(layers, (layer) => v.getDescription(layer)),
    defaultText: firstOf(layers, defaultOf),
  };
}

/** `v.optional(v.nullable(x))` as `[optional, nullable, x]`. */
function layersOf(schema: v.GenericSchema): v.GenericSchema[] {
  return "wrapped" in schema && isSchema(schema.wrapped) ? [schema, ...layersOf(schema.wrapped)] : [schema];
}

function isSchema(value: unknown): value is v.GenericSchema {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "schema";
}

function choicesOf(schema: v.GenericSchema): readonly string[] | undefined {
  if (schema.type !== "picklist" || !("options" in schema) || !Array.isArray(schema.options)) {
    return undefined;
  }
  return schema.options.filter((option) => typeof option === "string");
}

function defaultOf(schema: v.GenericSchema): string | undefined {
  const value: unknown = "default" in schema ? schema.default : undefined;
  return ["string", "number", "boolean"].includes(typeof value) ? String(value) : undefined;
}

function firstOf<Item, Found>(items: readonly Item[], find: (item: Item) => Found | undefined): Found | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}
