import type { DescribedField, DescribedFields } from "@tegata/engine/plugin-programs";

export type Values = Readonly<Record<string, string | number | boolean>>;

/** Values for everything that has to have one: what was typed, else the default, else an example. */
export function exampleValues({ properties = {}, required = [] }: DescribedFields, typed: Values): Values {
  const values = Object.entries(properties).map(([name, field]) => {
    const value = typed[name] ?? field.default ?? (required.includes(name) ? exampleOf(field) : undefined);
    return [name, value] as const;
  });
  return Object.fromEntries(values.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** Every value of a field that has few; of any other none. */
export function valuesOf(field: DescribedField): readonly (string | boolean)[] {
  return field.type === "boolean" ? [true, false] : field.type === "string" ? (field.enum ?? []) : [];
}

function exampleOf(field: DescribedField): string | number | boolean {
  switch (field.type) {
    case "boolean":
      return false;
    case "number":
    case "integer":
      return field.minimum ?? field.maximum ?? 1;
    case "string":
      return field.enum?.[0] ?? (field.format === "uri" ? "https://example.com" : "example");
  }
}
