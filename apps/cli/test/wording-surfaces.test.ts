import { readFileSync } from "node:fs";
import {
  again,
  type Clause,
  command,
  commandOfRun,
  errorCodes,
  flag,
  hintInWords,
  isTegataError,
  meantSetting,
  type Part,
  setting,
  TegataError,
  thisProgram,
  variable,
  type Vocabulary,
  wordingOf,
} from "@tegata/core";
import { aboutRun } from "../../../packages/engine/src/credentials/about-run.ts";
import { settingDefinitions } from "@tegata/engine/settings";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { actionVocabulary } from "../../github-action/src/vocabulary.ts";
import { libraryVocabulary } from "../../../packages/credential-provider/src/vocabulary.ts";
import { parseCommandLine } from "../src/command-line/command-line.ts";
import { vocabularyOf } from "../src/terminal/vocabulary.ts";
import { commandsOf } from "../src/commands/commands.ts";
import { defaultPlugins } from "../src/program/run.ts";
import {
  literalSchema,
  nodeSchema,
  parseSource,
  readSource,
  sourceFiles,
  templateSchema,
} from "./support/source-files.ts";

const commands = commandsOf(defaultPlugins.formats);
const settings = settingDefinitions(defaultPlugins.idps);
const grammar = { commands, settings, version: "0.0.0", programName: "acme" };
const inputs = v.parse(
  v.looseObject({ inputs: v.record(v.string(), v.unknown()) }),
  parseYaml(readFileSync(new URL("../../../action.yml", import.meta.url), "utf8")),
).inputs;

/** A clause as the source has it, with words in capitals for what is known only when it runs. */
interface Site {
  readonly path: string;
  /** Undefined: the clause is of no one code, such as what several errors share. */
  readonly code: string | undefined;
  readonly clause: Clause;
}

const links: ReadonlyMap<string, Clause["link"]> = new Map([
  ["hint", "and"],
  ["or", "or"],
  ["next", "next"],
]);

const makers: Readonly<Record<string, (first: string, ...others: readonly string[]) => Part>> = {
  setting,
  settingPart: setting,
  meantSetting: (key, value = "VALUE") => meantSetting(key, value),
  flag,
  flagPart: flag,
  command,
  commandPart: command,
  commandOfRun,
  variable,
  variablePart: variable,
};
const constants: Readonly<Record<string, Part>> = { again, thisProgram, login: commandOfRun("login") };

const identifier = v.looseObject({ type: v.literal("Identifier"), name: v.string() });
const call = v.looseObject({ type: v.literal("CallExpression"), callee: identifier, arguments: v.array(v.unknown()) });
const tagged = v.looseObject({
  type: v.literal("TaggedTemplateExpression"),
  tag: identifier,
  quasi: templateSchema,
});
const thrown = v.looseObject({
  type: v.literal("NewExpression"),
  callee: v.looseObject({ name: v.literal("TegataError") }),
  arguments: v.array(v.unknown()),
});
const property = v.looseObject({ key: v.looseObject({ name: v.string() }), value: v.unknown() });
const object = v.looseObject({ type: v.literal("ObjectExpression"), properties: v.array(v.unknown()) });

/** What a part is made of where it is written down; `NAME` for what is not. */
function partOf(node: unknown): Part {
  if (v.is(identifier, node)) {
    return constants[node.name] ?? "NAME";
  }
  const make = v.is(call, node) ? makers[node.callee.name] : undefined;
  if (!v.is(call, node) || make === undefined) {
    return "NAME";
  }
  const [first, ...others] = node.arguments.map((each) => (v.is(literalSchema, each) ? each.value : undefined));
  if (first === undefined) {
    return "NAME";
  }
  const isSwitch = v.is(v.looseObject({ value: v.literal(true) }), node.arguments[1]);
  return isSwitch ? setting(first, true) : make(first, ...others.map((each) => each ?? "NAME"));
}

function codeOf(node: unknown): string | undefined {
  const given = v.is(thrown, node)
    ? node.arguments[0]
    : v.is(object, node)
      ? node.properties.find((each) => v.is(property, each) && each.key.name === "code")
      : undefined;
  const value = v.is(property, given) ? given.value : given;
  return v.is(literalSchema, value) && errorCodes.some((code) => code === value.value) ? value.value : undefined;
}

function* sitesIn(path: string, node: unknown, code?: string): Generator<Site> {
  if (Array.isArray(node)) {
    for (const each of node) {
      yield* sitesIn(path, each, code);
    }
    return;
  }
  if (!v.is(nodeSchema, node)) {
    return;
  }
  const link = v.is(tagged, node) ? links.get(node.tag.name) : undefined;
  if (v.is(tagged, node) && link !== undefined) {
    const { quasis, expressions } = node.quasi;
    const words = quasis.flatMap(({ value }, index) =>
      index < expressions.length ? [value.raw, partOf(expressions[index])] : [value.raw],
    );
    yield { path, code, clause: { link, words: words.filter((each) => each !== "") } };
  }
  for (const child of Object.values(node)) {
    yield* sitesIn(path, child, codeOf(node) ?? code);
  }
}

const sites = sourceFiles.flatMap((path) => [...sitesIn(path, parseSource(readSource(path)))]);
const ofCode = (code: string | undefined) => sites.filter((site) => site.code === code);

