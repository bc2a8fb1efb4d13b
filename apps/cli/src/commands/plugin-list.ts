import { isTegataError, shownPath } from "@tegata/core";
import type { PluginKind, PluginPrograms } from "@tegata/engine";
import { type LocatedProgram, readDescription } from "@tegata/engine/plugin-programs";
import type { CommandContext } from "../command.ts";

/** A row of `tegata plugins --json`. */
export type PluginRow = BuiltInRow | ProgramRow;

interface BuiltInRow {
  readonly kind: PluginKind;
  readonly id: string;
  readonly summary: string;
  readonly origin: "built in";
  readonly version: string;
}

export interface ProgramRow {
  readonly kind: PluginKind;
  readonly id: string;
  /** What it said when it was trusted; no program is run for this list. */
  readonly summary: string | undefined;
  readonly origin: "program";
  /** `skipped`: never run, for the reason. */
  readonly state: "trusted" | "untrusted" | "changed" | "skipped";
  readonly path: string;
  readonly sha256: string | undefined;
  readonly reason: string | undefined;
}

/** What is built in, and every program that was found, with what is thought of it. No program is run. */
export async function pluginRows({ plugins, commands, version, programs }: CommandContext): Promise<PluginRow[]> {
  const builtIn = (
    kind: PluginKind,
    { id, summary }: { readonly id: string; readonly summary: string },
  ): BuiltInRow => ({
    kind,
    id,
    summary,
    origin: "built in",
    version,
  });
  const rows: PluginRow[] = [
    ...plugins.idps.map((idp) => builtIn("idp", idp)),
    ...plugins.formats.map((format) => builtIn("format", format)),
  ];
  const all = await programs();
  const taken = new Map<string, string>([
    ...plugins.idps.map(({ id }): [string, string] => [`idp ${id}`, `the identity provider ${id} is built in`]),
    ...commands.map(({ name }): [string, string] => [`format ${name}`, `a command of this program is called ${name}`]),
  ]);
  for (const program of await all.list()) {
    const { kind, id, path, refusal } = program;
    const reason = refusal ?? taken.get(`${kind} ${id}`);
    rows.push(await programRow(program, reason, all));
    if (reason === undefined) {
      taken.set(`${kind} ${id}`, `${shownPath(path)} comes first`);
    }
  }
  return rows;
}

async function programRow(
  program: LocatedProgram,
  reason: string | undefined,
  programs: PluginPrograms,
): Promise<ProgramRow> {
  const { kind, id, path } = program;
  const row = { kind, id, summary: undefined, origin: "program", path, sha256: undefined, reason } as const;
  if (reason !== undefined) {
    return { ...row, state: "skipped" };
  }
  try {
    const { state, sha256, record } = await programs.judge(program);
    const summary = record && readDescription(record.description, program).summary;
    return { ...row, state, sha256, summary };
  } catch (error) {
    if (!isTegataError(error) || error.code === "usage_invalid") {
      throw error;
    }
    return { ...row, state: "skipped", reason: error.message };
  }
}
