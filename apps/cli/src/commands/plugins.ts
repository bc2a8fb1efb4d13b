import { printable, TegataError, toSafeJson } from "@tegata/core";
import { jsonFlag, type Command, type CommandContext } from "../command.ts";
import type { LocatedProgram } from "../programs/program-location.ts";

/** Which identity providers and formats this program knows, and which programs on `PATH` it may run as such. */
export const pluginsCommand: Command = {
  name: "plugins",
  summary: "identity providers and formats; also: plugins trust NAME, distrust NAME, check NAME",
  argument: "words",
  flags: { json: jsonFlag },
  async run(context) {
    const [verb, ...names] = context.words;
    if (verb === undefined) {
      await list(context);
      return;
    }
    const act = verbs[verb];
    const [name] = names;
    if (act === undefined || name === undefined || names.length > 1) {
      const problem =
        act === undefined
          ? `tegata plugins has no "${printable(verb, 80)}"`
          : `tegata plugins ${verb} takes the name of one program`;
      throw new TegataError("usage_invalid", problem, {
        hint: "tegata plugins trust NAME, distrust NAME or check NAME",
      });
    }
    await act(name, context);
  },
};

const verbs: Readonly<Record<string, (name: string, context: CommandContext) => Promise<void>>> = {
  trust: async (name, { programs, terminal }) => {
    const all = await programs();
    const program = await theOne(name, (kind, id) => all.locate(kind, id));
    if (program.refusal !== undefined) {
      const { refused } = await import("../programs/program-trust.ts");
      throw refused(program);
    }
    const { sha256 } = await all.judge(program);
    await all.trust(program, sha256);
    terminal.say(`${program.name} is trusted from now on: ${printable(program.path, 1000)} (sha256:${sha256})`);
  },
  distrust: async (name, { programs, terminal }) => {
    const { records } = await programs();
    const { programNameOf, parseProgramName } = await import("../programs/plugin-name.ts");
    const given = parseProgramName(name);
    const kinds = given === undefined ? (["idp", "format"] as const) : [given.kind];
    let known = false;
    for (const kind of kinds) {
      known = (await records.forget(programNameOf(kind, given?.id ?? name))) || known;
    }
    terminal.say(known ? `${printable(name, 80)} is trusted no more` : `${printable(name, 80)} was not trusted`);
  },
  check: async (name, context) => {
    const { checkProgram } = await import("../programs/check/check-program.ts");
    const all = await context.programs();
    const program = /[/\\]/.test(name) ? await all.at(name) : await theOne(name, (kind, id) => all.locate(kind, id));
    if (program === undefined) {
      throw new TegataError(
        "usage_invalid",
        `${printable(name)} is no program called tegata-idp-NAME or tegata-format-NAME`,
        {
          hint: "name an executable file, or the NAME of one on PATH",
        },
      );
    }
    await checkProgram(program, context);
  },
};

async function list(context: CommandContext): Promise<void> {
  const { outside, flags } = context;
  const { pluginRows } = await import("../programs/plugin-list.ts");
  const rows = await pluginRows(context);
  if (flags["json"] === true) {
    await outside.writeStdout(`${toSafeJson(rows)}\n`);
    return;
  }
  const width = Math.max(...rows.map(({ id }) => id.length));
  const lines = rows.map((row) => {
    const head = `${row.kind.padEnd(6)}  ${row.id.padEnd(width)}`;
    if (row.origin === "built in") {
      return `${head}  ${row.origin} ${row.version}  ${row.summary}\n`;
    }
    const words = row.reason ?? row.summary ?? (row.state === "trusted" ? "" : `tegata plugins trust ${row.id}`);
    return `${head}  ${row.state} ${printable(row.path, 1000)}  ${words}\n`;
  });
  await outside.writeStdout(lines.join(""));
}

/** The program that a person means by `acme`, or by `tegata-idp-acme`. */
async function theOne(
  name: string,
  locate: (kind: "idp" | "format", id: string) => Promise<LocatedProgram | undefined>,
): Promise<LocatedProgram> {
  const { isPluginId, parseProgramName } = await import("../programs/plugin-name.ts");
  const given = parseProgramName(name);
  const found: LocatedProgram[] = [];
  for (const kind of given === undefined ? (["idp", "format"] as const) : [given.kind]) {
    const id = given?.id ?? name;
    const program = isPluginId(id) ? await locate(kind, id) : undefined;
    found.push(...(program === undefined ? [] : [program]));
  }
  const [program, other] = found;
  if (program === undefined || other !== undefined) {
    const shown = printable(name, 80);
    throw program === undefined
      ? new TegataError("usage_invalid", `there is no program tegata-idp-${shown} or tegata-format-${shown} on PATH`, {
          hint: "tegata plugins lists those that are there",
        })
      : new TegataError(
          "usage_invalid",
          `two programs are called ${shown}: ${found.map((each) => each.name).join(" and ")}`,
          {
            hint: `name one: tegata plugins trust ${program.name}`,
          },
        );
  }
  return program;
}
