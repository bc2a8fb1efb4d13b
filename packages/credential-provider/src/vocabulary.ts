import type { Vocabulary } from "@tegata/core";
import { commandText } from "@tegata/engine/settings";

/** Of the settings, those that are about a terminal, which a library has not. */
const ofTerminals: ReadonlySet<string> = new Set(["prompt", "browser", "hint", "quiet", "verbose", "error_format"]);

/**
 * The library's own words: its options, and the command line that shares settings and sign-in with it. Flags of one command are
 * not there.
 *
 * @param programName what that command line is called
 */
export function libraryVocabulary(programName: string): Vocabulary {
  return {
    setting: ({ key, value, isMeant }) => {
      if (ofTerminals.has(key)) {
        return undefined;
      }
      if (value === undefined) {
        return key;
      }
      const option = key === "profile" ? key : `settings.${key}`;
      return `${isMeant === true ? "pass " : ""}${option}: ${JSON.stringify(value)}`;
    },
    command: (part) => commandText(part, programName),
    flag: () => undefined,
    variable: ({ name }) => name,
    program: programName,
    again: "try again",
  };
}
