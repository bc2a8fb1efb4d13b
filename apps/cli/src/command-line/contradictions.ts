import {
  command as commandPart,
  flag as flagPart,
  hint,
  type HintInput,
  type Part,
  shownValue,
  TegataError,
  words,
} from "@tegata/core";
import { type SettingDefinition, shownSetting } from "@tegata/engine/settings";
import type { Command, Contradiction } from "../command.ts";

/** A command line whose words and flags are known. */
interface TypedLine {
  readonly command: Command;
  /** The arguments for tegata itself, without those of exec's command, with booleans as `--fresh` and `--no-fresh`. */
  readonly args: readonly string[];
  /** By name without dashes; a text that stands more than once is a list. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** What stands behind the command's name. */
  readonly words: readonly string[];
  readonly settings: ReadonlyMap<string, SettingDefinition>;
}

/** Contradictions between settings: they hold in every command. */
export const contradictionsEverywhere: readonly Contradiction[] = [
  { part: "--quiet", excludes: ["--verbose"], hint: "choose one" },
  {
    part: "--prompt=never",
    excludes: ["--browser"],
    hint: hint`leave ${flagPart("browser")} out: nobody is asked, so no page is opened`,
  },
  { part: "--token-file", excludes: ["--token-variable", "--token-command"], hint: "name the token once" },
  { part: "--token-variable", excludes: ["--token-command"], hint: "name the token once" },
];

/**
 * The flags, each with its one value.
 *
 * @throws TegataError `usage_invalid` for a flag with two values, for two profiles, and for two parts that a {@link Contradiction} names
 */
export function refuseContradictions(line: TypedLine): Readonly<Record<string, unknown>> {
  const flags = Object.fromEntries(
    Object.entries(line.flags).map(([name, value]) => [name, oneValue(name, value, line)]),
  );
  const { command, args, words: typedWords } = line;
  for (const arg of args) {
    if (arg.startsWith("--no-") && args.includes(`--${arg.slice(5)}`)) {
      throw contradiction(`--${arg.slice(5)}`, arg, "write one of them");
    }
  }
  const [word] = takesProfile(command) ? typedWords : [];
  if (word !== undefined && typeof flags["profile"] === "string" && flags["profile"] !== word) {
    const [first, second] = [word, flags["profile"]].map((name) => shownValue(name, 80));
    throw new TegataError(
      "usage_invalid",
      `two profiles are named: ${first} and ${typedName("profile", line)} ${second}`,
      {
        hint: "name one",
      },
    );
  }
  const single = { ...line, flags };
  for (const { part, excludes, hint: advice } of [...(command.contradictions ?? []), ...contradictionsEverywhere]) {
    const first = part === undefined ? commandPart(command.name) : findPart(part, single);
    const second = excludes.map((each) => findPart(each, single)).find((each) => each !== undefined);
    if (first !== undefined && second !== undefined) {
      throw contradiction(first, second, advice ?? `leave ${second} out`);
    }
  }
  return flags;
}

function contradiction(first: Part, second: string, advice: HintInput): TegataError {
  return new TegataError("usage_invalid", words`${first} and ${second} contradict each other`, { hint: advice });
}

function oneValue(name: string, value: unknown, line: TypedLine): unknown {
  if (!Array.isArray(value)) {
    return value;
  }
  const values = [...new Set(value.map(String))];
  const [first = "", second] = values;
  // A flag without its value is a mistake of its own.
  if (second === undefined || values.includes("")) {
    return second === undefined ? first : "";
  }
  const [one, other] = [first, second].map((each) => shownSetting(each, name));
  const which = one === other ? "two different values" : `two values: ${one} and ${other}`;
  throw new TegataError("usage_invalid", `${typedName(name, line)} has ${which}`, {
    hint: hint`write ${flagPart(name)} once`,
  });
}

function takesProfile({ argument }: Command): boolean {
  return argument === "profile" || argument === "command";
}

/** The part as it was typed, for a message; `undefined` if the line does not have it. */
function findPart(part: string, line: TypedLine): string | undefined {
  const { command, flags, settings } = line;
  const [word] = line.words;
  if (part === "PROFILE") {
    return word !== undefined && takesProfile(command)
      ? `the profile ${shownValue(word, 80)}`
      : findPart("--profile", line);
  }
  if (part === "CREDENTIALS") {
    const choosing = [...settings.values()].filter(({ choosesCredentials }) => choosesCredentials);
    return choosing.map(({ flag }) => findPart(`--${flag}`, line)).find((each) => each !== undefined);
  }
  const [, negation, name = "", value] = /^--(no-)?([^=]+)(?:=(.*))?$/.exec(part) ?? [];
  if (name === "") {
    return word === part ? part : undefined;
  }
  const typed = flags[name];
  const isThere =
    negation !== undefined
      ? typed === false
      : value !== undefined
        ? typed === value
        : typed !== undefined && typed !== false;
  return isThere
    ? negation === undefined && value === undefined
      ? typedName(name, line)
      : part.replace("=", " ")
    : undefined;
}

/** The flag as it was typed: `--profile` or `-p`. */
function typedName(name: string, { args, settings }: TypedLine): string {
  const alias = [...settings.values()].find(({ flag }) => flag === name)?.alias;
  const isLong = args.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  return alias === undefined || isLong ? `--${name}` : `-${alias}`;
}
