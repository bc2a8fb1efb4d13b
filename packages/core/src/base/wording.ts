import * as v from "valibot";

/**
 * What a message and a hint are made of. Text is the same wherever it is read; everything that has another name on another
 * surface (a flag of the command line is an input of the GitHub Action and an option of the library) is a part of its own, and
 * the surface says it in its own words: see `Vocabulary`.
 */
export type Part = string | SettingPart | CommandPart | FlagPart | VariablePart | ProgramPart | AgainPart;

/** Words with such parts between them. */
export type Words = readonly Part[];

/** A setting: `client_id`; with a value, what to write: `--region eu-west-1`, `--fresh`. */
export interface SettingPart {
  readonly kind: "setting";
  /** As `tegata.toml` calls it: `role_arn`. */
  readonly key: string;
  /** `true`: a switch that is to be on. */
  readonly value?: string | true | undefined;
  /** True: the value is what was meant by one that was given, so that the same line with it is what to type. */
  readonly isMeant?: true | undefined;
}

/** A command of the command line, which other surfaces do not have. */
export interface CommandPart {
  readonly kind: "command";
  /** Behind the program's name: `["plugins", "trust", "acme"]`. */
  readonly words: readonly string[];
  /** True: the command is about the profile and the settings of the run that failed. */
  readonly isOfRun?: true | undefined;
  /** The profile of that run, and its settings by key, once the engine knows them. */
  readonly run?: RunDescription | undefined;
}

/** What a run was about, for a command that is to be about the same. */
export interface RunDescription {
  readonly profile?: string | undefined;
  /** In the order in which they are to be written. `true`: a switch. */
  readonly settings: Readonly<Record<string, string | true>>;
}

/** A flag of one command, without dashes: `shell`. */
export interface FlagPart {
  readonly kind: "flag";
  readonly name: string;
  readonly value?: string | undefined;
}

/** A variable: `TEGATA_STATE_DIR`, which not every surface reads. Those of AWS and of the system may be text: they count everywhere. */
export interface VariablePart {
  readonly kind: "variable";
  readonly name: string;
}

/** The program by its own name, which in a composed binary is another one. */
interface ProgramPart {
  readonly kind: "program";
}

/** What a person does to run it once more: `run the command again`, `run the job again`. */
interface AgainPart {
  readonly kind: "again";
}

/**
 * One piece of advice, which can stand alone. A hint is a list of them. A clause that names what a surface does not have (a command
 * in a job, a setting that is no input there) is left out there; the others stay.
 */
export interface Clause {
  /** How it follows the one before: `; `, `, or `, `, then `. */
  readonly link: "and" | "or" | "next";
  readonly words: Words;
}

/** What to do next: clauses, each of words and of parts that every surface names in its own way. */
export type Hint = readonly Clause[];

/** How a hint may be written: a plain text is one clause, which names nothing that is called otherwise elsewhere. */
export type HintInput = string | Clause | readonly Clause[];

/** What a surface calls things. `undefined`: there is no such thing there. */
export interface Vocabulary {
  readonly setting: (part: SettingPart) => string | undefined;
  readonly command: (part: CommandPart) => string | undefined;
  readonly flag: (part: FlagPart) => string | undefined;
  readonly variable: (part: VariablePart) => string | undefined;
  readonly program: string;
  readonly again: string;
}

type WordPart = Part | number | Words;

/** Words out of a template: `` words`${setting("region")} is missing` ``. */
export function words(texts: TemplateStringsArray, ...parts: readonly WordPart[]): Words {
  return texts.flatMap((text, index) => {
    const value = parts[index];
    const filled: readonly Part[] = value === undefined ? [] : isList(value) ? value : [numbered(value)];
    return text === "" ? filled : [text, ...filled];
  });
}

/** A clause that begins a hint, or follows the one before behind a semicolon. */
export function hint(texts: TemplateStringsArray, ...parts: readonly WordPart[]): Clause {
  return { link: "and", words: words(texts, ...parts) };
}

/** A clause that is another way out than the one before: `, or …`. */
export function or(texts: TemplateStringsArray, ...parts: readonly WordPart[]): Clause {
  return { link: "or", words: words(texts, ...parts) };
}

/** A clause that is to be followed after the one before: `, then …`. */
export function next(texts: TemplateStringsArray, ...parts: readonly WordPart[]): Clause {
  return { link: "next", words: words(texts, ...parts) };
}

/**
 * @param key as `tegata.toml` calls it
 * @param value what to write: a value, a word in capitals for one, or `true` for a switch
 */
export function setting(key: string, value?: string | true): SettingPart {
  return value === undefined ? { kind: "setting", key } : { kind: "setting", key, value };
}

