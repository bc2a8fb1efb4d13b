import {
  command,
  hint,
  inWords,
  printable,
  shownPath,
  shownValue,
  TegataError,
  toSafeJson,
  type Vocabulary,
  words as saying,
} from "@tegata/core";
import { isPluginId, parseProgramName, programNameOf, type PluginPrograms } from "@tegata/engine";
import type { LocatedProgram } from "@tegata/engine/plugin-programs";
import { jsonFlag, type Command, type CommandContext } from "../command.ts";
import type { Row } from "../terminal/two-columns.ts";
import { writeSections } from "../terminal/write-pages.ts";
import type { PluginRow } from "./plugin-list.ts";

/** Which identity providers and formats this program knows, and which programs on `PATH` it may run as such. */
/** What can be done with one program, for completions. */
export const aboutPluginWords = {
  trust: "let a program on PATH run as a plugin",
  distrust: "let it run no more",
  check: "find out whether a program keeps the rules",
} as const;

export const pluginsCommand: Command = {
  name: "plugins",
  summary: "list plugins; trust or check a program that is one",
  group: "setup",
  argument: "words",
  form: "[trust NAME | distrust NAME | check NAME] [flags]",
  firstWords: Object.keys(aboutPluginWords),
  flags: { json: jsonFlag },
  examples: [
    { line: "plugins", what: "what is built in, and what is on PATH" },
    { line: "plugins trust acme", what: "let the program tegata-idp-acme run" },
  ],
  contradictions: [
    {
      part: "--json",
      excludes: ["trust", "distrust"],
      hint: hint`${command("plugins", "--json")} lists what there is`,
    },
  ],
  async run(context) {
    const [verb, ...names] = context.words;
    if (verb === undefined) {
      await list(context);
      return;
    }
    const act = verbs.get(verb);
    const [name] = names;
    if (act === undefined || name === undefined || names.length > 1) {
      const problem =
        act === undefined
          ? saying`${command("plugins")} has no ${shownValue(verb, 80)}`
          : saying`${command("plugins", verb)} takes the name of one program`;
      throw new TegataError("usage_invalid", problem, {
        hint: hint`${command("plugins", "trust", "NAME")}, distrust NAME or check NAME`,
      });
    }
    await act(name, context);
  },
};

const verbs = new Map<string, (name: string, context: CommandContext) => Promise<void>>([
  [
    "trust",
    async (name, { programs, terminal }) => {
      const all = await programs();
      const program = await theOne(name, all);
      const { sha256 } = await all.judge(program);
      await all.trust(program, sha256);
      terminal.say(`${program.name} is trusted from now on: ${shownPath(program.path)} (sha256:${sha256})`);
    },
  ],
  [
    "distrust",
    async (name, { programs, terminal }) => {
      const { records } = await programs();
      const forgotten = await Promise.all(programNames(name).map((each) => records.forget(each)));
      const shown = printable(name, 80);
      terminal.say(forgotten.includes(true) ? `${shown} is trusted no more` : `${shown} was not trusted`);
    },
  ],
  [
    "check",
    async (name, context) => {
      const all = await context.programs();
      const isPath = /[/\\]/.test(name);
      const program = isPath ? await all.at(name) : await theOne(name, all);
      if (program === undefined) {
        const shown = printable(name);
        throw new TegataError(
          "usage_invalid",
          `${shown} is not a program called tegata-idp-NAME or tegata-format-NAME`,
          {
            hint: "name an executable file, or the NAME of one on PATH",
          },
        );
      }
      const { checkProgram } = await import("./plugins-check/check-program.ts");
      await checkProgram(program, context);
    },
  ],
]);

async function list(context: CommandContext): Promise<void> {
  const { system, flags } = context;
  const { pluginRows } = await import("./plugin-list.ts");
  const rows = await pluginRows(context);
  if (flags["json"] === true) {
    await system.writeStdout(`${toSafeJson(rows)}\n`);
    return;
  }
  const { version, terminal } = context;
  const asListed = (row: PluginRow) => listed(row, terminal.vocabulary);
  const builtIn = (kind: PluginRow["kind"]) => rows.filter((row) => row.origin === "built in" && row.kind === kind);
  await writeSections(
    [
      { heading: `identity providers, built in (${version}):`, rows: builtIn("idp").map(asListed) },
      { heading: `formats, built in (${version}):`, rows: builtIn("format").map(asListed) },
      { heading: "programs on PATH:", rows: rows.filter(({ origin }) => origin === "program").map(asListed) },
    ].filter((section) => section.rows.length > 0),
    context,
  );
}

function listed(row: PluginRow, vocabulary: Vocabulary): Row {
  if (row.origin === "built in") {
    return { label: `  ${row.id}`, words: row.summary };
  }
  const words =
    row.reason ??
    row.summary ??
    (row.state === "trusted" ? "" : inWords([command("plugins", "trust", row.id)], vocabulary));
  return { label: `  ${row.kind} ${row.id}`, words: `${row.state} ${shownPath(row.path)}  ${words}` };
}

/** The names of the programs that a person may mean by `acme`; by `tegata-idp-acme` only one. */
function programNames(name: string): readonly string[] {
  const kinds = ["idp", "format"] as const;
  return parseProgramName(name) !== undefined
    ? [name]
    : isPluginId(name)
      ? kinds.map((kind) => programNameOf(kind, name))
      : [];
}

/** @throws TegataError `usage_invalid` when there is none, or more than one; `plugin_untrusted` for one that is not run */
async function theOne(name: string, programs: PluginPrograms): Promise<LocatedProgram> {
  const found: LocatedProgram[] = [];
  for (const each of programNames(name)) {
    const parsed = parseProgramName(each);
    const program = parsed && (await programs.locate(parsed.kind, parsed.id));
    found.push(...(program === undefined ? [] : [program]));
  }
  const [program, other] = found;
  const shown = printable(name, 80);
  if (program === undefined) {
    throw new TegataError(
      "usage_invalid",
      `there is no program tegata-idp-${shown} or tegata-format-${shown} on PATH`,
      {
        hint: hint`${command("plugins")} lists those that are there`,
      },
    );
  }
  if (other !== undefined) {
    throw new TegataError("usage_invalid", `two programs are called ${shown}: ${program.name} and ${other.name}`, {
      hint: `name one: ${program.name}`,
    });
  }
  if (program.refusal !== undefined) {
    const { refused } = await import("@tegata/engine/plugin-programs");
    throw refused(program);
  }
  return program;
}
