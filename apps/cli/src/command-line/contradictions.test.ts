import { hintInWords, hintOf } from "@tegata/core";
import { failure } from "@tegata/testkit";
import { describe, expect, it } from "vitest";
import { shownError } from "@tegata/engine";
import { settingDefinitions } from "@tegata/engine/settings";
import type { Command } from "../command.ts";
import { commandsOf } from "../commands/commands.ts";
import { defaultPlugins } from "../program/run.ts";
import { parseCommandLine } from "./command-line.ts";
import { contradictionsEverywhere } from "./contradictions.ts";
import { takesSetting } from "./described-flags.ts";
import { vocabularyOf } from "../terminal/vocabulary.ts";

const settings = settingDefinitions(defaultPlugins.idps);
const commands = commandsOf(defaultPlugins.formats);
const visible = commands.filter(({ hidden }) => hidden !== true);
const grammar = { commands, settings, version: "0.0.0", programName: "tegata" };
const vocabulary = vocabularyOf({ programName: "tegata", args: [], env: {} });
const parse = (args: readonly string[]) => parseCommandLine(args, grammar);
const takesProfile = ({ argument }: Command) => argument === "profile" || argument === "command";

/** A part of a command line: what is typed for it, and what an error has to call it. */
interface Example {
  readonly words: readonly string[];
  readonly flags: readonly string[];
  readonly name: string;
}

const flagExample = (command: Command, flag: string): Example => {
  const setting = [...settings.values()].find((each) => each.flag === flag);
  const facts = command.flags[flag] ?? setting;
  const flags = facts?.kind === "boolean" ? [`--${flag}`] : [`--${flag}`, facts?.choices?.[0] ?? "x"];
  return { words: [], flags, name: `--${flag}` };
};

/** Every way to write a part of a declaration. */
function examplesOf(part: string | undefined, command: Command): readonly Example[] {
  const [, flag, value] = /^--([^=]+)(?:=(.+))?$/.exec(part ?? "") ?? [];
  if (part === undefined) {
    return [{ words: [], flags: [], name: `tegata ${command.name}` }];
  }
  if (part === "PROFILE") {
    return [
      ...(takesProfile(command) ? [{ words: ["dev"], flags: [], name: 'the profile "dev"' }] : []),
      { words: [], flags: ["--profile=dev"], name: "--profile" },
      { words: [], flags: ["-p", "dev"], name: "-p" },
    ];
  }
  if (part === "CREDENTIALS") {
    const choosing = [...settings.values()].filter(
      (setting) => setting.choosesCredentials && takesSetting(command, setting),
    );
    return choosing.map((setting) => flagExample(command, setting.flag));
  }
  if (flag === undefined) {
    return [{ words: [part, "NAME"], flags: [], name: part }];
  }
  return value === undefined && !flag.startsWith("no-")
    ? [flagExample(command, flag)]
    : [{ words: [], flags: part.split("="), name: part.replace("=", " ") }];
}

function lineOf(command: Command, ...parts: readonly Example[]): readonly string[] {
  const behind = command.argument === "command" ? ["--", "true"] : [];
  const typed = [...parts.flatMap(({ words }) => words), ...parts.flatMap(({ flags }) => flags)];
  return [command.name, ...typed, ...behind];
}

const rows = visible.flatMap((command) =>
  [...(command.contradictions ?? []), ...(command.name === "env" ? contradictionsEverywhere : [])].map(
    (each) => [command.name, each.part ?? "", each, command] as const,
  ),
);

describe.each(rows)("tegata %s: %s", (_name, _part, { part, excludes, hint }, command) => {
  it("contradicts what it is declared to, and an error names both and the way out", async () => {
    for (const first of examplesOf(part, command)) {
      for (const second of excludes.flatMap((each) => examplesOf(each, command))) {
        const error = await failure(parse(lineOf(command, first, second)), "usage_invalid");
        const shown = shownError(error, vocabulary);
        expect([shown.message, shown.hint]).toEqual([
          `${first.name} and ${second.name} contradict each other`,
          hint === undefined ? `leave ${second.name} out` : hintInWords(hintOf(hint), vocabulary),
        ]);
      }
    }
  });

  it("is accepted alone, and beside what a person takes back", async () => {
    for (const first of part === undefined ? [] : examplesOf(part, command)) {
      expect(await parse(lineOf(command, first))).toMatchObject({ kind: "command" });
      const flags = excludes.filter((each) => ["--fresh", "--verbose", "--browser"].includes(each));
      const takenBack = { words: [], flags: flags.map((flag) => `--no-${flag.slice(2)}`), name: "" };
      expect(await parse(lineOf(command, first, takenBack))).toMatchObject({ kind: "command" });
    }
  });
});