/** The value that was meant by one that was given. */
export function meantSetting(key: string, value: string): SettingPart {
  return { kind: "setting", key, value, isMeant: true };
}

/** @param commandWords behind the program's name */
export function command(...commandWords: readonly string[]): CommandPart {
  return { kind: "command", words: commandWords };
}

/** A command about the profile and the settings of the run that fails: `commandOfRun("login")`. */
export function commandOfRun(...commandWords: readonly string[]): CommandPart {
  return { kind: "command", words: commandWords, isOfRun: true };
}

/** @param name without dashes */
export function flag(name: string, value?: string): FlagPart {
  return value === undefined ? { kind: "flag", name } : { kind: "flag", name, value };
}

/** @param name `TEGATA_STATE_DIR` */
export function variable(name: string): VariablePart {
  return { kind: "variable", name };
}

/** A part of a text: the name of the program, or of what stands in for it on another surface. */
export const thisProgram: ProgramPart = { kind: "program" };
/** A part of a text: the run that failed, once more. */
export const again: AgainPart = { kind: "again" };

/** A hint as the list that it is. */
export function hintOf(input: HintInput): Hint {
  if (typeof input === "string") {
    return [{ link: "and", words: [input] }];
  }
  return "words" in input ? [input] : input;
}

/**
 * A message in the words of a surface. What is not there is called as `plainVocabulary` has it: a message tells what went
 * wrong, and leaves nothing out.
 */
export function inWords(text: string | Words, vocabulary: Vocabulary): string {
  const parts = typeof text === "string" ? [text] : text;
  return parts.map((part) => partIn(part, vocabulary) ?? partIn(part, plainVocabulary) ?? "").join("");
}

const links = { and: "; ", or: ", or ", next: ", then " } as const;

/** A hint in the words of a surface; `undefined` where nothing of it can be followed there. */
export function hintInWords(clauses: Hint, vocabulary: Vocabulary): string | undefined {
  let text: string | undefined;
  for (const { link, words: clause } of clauses) {
    const parts = clause.map((part) => partIn(part, vocabulary));
    if (parts.every((part) => part !== undefined)) {
      text = text === undefined ? parts.join("") : `${text}${links[link]}${parts.join("")}`;
    }
  }
  return text;
}

/** A hint within a sentence. */
export function wordsOfHint(clauses: Hint): Words {
  return clauses.flatMap(({ link, words: clause }, index) => (index === 0 ? clause : [links[link], ...clause]));
}

/** What things are called where nobody knows the surface: in `message` and `hint` of an error that is looked at by a program. */
export const plainVocabulary: Vocabulary = {
  setting: ({ key, value }) => (typeof value === "string" ? `${key} ${value}` : key),
  command: ({ words: commandWords, run }) =>
    [...commandWords, ...(run?.profile === undefined ? [] : [run.profile])].join(" "),
  flag: ({ name, value }) => (value === undefined ? `--${name}` : `--${name} ${value}`),
  variable: ({ name }) => name,
  program: "tegata",
  again: "try again",
};

function partIn(part: Part, vocabulary: Vocabulary): string | undefined {
  if (typeof part === "string") {
    return part;
  }
  switch (part.kind) {
    case "setting":
      return vocabulary.setting(part);
    case "command":
      return vocabulary.command(part);
    case "flag":
      return vocabulary.flag(part);
    case "variable":
      return vocabulary.variable(part);
    case "program":
      return vocabulary.program;
    case "again":
      return vocabulary.again;
  }
}

function isList(part: WordPart): part is Words {
  return Array.isArray(part);
}

function numbered(part: Part | number): Part {
  return typeof part === "number" ? String(part) : part;
}

const partSchema = v.union([
  v.string(),
  v.object({
    kind: v.literal("setting"),
    key: v.string(),
    value: v.optional(v.union([v.string(), v.literal(true)])),
    isMeant: v.optional(v.literal(true)),
  }),
  v.object({
    kind: v.literal("command"),
    words: v.array(v.string()),
    isOfRun: v.optional(v.literal(true)),
    run: v.optional(
      v.object({
        profile: v.optional(v.string()),
        settings: v.record(v.string(), v.union([v.string(), v.literal(true)])),
      }),
    ),
  }),
  v.object({ kind: v.literal("flag"), name: v.string(), value: v.optional(v.string()) }),
  v.object({ kind: v.literal("variable"), name: v.string() }),
  v.object({ kind: v.literal("program") }),
  v.object({ kind: v.literal("again") }),
]);

/** Words that come from outside: out of a file, or of another copy of this package. */
export const wordsSchema = v.array(partSchema);

/** Hints likewise. */
export const hintSchema = v.array(v.object({ link: v.picklist(["and", "or", "next"]), words: wordsSchema }));