type Kind<Name extends string> = Extract<Part, { readonly kind: Name }>;
function partsOf<Name extends Exclude<Part, string>["kind"]>({ clause }: Site, kind: Name): readonly Kind<Name>[] {
  const isOne = (part: Part): part is Kind<Name> => typeof part !== "string" && part.kind === kind;
  return clause.words.filter(isOne);
}

/** What the real parser says against a line; nothing where it takes it. */
const refusal = (args: readonly string[]) =>
  parseCommandLine(args, grammar).then(
    () => [],
    (error: unknown) => [`${args.join(" ")}: ${String(error)}`],
  );

/** Settings of the browser and the client-credentials grant: an identity provider with such a grant has them. */
const ofOtherPlugins: ReadonlySet<string> = new Set([
  "redirect_ports",
  "flow",
  "client_scope",
  "client_key_file",
  "client_secret_command",
  "client_secret_file",
  "client_secret_variable",
]);

async function problemOfSetting({ key, value }: Kind<"setting">): Promise<readonly string[]> {
  const definition = settings.get(key);
  if (definition === undefined) {
    return ofOtherPlugins.has(key) ? [] : [`there is no setting ${key}`];
  }
  if (value === undefined || value === "NAME") {
    return [];
  }
  return refusal(["env", `--${definition.flag}`, ...(value === true ? [] : [value])]);
}

const isFlag = (name: string) =>
  name === "NAME" ||
  commands.some(({ flags }) => name in flags) ||
  [...settings.values()].some((one) => one.flag === name);

/** What of a hint could not be followed on the command line. */
async function problemsOf(site: Site): Promise<readonly string[]> {
  const refused = await Promise.all([
    ...partsOf(site, "command").map(({ words, run: facts }) =>
      refusal(facts?.profile === undefined ? words : [...words, facts.profile]),
    ),
    ...partsOf(site, "setting").map(problemOfSetting),
  ]);
  const flags = partsOf(site, "flag").filter(({ name }) => !isFlag(name));
  return [...refused.flat(), ...flags.map(({ name }) => `there is no flag --${name}`)].map(
    (each) => `${site.path}: ${each}`,
  );
}

const problemsOfAll = async (all: readonly Site[]) => (await Promise.all(all.map(problemsOf))).flat();

const typed = { args: [], env: {} };
const run = { profile: "dev", settings: { duration: "1h" } } as const;

/** A hint of one clause, as a run has it that somebody signed in for, or nobody. */
function told({ clause, code }: Site, by: typeof run | undefined, vocabulary: Vocabulary): string | undefined {
  const known = errorCodes.find((each) => each === code) ?? "internal";
  const error = aboutRun(new TegataError(known, "x", { hint: clause }), by);
  return isTegataError(error) ? hintInWords(wordingOf(error).hint ?? [], vocabulary) : undefined;
}

const anywhere = [undefined, ...errorCodes];

describe("a hint on the command line", () => {
  it.each(anywhere)("names commands that parse, and settings and flags that are there: %s", async (code) => {
    expect(await problemsOfAll(ofCode(code))).toEqual([]);
  });

  it.each(anywhere)("calls the program by the name that it goes by: %s", (code) => {
    for (const site of ofCode(code)) {
      const words = told(site, run, vocabularyOf({ programName: "acme", ...typed }));
      expect(words ?? "").not.toMatch(/(?<![\w./@-])tegata(?![\w./-])/);
    }
  });
});

/** A flag, a variable of the program, a command, a sign-in. */
const elsewhere = new RegExp(
  `(?<![\\w-])--[a-z]|TEGATA_|\\btegata (?:${commands.map(({ name }) => name).join("|")})\\b|sign in again`,
);

describe("a hint in the GitHub Action", () => {
  it.each(anywhere)("names inputs that action.yml has, and no command, flag or variable of the program: %s", (code) => {
    for (const site of ofCode(code)) {
      const words = told(site, undefined, actionVocabulary) ?? "";
      expect(words).not.toMatch(elsewhere);
      for (const [, name = ""] of words.matchAll(/\binput ([a-z-]+)/g)) {
        expect(Object.keys(inputs)).toContain(name);
      }
    }
  });
});

describe("a hint of the library", () => {
  const library = libraryVocabulary("acme");

  it.each(anywhere)("names settings that fromTegata takes, and no flag of one command: %s", async (code) => {
    const shown = ofCode(code).filter((site) => told(site, run, library) !== undefined);
    expect(shown.flatMap((site) => partsOf(site, "flag"))).toEqual([]);
    expect(await problemsOfAll(shown)).toEqual([]);
  });
});

describe("a hint for a workload", () => {
  it.each(anywhere)("tells nobody to sign in: %s", (code) => {
    for (const site of ofCode(code)) {
      const words = told(site, undefined, vocabularyOf({ programName: "acme", ...typed }));
      expect(words ?? "").not.toMatch(/\bacme login\b|sign in again/);
    }
  });
});

describe("the hints of the source", () => {
  it("are found: those with a command, and those with a setting, by the code of their error", () => {
    expect(sites.length).toBeGreaterThan(150);
    expect(
      ofCode("sts_duration_rejected").map(({ clause }) => hintInWords([clause], libraryVocabulary("acme"))),
    ).toContain('pass settings.duration: "1h"');
    expect(ofCode("sts_claim_rejected").map(({ clause }) => clause.words)).toEqual([[commandOfRun("login")]]);
  });
});