describe("flags of one command", () => {
  /** What can be done together. A new flag has to be judged against those that stand here. */
  const together: Readonly<Record<string, readonly string[]>> = {
    exec: ["refresh nested", "refresh all-variables", "nested all-variables"],
    init: [
      "print sign-in",
      "print plain",
      "print update",
      "yes replace",
      "yes aws-config",
      "yes sign-in",
      "yes update",
      "replace aws-config",
      "replace sign-in",
      "replace plain",
      "aws-config sign-in",
      "aws-config plain",
      "sign-in plain",
    ],
    login: ["json if-needed", "json for", "if-needed for"],
    whoami: ["claims verify", "claims json", "verify json"],
    doctor: ["json offline", "json trust-policy", "offline trust-policy"],
    status: ["json check", "json for", "check for"],
    use: ["shell off"],
    logout: ["all json"],
    console: ["destination session-duration", "destination federation-issuer", "session-duration federation-issuer"],
    env: ["shell unset"],
    "console-url": [
      "destination session-duration",
      "destination federation-issuer",
      "session-duration federation-issuer",
    ],
    "aws-credentials": [
      "aws-profile overwrite-foreign-keys",
      "aws-profile force",
      "aws-profile unset",
      "overwrite-foreign-keys force",
    ],
    "aws-config": [
      "diff force",
      "diff roles",
      "write yes",
      "write force",
      "write roles",
      "remove yes",
      "yes force",
      "yes roles",
      "force roles",
    ],
    "gitlab-env": ["report-file expose-credentials-in-artifact", "report-file unset"],
  };

  /** Which of its flags go together is told by its target: `setup.test.ts`. */
  const byTarget = new Set(["setup"]);

  it.each(visible.filter(({ name }) => !byTarget.has(name)).map((command) => [command.name, command] as const))(
    "%s: each pair either contradicts or is known to go together",
    async (name, command) => {
      const flags = Object.keys(command.flags);
      const pairs = flags.flatMap((one, index) => flags.slice(index + 1).map((other) => [one, other] as const));
      const fitting: string[] = [];
      for (const [one, other] of pairs) {
        const line = lineOf(command, flagExample(command, one), flagExample(command, other));
        const fits = await parse(line).then(
          () => true,
          () => false,
        );
        fitting.push(...(fits ? [`${one} ${other}`] : []));
      }
      expect(fitting).toEqual(together[name] ?? []);
    },
  );

  it.each(defaultPlugins.formats.map((format) => [format.id, format] as const))(
    "%s: what taking back looks at is an option",
    (_id, { unsetOptions = [], options }) => {
      expect(Object.keys(options.entries)).toEqual(expect.arrayContaining([...unsetOptions]));
    },
  );
});

describe("a flag that stands twice", () => {
  it.each([
    [["env", "--region=eu-west-1", "--region", "us-east-1"], '--region has two values: "eu-west-1" and "us-east-1"'],
    [["env", "-p", "dev", "-p", "prod"], '-p has two values: "dev" and "prod"'],
    [["env", "-p", "dev", "--profile", "prod"], '--profile has two values: "dev" and "prod"'],
    [["use", "--shell", "bash", "--shell", "fish"], '--shell has two values: "bash" and "fish"'],
    [["login", "--client-secret=a", "--client-secret=b"], "--client-secret has two different values"],
    [["env", "--fresh", "--no-fresh"], "--fresh and --no-fresh contradict each other"],
    [["env", "--browser=no", "--browser"], "--browser and --no-browser contradict each other"],
    [["env", "dev", "--profile=prod"], 'two profiles are named: "dev" and --profile "prod"'],
    [["exec", "dev", "-p", "prod", "--", "true"], 'two profiles are named: "dev" and -p "prod"'],
    [["env", "--region", "x", "--region"], "--region needs a value"],
    [["env", "--region", "x", "--no-region"], "tegata env has no flag --no-region"],
  ])("with two values is an error: %j", async (args, message) => {
    expect(shownError(await failure(parse(args), "usage_invalid"), vocabulary).message).toBe(message);
  });

  it.each([
    [["env", "--region", "eu-west-1", "--region=eu-west-1"], { region: "eu-west-1" }],
    [["env", "--fresh", "--fresh=yes"], { fresh: true }],
    [["env", "dev", "-p", "dev"], { profile: "dev" }],
    [["exec", "dev", "--region", "x", "--", "aws", "--region", "y"], { region: "x" }],
  ])("with one value has that one: %j", async (args, flags) => {
    expect(await parse(args)).toMatchObject({ kind: "command", flags });
  });
});
