import type { Dialect } from "./tree.ts";

/** JSON, for a tree without what is not known. */
export const json: Dialect = {
  text: (text) => JSON.stringify(text),
  unknown: ({ name }) => JSON.stringify(`<${name}>`),
  key: (key) => JSON.stringify(key),
  assign: ": ",
  separator: ",",
  lastOfList: "",
  lastOfMap: "",
};
