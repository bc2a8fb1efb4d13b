import { parse } from "smol-toml";
import type { AST } from "toml-eslint-parser";
import type { TeamRecord } from "./team-record.ts";

/** A byte order mark, which editors on Windows write; it stays. */
const mark = "\uFEFF";

/**
 * A person's settings file with what it remembers of the team's: values are put in the place of others, and everything else stays byte
 * for byte, comments and line ends too.
 *
 * @param text empty: a new file
 * @returns `undefined` where `team` is written in another way than under a header of its own
 */
export async function withTeam(text: string, record: TeamRecord): Promise<string | undefined> {
  const { parseTOML } = await import("toml-eslint-parser");
  const before = text.startsWith(mark) ? mark : "";
  const source = text.slice(before.length);
  const lineEnd = source.includes("\r\n") ? "\r\n" : "\n";
  const wanted = Object.entries(record).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, toml(value)] as const],
  );
  const [top] = parseTOML(source, { tomlVersion: "latest" }).body;
  const table = top.body.find((node) => node.type === "TOMLTable" && node.resolvedKey.join(".") === "team");
  const edited =
    table === undefined || table.type !== "TOMLTable"
      ? `${source}${gapAfter(source, lineEnd)}[team]${lineEnd}${linesOf(wanted, lineEnd)}`
      : edit(source, table, wanted, lineEnd);
  return says(edited, record) ? `${before}${edited}` : undefined;
}

type Wanted = readonly (readonly [key: string, value: string])[];

function edit(source: string, table: AST.TOMLTable, wanted: Wanted, lineEnd: string): string {
  const pairs = new Map(table.body.map((pair) => [pair.key.keys.map(nameOf).join("."), pair]));
  const changes = wanted.flatMap(([key, value]) => {
    const pair = pairs.get(key);
    return pair === undefined ? [] : [{ range: pair.value.range, text: value }];
  });
  const missing = wanted.filter(([key]) => !pairs.has(key));
  const last = table.body.at(-1);
  // Behind the line of the last key, or of the header.
  const end = lineAfter(source, last?.range[1] ?? table.key.range[1] + 1);
  if (missing.length > 0) {
    const before = end > 0 && source[end - 1] !== "\n" ? lineEnd : "";
    changes.push({ range: [end, end], text: `${before}${linesOf(missing, lineEnd)}` });
  }
  return changes
    .sort((a, b) => b.range[0] - a.range[0])
    .reduce((text, { range: [from, to], text: value }) => `${text.slice(0, from)}${value}${text.slice(to)}`, source);
}

function nameOf(key: AST.TOMLBare | AST.TOMLQuoted): string {
  return key.type === "TOMLBare" ? key.name : key.value;
}

function lineAfter(source: string, offset: number): number {
  const end = source.indexOf("\n", offset);
  return end < 0 ? source.length : end + 1;
}

function linesOf(wanted: Wanted, lineEnd: string): string {
  return wanted.map(([key, value]) => `${key} = ${value}${lineEnd}`).join("");
}

function gapAfter(source: string, lineEnd: string): string {
  return source === "" ? "" : source.endsWith("\n") ? lineEnd : `${lineEnd}${lineEnd}`;
}

/** A record has plain text and whole numbers, which JSON writes as TOML does. */
function toml(value: string | number): string {
  return JSON.stringify(value);
}

function says(text: string, record: TeamRecord): boolean {
  try {
    const { team } = parse(text);
    return (
      typeof team === "object" &&
      Object.entries(record).every(([key, value]) => value === undefined || Reflect.get(team, key) === value)
    );
  } catch {
    return false;
  }
}
