import type { Dialect } from "./tree.ts";

/** A literal of TypeScript, of which JSON is a part. */
export const typescript: Dialect = {
  text: (text) => JSON.stringify(text),
  unknown: ({ name, isList }) => `${camelCase(name)}.${isList === true ? "valueAsList" : "valueAsString"}`,
  key: (key) => (/^[A-Za-z_]\w*$/.test(key) ? key : JSON.stringify(key)),
  assign: ": ",
  separator: ",",
  lastOfList: ",",
  lastOfMap: ",",
};

/** `clientId` of `client_id`. */
export function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
}

/** `ClientId` of `client_id`. */
export function pascalCase(name: string): string {
  return camelCase(`_${name}`);
}
