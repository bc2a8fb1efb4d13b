import { inWords, type Vocabulary, type Words } from "@tegata/core";
import { commandText, flagText, holdsSecret, namesOf } from "@tegata/engine/settings";

/** What the words of the command line depend on. */
interface VocabularyOptions {
  readonly programName: string;
  /** What was typed: a setting is called as the person wrote it. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The command line's own words: flags, commands under the name that the program goes by, ready to be pasted, and its variables. A
 * setting is a flag where it is to be typed; else it is what it was given by: the flag, the variable, the key in the file.
 */
export function vocabularyOf({ programName, args, env }: VocabularyOptions): Vocabulary {
  const end = args.indexOf("--");
  const own = end < 0 ? args : args.slice(0, end);
  return {
    setting: ({ key, value, isMeant }) => {
      const { flag, variable } = namesOf(key);
      if (isMeant === true && key === "profile") {
        // It may stand behind the command's name, and two would contradict each other.
        return `name the profile ${String(value)}`;
      }
      if (value !== undefined && holdsSecret(key)) {
        return `the variable ${variable}`;
      }
      if (value !== undefined) {
        return `${isMeant === true ? "pass " : ""}${flagText(flag, value)}`;
      }
      const typed = own
        .map((arg) => arg.replace(/=.*/s, ""))
        .find((arg) => [`--${flag}`, `--no-${flag}`].includes(arg));
      return typed ?? ((env[variable] ?? "") === "" ? key : variable);
    },
    command: (part) => commandText(part, programName),
    flag: ({ name, value }) => flagText(name, value ?? true),
    variable: ({ name }) => name,
    program: programName,
    again: "run the command again",
  };
}

/** What a command is for, under the name that the program goes by. */
export function summaryOf({ summary }: { readonly summary: string | Words }, programName: string): string {
  return inWords(summary, vocabularyOf({ programName, args: [], env: {} }));
}
