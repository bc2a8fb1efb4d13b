import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { expect } from "vitest";
import { readHcl } from "./read-output.ts";

const names = v.object({ required: v.array(v.string()), optional: v.array(v.string()) });
const schema = v.object({ resources: v.record(v.string(), names) });
const body = v.record(v.string(), v.unknown());
const types = v.record(v.string(), v.record(v.string(), v.array(body)));

/** Of every resource, by the attributes that the providers' typings know: none that they do not, and all that they want. */
export async function expectKnownAttributes(text: string): Promise<readonly string[]> {
  const fixture = await readFile(new URL("terraform-attributes.json", import.meta.url), "utf8");
  const { resources } = v.parse(schema, JSON.parse(fixture));
  const { resource } = await readHcl(text);
  const found = v.parse(types, resource);
  for (const [type, blocks] of Object.entries(found)) {
    for (const [attributes] of Object.values(blocks)) {
      expectNames(type, attributes ?? {}, resources);
    }
  }
  return Object.keys(found);
}

function expectNames(
  type: string,
  attributes: Readonly<Record<string, unknown>>,
  resources: v.InferOutput<typeof schema>["resources"],
): void {
  const known = resources[type];
  const typed = Object.keys(attributes).filter((name) => name !== "for_each" && name !== "provider");
  expect({ type, isKnown: known !== undefined }).toEqual({ type, isKnown: true });
  expect([...(known?.required ?? []), ...(known?.optional ?? [])]).toEqual(expect.arrayContaining(typed));
  expect(typed).toEqual(expect.arrayContaining(known?.required ?? []));
  for (const [name, value] of Object.entries(attributes)) {
    const nested = v.safeParse(v.array(body), value);
    const [first] = nested.success ? nested.output : [];
    if (first !== undefined) {
      expectNames(`${type}.${name}`, first, resources);
    }
  }
}
