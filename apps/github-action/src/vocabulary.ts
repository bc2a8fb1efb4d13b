import type { Vocabulary } from "@tegata/core";
import { namesOf } from "@tegata/engine/settings";
import { settingInputs } from "./inputs.ts";

/**
 * The Action's own words: its inputs. A step has no commands, no flags and no variables of tegata, and nobody signs in: another run
 * of the job gets another token.
 */
export const actionVocabulary: Vocabulary = {
  setting: ({ key, value, isMeant }) => {
    if (key === "verbose") {
      return "debug logging";
    }
    const input = settingInputs.find((name) => name === namesOf(key).flag);
    const said = value === undefined ? "" : `: ${String(value)}`;
    return input && `${isMeant === true ? "pass " : ""}input ${input}${said}`;
  },
  command: () => undefined,
  flag: () => undefined,
  variable: ({ name }) => (name.startsWith("TEGATA_") ? undefined : name),
  program: "tegata",
  again: "run the job again",
};
