/** By which tegata knows the profile of a shell or a command. */
export const profileVariable = "TEGATA_PROFILE";
/** By which it knows their settings file. */
export const configVariable = "TEGATA_CONFIG";
/** What else was typed for the credentials that a shell or a command has: `encodeVariables` of settings by their flags. */
export const choiceVariable = "TEGATA_CHOSEN";
/** What a person had set before, for `--unset`: `encodeVariables` of variables by their names. */
export const memoryVariable = "TEGATA_BEFORE";

/**
 * Names with values as the value of one variable, such that every shell can be told it. An empty value is one that was not
 * there.
 */
export function encodeVariables(values: ReadonlyMap<string, string>): string {
  return [...values].map(([name, value]) => `${name}=${escaped(value)}`).join(",");
}

/** What is no such text holds nothing: someone who sets the variables of a shell could set the others as well. */
export function decodeVariables(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(",").flatMap((entry): [string, string][] => {
      const [name = "", value] = entry.split("=", 2);
      return name === "" || value === undefined ? [] : [[name, unescaped(value)]];
    }),
  );
}

function escaped(value: string): string {
  return value.replace(/[^\w.:/+-]/gu, (character) => `~${(character.codePointAt(0) ?? 0).toString(16)}~`);
}

function unescaped(text: string): string {
  return text.replace(/~([0-9a-f]{1,5})~/g, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 16)));
}
