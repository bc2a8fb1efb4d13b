import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { settingDefinitions } from "@tegata/engine/settings";
import { defaultPlugins } from "../src/program/run.ts";
import { expectClean, expectRefusal, type Refusal } from "./support/refusal.ts";
import { createWorld, settingsOf, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

/** Every kind of value that TOML has, and how an error names it. */
const kinds = [
  ["an integer", "5", "the number 5"],
  ["a float", "1.5", "the number 1.5"],
  ["nan", "nan", "the number nan"],
  ["inf", "-inf", "the number -inf"],
  ["a boolean", "true", "the boolean true"],
  ["an empty array", "[]", "a list"],
  ["an array", '[1, "x", []]', "a list"],
  ["an inline table", '{ a = "x" }', "a table"],
  ["an offset date-time", "2026-01-02T03:04:05+02:00", "the date and time 2026-01-02T03:04:05+02:00"],
  ["a local date-time", "2026-01-02T03:04:05", "the date and time 2026-01-02T03:04:05"],
  ["a local date", "2026-01-02", "the date 2026-01-02"],
  ["a local time", "01:00:00", "the time 01:00:00"],
  ["a multi-line text", '"""\\\n  one\n\ttwo\r\n"""', String.raw`"one\n\ttwo`],
  ["a text with what cannot be seen", String.raw`"\u200bde\u00a0v\r "`, String.raw`"\u200bde\u00a0v\r "`],
] as const;

const definitions = [...settingDefinitions(defaultPlugins.idps).values()];

/** What is no word for a person: a class, a minified name, an object that was turned into text. */
const noWords = /\[object|undefined|NaN|\bDate\b|TomlDate|\b[A-Z][a-z]\b|Invalid|Expected|received/;

/** The problem of a key, without its place. */
function problemsIn(stderr: string): ReadonlyMap<string, string> {
  const found = stderr.matchAll(/toml:\d+:\d+: ([\w.-]+) (.*)$/gm);
  return new Map([...found].map(([, key = "", problem = ""]) => [key, problem]));
}

describe.each(kinds)("where a setting of tegata.toml is %s", (_kind, toml, shown) => {
  const inProfile = definitions.filter(({ sections }) => sections.includes("profile"));

  it.each(inProfile.map(({ name, idpSchemas }) => [name, [...idpSchemas.keys()][0]] as const))(
    "%s takes it, or says what it is",
    async (name, type) => {
      const idp = type === undefined ? "" : `idp = "${type}"\n`;
      await world.writeSettings(`[profile.dev]\n${name === "idp" ? "" : idp}${name} = ${toml}\n`);
      const ended = await world.run(["profiles"]);
      expectClean(ended.stderr, world);
      const problem = problemsIn(ended.stderr).get(`profile.dev.${name}`) ?? "";
      // A number may be a duration that is too short, and a secret is not shown.
      const isNamed = problem.includes(shown) || /^(is \d+ seconds|the value)/.test(problem);
      const { stdout, status } = ended;
      expect({ status, stdout, isNamed, odd: noWords.exec(problem) }).toEqual({
        status: isNamed ? 3 : 0,
        stdout: isNamed ? "" : "dev\n",
        isNamed: status !== 0,
        odd: null,
      });
    },
  );

  it.each([
    ["default_profile", (value: string) => `default_profile = ${value}\n[profile.dev]\n`],
    ["idp.acme.type", (value: string) => `[idp.acme]\ntype = ${value}\n`],
    ["profile", (value: string) => `profile = ${value}\n`],
    ["profile.dev", (value: string) => `[profile]\ndev = ${value}\n`],
    ["idp.acme", (value: string) => `[idp]\nacme = ${value}\n`],
  ])("%s says so too", async (key, write) => {
    await world.writeSettings(write(toml));
    const { status, stderr } = await world.run(["profiles"]);
    expectClean(stderr, world);
    expect(stderr).not.toMatch(noWords);
    const isRefused = new RegExp(`toml:\\d+:\\d+: ${key}`).test(stderr);
    expect({ status, isRefused }).toEqual({ status: isRefused ? 3 : 0, isRefused: status !== 0 });
  });
});

/** What cannot be seen, in the ways in which it gets into a value. */
const unseen = [
  ["a carriage return of a file of Windows", "dev\r", String.raw`"dev\r"`],
  ["a line feed", "dev\n", String.raw`"dev\n"`],
  ["a tab", "dev\t", String.raw`"dev\t"`],
  ["a blank at the end", "dev ", '"dev "'],
  ["a no-break space", "dev\u00a0", String.raw`"dev\u00a0"`],
  ["a zero-width space", "de\u200bv", String.raw`"de\u200bv"`],
  ["a byte order mark", "\ufeffdev", String.raw`"\ufeffdev"`],
  ["a right-to-left override", "\u202edev", String.raw`"\u202edev"`],
  ["an escape sequence", "dev\u001b[0m", String.raw`"dev\u001b[0m"`],
] as const;

describe.each(unseen)("%s is seen", (_what, value, shown) => {
  const places: readonly (readonly [string, readonly string[], Record<string, string>, string])[] = [
    ["in TEGATA_PROFILE", ["env"], { TEGATA_PROFILE: value }, `TEGATA_PROFILE ${shown} is not a section`],
    ["in --profile", ["env", "--profile", value], {}, `the profile ${shown} is not a section`],
    ["in the profile's place", ["env", value], {}, `the profile ${shown} is not a section`],
    ["in a command", [value], {}, `there is no command ${shown}`],
    ["in AWS_PROFILE", ["exec", "--", "true"], { AWS_PROFILE: value }, `AWS_PROFILE ${shown} is not a section`],
    ["in TEGATA_REGION", ["env", "dev"], { TEGATA_REGION: value }, `TEGATA_REGION ${shown} is not`],
    ["in --role-arn", ["env", "dev", "--role-arn", value], {}, `--role-arn ${shown}`],
    ["in TEGATA_DURATION", ["env", "dev"], { TEGATA_DURATION: value }, `TEGATA_DURATION ${shown} is not a duration`],
    ["in --idp", ["env", "dev", "--idp", value], {}, `--idp ${shown} is neither`],
    ["in TEGATA_PROMPT", ["env", "dev"], { TEGATA_PROMPT: value }, `TEGATA_PROMPT ${shown} must be one of`],
    ["in --token-store", ["env", "dev", "--token-store", value], {}, `--token-store ${shown} must be one of`],
    ["in TEGATA_CACHE_DIR", ["env", "dev"], { TEGATA_CACHE_DIR: value }, `TEGATA_CACHE_DIR is ${shown}, which is`],
    ["in HOME", ["env", "dev"], { HOME: value }, `HOME is ${shown}, which is relative`],
    ["in a shell's name", ["env", "dev", "--shell", value], {}, `--shell ${shown} must be one of`],
    ["in a program's name", ["exec", "dev", "--", value], {}, `there is no command ${shown}`],
  ];

  it.each(places)("%s", async (_place, args, env, error) => {
    await world.writeSettings(`${settingsOf(world.sandbox)}\n`);
    const { status, stderr } = await world.run(args, { env });
    expectClean(stderr, world);
    expect(status).not.toBe(0);
    expect(stderr).toContain(error);
  });
});

describe("a value that is too long", () => {
  it("is shown by its beginning and its end", async () => {
    await world.writeSettings(settingsOf(world.sandbox));
    const region = `eu-${"x".repeat(5000)}\r`;
    const refusal: Refusal = {
      status: 2,
      error: /^TEGATA_REGION "eu-x{10,200}…x+\\r" is not an AWS region/,
      hint: "correct or unset TEGATA_REGION",
    };
    expectRefusal(await world.run(["env", "dev"], { env: { TEGATA_REGION: region } }), refusal, world);
  });
});
