import { printable, secureUrlSchema } from "@tegata/core";
import * as v from "valibot";

/**
 * The settings or options that a program describes: a small part of JSON Schema (2020-12). What is not known is an error,
 * because the person who wrote it expects it to be obeyed.
 */
const description = v.pipe(
  v.string("must be text"),
  v.minLength(3, "must say something"),
  v.maxLength(200, "must have at most 200 characters"),
  v.check((text) => printable(text, 200) === text, "must be one printable line without double spaces"),
);
const oneLine = v.pipe(
  v.string("must be text"),
  v.maxLength(1000),
  v.check((text) => printable(text, 1000) === text, "must be printable"),
);
const name = v.pipe(
  v.string(),
  v.regex(/^[a-z][a-z0-9]+(_[a-z0-9]+)*$/, "must be snake_case"),
  v.maxLength(40, "must have at most 40 characters"),
  v.check((text) => !(text in Object.prototype), "is a name that nothing can have"),
);
const finite = v.pipe(v.number("must be a number"), v.finite("must be finite"));
const range = { minimum: v.optional(finite), maximum: v.optional(finite) };

const property = v.variant("type", [
  v.strictObject({
    type: v.literal("string"),
    description,
    default: v.optional(oneLine),
    enum: v.optional(
      v.pipe(v.array(v.pipe(oneLine, v.nonEmpty("must not be empty"))), v.minLength(1), v.maxLength(64)),
    ),
    format: v.optional(v.literal("uri", "must be uri")),
  }),
  v.strictObject({ type: v.literal("boolean"), description, default: v.optional(v.boolean("must be true or false")) }),
  v.strictObject({ type: v.literal("number"), description, default: v.optional(finite), ...range }),
  v.strictObject({ type: v.literal("integer"), description, default: v.optional(finite), ...range }),
]);

/** A property of a described object. */
export type DescribedField = v.InferOutput<typeof property>;

/** Settings or options as a program describes them: an object of JSON Schema, of which only this much is understood. */
export interface DescribedFields {
  readonly type?: "object" | undefined;
  readonly properties?: Readonly<Record<string, DescribedField>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly additionalProperties?: false | undefined;
}

export const fieldsSchema = v.pipe(
  v.strictObject({
    type: v.optional(v.literal("object", "must be object")),
    properties: v.optional(v.record(name, property)),
    required: v.optional(v.array(v.string("must be a name"))),
    additionalProperties: v.optional(v.literal(false, "must be false")),
  }),
  v.check(({ properties = {} }) => Object.keys(properties).length <= 32, "must have at most 32 properties"),
  v.check(
    ({ properties = {}, required = [] }) => required.every((each) => Object.hasOwn(properties, each)),
    "names a property as required that is not there",
  ),
  v.check(
    ({ properties = {} }) =>
      Object.values(properties).every((each) => each.default === undefined || v.is(valueSchema(each), each.default)),
    "has a default that the property itself does not take",
  ),
);

/** The schema of a plugin's settings, as if it had been written in TypeScript: strict, with flags and help. */
export function toObjectSchema({
  properties = {},
  required = [],
}: DescribedFields): v.StrictObjectSchema<v.ObjectEntries, undefined> {
  const entries: v.ObjectEntries = {};
  for (const [key, field] of Object.entries(properties)) {
    const schema = v.pipe(valueSchema(field), v.description(field.description));
    entries[key] = field.default === undefined && required.includes(key) ? schema : v.optional(schema, field.default);
  }
  return v.strictObject(entries);
}

function valueSchema(field: DescribedField): v.GenericSchema<unknown, string | boolean | number> {
  switch (field.type) {
    case "boolean":
      return v.boolean("must be true or false");
    case "string":
      return field.enum !== undefined
        ? v.picklist(field.enum)
        : field.format === "uri"
          ? secureUrlSchema
          : v.pipe(v.string("must be text"), v.nonEmpty("must not be empty"), v.maxLength(4096, "must be shorter"));
    case "number":
    case "integer": {
      const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = field;
      return v.pipe(
        v.number("must be a number"),
        v.finite("must be a number"),
        v.minValue(minimum, `must be at least ${minimum}`),
        v.maxValue(maximum, `must be at most ${maximum}`),
        v.check((value) => field.type === "number" || Number.isSafeInteger(value), "must be a whole number"),
      );
    }
  }
}

const placeholder = /\{([^{}]*)\}/g;

/** The names of the settings that a template such as `https://{domain}/` is made of. */
export function namesInTemplate(template: string): readonly string[] {
  return [...template.matchAll(placeholder)].map(([, each = ""]) => each);
}

export function fillTemplate(template: string, settings: Readonly<Record<string, unknown>>): string {
  return template.replaceAll(placeholder, (_whole, each: string) => {
    const value = settings[each];
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  });
}

/** Those settings that always have a value. */
export function certainFields({ properties = {}, required = [] }: DescribedFields): readonly string[] {
  return Object.entries(properties).flatMap(([key, field]) =>
    required.includes(key) || field.default !== undefined ? [key] : [],
  );
}
