import { posixWord } from "@tegata/core";
import type { Dialect, Text, Unknown } from "./tree.ts";

/** As a word of a script for sh. */
export function shellWord(text: Text): string {
  return typeof text === "string" ? posixWord(text) : `"$${variableOf(text)}"`;
}

/** `CLIENT_ID` of `client_id`. */
export function variableOf({ name }: Unknown): string {
  return name.toUpperCase();
}

/** Stops the script where the variable is not set, and says what it is. */
export function shellVariables(unknowns: readonly Unknown[]): string {
  return unknowns.map((unknown) => `: "\${${variableOf(unknown)}:?${unknown.about}}"\n`).join("");
}

/** JSON in a here-document without quotes, in which only dollars, backquotes and backslashes are special. */
export const jsonInHereDocument: Dialect = {
  text: (text) => JSON.stringify(text).replace(/[\\$`]/g, (character) => `\\${character}`),
  unknown: (unknown) => `"$${variableOf(unknown)}"`,
  key: (key) => JSON.stringify(key).replace(/[\\$`]/g, (character) => `\\${character}`),
  assign: ": ",
  separator: ",",
  lastOfList: "",
  lastOfMap: "",
};

/** Comments of a shell, of HCL and of YAML. */
export function comments(lines: readonly string[]): string {
  return lines.map((line) => (line === "" ? "#\n" : `# ${line}\n`)).join("");
}
