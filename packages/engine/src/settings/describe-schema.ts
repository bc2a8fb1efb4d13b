import * as v from "valibot";

/** How the text of a flag or a variable becomes the value that a schema takes. */
/** `list`: words with commas or line breaks between them. `table`: `KEY=VALUE`, likewise. */
export type SettingKind = "text" | "boolean" | "number" | "list" | "table";

const kinds: Readonly<Record<string, SettingKind>> = {
  boolean: "boolean",
  number: "number",
  array: "list",
  record: "table",
};

/** What a valibot schema says of a setting: enough for a flag, a help text and a file's key. */
export interface SchemaDescription {
  readonly kind: SettingKind;
  /** The words it takes, where it takes only some. */
  readonly choices: readonly string[] | undefined;
  readonly description: string | undefined;
  readonly defaultText: string | undefined;
}

/** How the text of a flag or a variable becomes what a schema takes: all that a run needs of most settings. */
export function kindOf(schema: v.GenericSchema): SettingKind {
  return kinds[innermost(schema).type] ?? "text";
}

/** The words that a schema takes, where it takes only some. */
function choicesOf(schema: v.GenericSchema): readonly string[] | undefined {
  const inner = innermost(schema);
  if (inner.type !== "picklist" || !("options" in inner) || !Array.isArray(inner.options)) {
    return undefined;
  }
  return inner.options.filter((option) => typeof option === "string");
}

/**
 * What help, completions and messages say of a schema, by its own annotations; what stands around it (`v.optional`)
 * counts too. It is found when it is asked for: most runs write neither help nor a message.
 */
export function describeSchema(schema: v.GenericSchema): SchemaDescription {
  return {
    kind: kindOf(schema),
    get choices() {
      return choicesOf(schema);
    },
    get description() {
      return firstOf(layersOf(schema), (layer) => v.getDescription(layer));
    },
    get defaultText() {
      return firstOf(layersOf(schema), defaultOf);
    },
  };
}

/** `x` of `v.optional(v.nullable(x))`. */
function innermost(schema: v.GenericSchema): v.GenericSchema {
  let inner = schema;
  while ("wrapped" in inner && isSchema(inner.wrapped)) {
    inner = inner.wrapped;
  }
  return inner;
}

/** `v.optional(v.nullable(x))` as `[optional, nullable, x]`. */
function layersOf(schema: v.GenericSchema): v.GenericSchema[] {
  return "wrapped" in schema && isSchema(schema.wrapped) ? [schema, ...layersOf(schema.wrapped)] : [schema];
}

function isSchema(value: unknown): value is v.GenericSchema {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "schema";
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
