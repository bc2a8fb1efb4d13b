import { settingDefinitions } from "@tegata/engine/settings";
import { describe, expect, it } from "vitest";
import { commandsOf } from "../commands/commands.ts";
import { defaultPlugins } from "../program/run.ts";
import { widthOf } from "../terminal/wrap.ts";
import { parseCommandLine } from "./command-line.ts";
import { mainFlagsOf, settingFlagsOf } from "./described-flags.ts";
import { flagsOf, helpOf, overview } from "./help.ts";
import { environmentPage, settingsPage } from "./help-pages.ts";

const grammar = {
  commands: commandsOf(defaultPlugins.formats),
  settings: settingDefinitions(defaultPlugins.idps),
  programName: "tegata",
  version: "1.2.3",
  settingsPath: "/home/ann/.config/tegata/tegata.toml",
};
const visible = grammar.commands.filter(({ hidden }) => hidden !== true);
/** A terminal of 80 columns: its last one stays free. */
const columns = 79;

const linesOf = (text: string) => text.trimEnd().split("\n");
const words = (line: string) => line.replace(/^tegata /, "").split(" ");

describe.each(visible.map((command) => [command.name, command] as const))("the help of %s", (_name, command) => {
  const lines = linesOf(helpOf(command, grammar, columns));

  it("fits 25 lines of 80 columns, and no line is longer", () => {
    expect(lines.slice(25)).toEqual([]);
    expect(lines.filter((line) => widthOf(line) > columns)).toEqual([]);
  });

  it("says what it does, names its own flags and four settings at most, and where all of them are", () => {
    expect(lines[0]).toMatch(new RegExp(`^tegata ${command.name}( |$)`));
    expect(lines[2]).toMatch(/^[a-z]/);
    const main = mainFlagsOf(command, grammar.settings).map(({ name }) => name);
    expect(main.length).toBeLessThanOrEqual(4);
    const named = lines.flatMap((line) => /^ {2}--([a-z-]+)/.exec(line)?.[1] ?? []);
    const own = Object.keys(command.flags);
    // Of more flags than fit, the rest is named.
    const isWhole = !lines.some((line) => line.startsWith("  also --"));
    expect(named).toEqual(isWhole ? [...own, ...main] : own.slice(0, named.length));
    expect(named.length).toBeGreaterThanOrEqual(isWhole ? 0 : 4);
    const text = lines.join(" ");
    expect([...own, ...main].filter((flag) => !text.includes(`--${flag}`))).toEqual([]);
    expect(lines.at(-1)).toMatch(/all settings: tegata help settings$/);
  });

  it("is whole on the page of its flags", () => {
    const text = flagsOf(command, grammar, columns);
    const named = [...text.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name);
    const settings = settingFlagsOf(command, grammar.settings).map(({ name }) => name);
    expect(named).toEqual([...Object.keys(command.flags), ...settings]);
  });

  it("has two examples, which the command line takes", async () => {
    expect(command.examples).toHaveLength(2);
    for (const { line, what } of command.examples ?? []) {
      expect(what).toMatch(/^(?![A-Z][a-z]).*[^.]$/);
      const parsed = await parseCommandLine(words(line), grammar);
      expect(parsed).toMatchObject({ kind: "command", command: { name: command.name } });
    }
  });

  it("names main settings that there are, and that it takes", () => {
    const taken = settingFlagsOf(command, grammar.settings).map(({ name }) => name);
    const named = (command.mainSettings ?? []).map((name) => grammar.settings.get(name)?.flag);
    expect(taken).toEqual(expect.arrayContaining(named));
  });
});

describe("the help of use and of hook", () => {
  it.each([
    ["tegata", "Use-Tegata"],
    ["corp-tool", "Use-CorpTool"],
  ])("says what is typed in PowerShell, where the program is called %s: %s", (programName, name) => {
    const [use = "", hook = ""] = ["use", "hook"].map((each) => {
      const command = grammar.commands.find((one) => one.name === each);
      return command === undefined ? "" : helpOf(command, { ...grammar, programName }, 200);
    });
    expect(use).toContain(`In PowerShell, type ${name} dev and ${name} -Off instead`);
    expect(hook).toContain(
      `In PowerShell, the function is called ${name}; load it by ${programName} hook powershell |`,
    );
  });
});

describe("the overview", () => {
  it("fits a screen of 80 columns and 40 lines, and names every command", () => {
    const text = overview(grammar, columns);
    // The prompt has the last one.
    expect(linesOf(text).slice(39)).toEqual([]);
    expect(linesOf(text).filter((line) => widthOf(line) > columns)).toEqual([]);
    const names = new Set(text.match(/[a-z]+(?:-[a-z]+)*/g));
    expect(visible.map(({ name }) => name).filter((name) => !names.has(name))).toEqual([]);
  });
});

describe("the page of all settings", () => {
  const text = settingsPage(grammar, columns);

  it("has a row for every setting, none twice, and no line too long", () => {
    const rows = [...text.matchAll(/^ {2}(?:--)?([a-z][a-z_-]*)/gm)].map(([, name = ""]) => name.replaceAll("-", "_"));
    const flags = [...grammar.settings.values()].map(({ flag }) => flag.replaceAll("-", "_"));
    expect(rows.toSorted()).toEqual(flags.toSorted());
    expect(linesOf(text).filter((line) => widthOf(line) > columns)).toEqual([]);
  });

  it("says of a setting which identity providers have it, where it is no flag, and where its names differ", () => {
    expect(text).toMatch(/--tenant +entra: the tenant's id/);
    expect(text).toMatch(/^ {2}client_secret +[^-]*\(no flag\)/m);
    expect(text).toMatch(/--session-tag +[^-]*\(TEGATA_SESSION_TAGS, session_tags\)/);
  });
});

it("the page of the environment names AWS's variables beside the settings that they stand for", () => {
  const text = environmentPage(grammar, columns);
  expect(text).toMatch(/^ {2}AWS_REGION, AWS_DEFAULT_REGION +region$/m);
  expect(linesOf(text).filter((line) => widthOf(line) > columns)).toEqual([]);
});
