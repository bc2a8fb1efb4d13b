import { parse, stringify } from "smol-toml";

/** A value of a setting, as TOML has it. */
export type TomlValue = string | number | boolean | readonly TomlValue[] | { readonly [key: string]: TomlValue };

/** A section that is to stand in a file. */
export interface NewSection {
  /** `["profile", "dev"]`. */
  readonly path: readonly [kind: string, name: string];
  readonly values: Readonly<Record<string, TomlValue>>;
}

/** Sections as text, each behind an empty line but the first, with `\n` at the end of each line. */
export function sectionsText(sections: readonly NewSection[]): string {
  return sections
    .map(({ path: [kind, name], values }) => `${stringify({ [kind]: { [name]: values } }).trim()}\n`)
    .join("\n");
}

/**
 * A TOML text with further sections at its end; what is there stays byte for byte, and its line ends are taken.
 *
 * @param text empty: a new file
 * @returns `undefined` where that would make no TOML, or would not say what the sections say: the text has the same tables in a form
 *   that cannot go on elsewhere
 */
export function withSections(text: string, sections: readonly NewSection[]): string | undefined {
  const lineEnd = /\r\n/.test(text) ? "\r\n" : "\n";
  const added = sectionsText(sections).replaceAll("\n", lineEnd);
  const gap =
    text === "" || text.endsWith(`${lineEnd}${lineEnd}`) ? "" : text.endsWith("\n") ? lineEnd : `${lineEnd}${lineEnd}`;
  const whole = `${text}${gap}${added}`;
  return saysAll(whole, sections) ? whole : undefined;
}

function saysAll(text: string, sections: readonly NewSection[]): boolean {
  try {
    const document: unknown = parse(text.replace(/^\uFEFF/, ""));
    return sections.every(({ path, values }) => stable(at(document, path)) === stable(values));
  } catch {
    return false;
  }
}

function at(document: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, key) => (isTable(found) && Object.hasOwn(found, key) ? found[key] : undefined),
    document,
  );
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The same text for the same values, in whichever order their keys stand. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isTable(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

/**
 * A TOML text without a section and the sections below it; comments stay, but for those between its keys.
 *
 * @returns `undefined` where it is written in another way than under headers of its own
 */
export async function withoutSection(text: string, path: readonly [string, string]): Promise<string | undefined> {
  const { parseTOML } = await import("toml-eslint-parser");
  const mark = /^\uFEFF/.exec(text)?.[0] ?? "";
  const source = text.slice(mark.length);
  const [top] = parseTOML(source, { tomlVersion: "latest" }).body;
  const tables = top.body.filter((node) => node.type === "TOMLTable");
  const isBelow = (key: readonly (string | number)[]) => path.every((each, index) => String(key[index]) === each);
  const ranges = tables.filter(({ resolvedKey }) => isBelow(resolvedKey)).map(({ range }) => range);
  let rest = source;
  for (const [start, end] of ranges.toReversed()) {
    const lineStart = rest.lastIndexOf("\n", start - 1) + 1;
    const lineEnd = rest.indexOf("\n", end);
    const after = lineEnd < 0 ? "" : rest.slice(lineEnd + 1);
    // An empty line before a section belongs to it.
    const before = rest.slice(0, lineStart).replace(/(?<=\n)\r?\n$/, "");
    rest = before === "" ? after.replace(/^\r?\n/, "") : `${before}${after}`;
  }
  const left: unknown = parse(rest);
  return ranges.length > 0 && at(left, path) === undefined ? `${mark}${rest}` : undefined;
}
