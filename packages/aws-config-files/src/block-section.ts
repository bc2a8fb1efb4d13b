import { contentOf } from "./edit-section.ts";
import type { AwsSection } from "./parse-aws-file.ts";

/** A key of a profile in a block. */
export interface BlockKey {
  /** In lower case. */
  readonly key: string;
  readonly value: string;
}

/** A profile of a block. */
export interface BlockProfile {
  /** One that `profileSpelling` has a spelling for. */
  readonly name: string;
  readonly keys: readonly BlockKey[];
}

/**
 * How a profile of `~/.aws/config` is spelt in its section, by who finds it. `plain`: everyone. `letters`: with letters beyond ASCII,
 * not the SDK for JavaScript. `quoted`: with blanks, neither that one nor those for Go and Java. `undefined` for a name that
 * clients read in several ways, or for which one of them refuses the whole file.
 */
export function profileSpelling(name: string): "plain" | "letters" | "quoted" | undefined {
  if (!/^[\p{L}\p{M}\p{N}_./@%:+ -]+$/u.test(name) || name.trim() !== name || name === "__proto__") {
    return undefined;
  }
  return name.includes(" ") ? "quoted" : /^[\w./@%:+-]+$/.test(name) ? "plain" : "letters";
}

/** The lines of a section that is new. */
export function writtenSection({ name, keys }: BlockProfile, lineEnd: string): readonly string[] {
  return [`${headerOf(name)}${lineEnd}`, ...keys.map((each) => lineOf(each, lineEnd))];
}

function headerOf(name: string): string {
  if (name === "default") {
    return "[default]";
  }
  // `aws configure set` writes and finds single quotes, and adds a second section beside double ones.
  return profileSpelling(name) === "quoted" ? `[profile '${name}']` : `[profile ${name}]`;
}

function lineOf({ key, value }: BlockKey, lineEnd: string): string {
  return `${key} = ${value}${lineEnd}`;
}

/** Where the section of a block stands. */
interface Surroundings {
  /** Of the file, with their ends. */
  readonly lines: readonly string[];
  readonly lineEnd: string;
  readonly block?: { readonly end: number } | undefined;
}

/**
 * The lines of a section that is there, with the keys of the profile: each where it stands, else at the beginning. What others added
 * stays: their keys, blocks of keys, comments.
 */
export function renewedSection(
  section: AwsSection,
  { name, keys }: BlockProfile,
  { lines, lineEnd, block }: Surroundings,
): readonly string[] {
  const end = Math.min(section.end, block?.end ?? section.end);
  const own = new Map(keys.map((each) => [each.key, each]));
  const ownLines = new Map(section.keys.flatMap(({ key, line }) => (own.has(key) ? [[line, own.get(key)]] : [])));
  const known = new Set(section.keys.map(({ key }) => key));
  const ofKeys = new Set(linesOfKeys(section, lines));
  const kept: string[] = [];
  let isOwn = false;
  for (let index = section.header + 1; index < section.end; index += 1) {
    const line = lines[index] ?? "";
    const replaced = ownLines.get(index);
    if (section.keys.some((each) => each.line === index)) {
      isOwn = replaced !== undefined;
    }
    if (index === end) {
      dropBlanksAtEnd(kept);
    }
    if (replaced !== undefined) {
      kept.push(lineOf(replaced, lineEnd));
    } else if (index < end ? !(isOwn && ofKeys.has(index)) : index > end && ofKeys.has(index) && !isOwn) {
      kept.push(line.endsWith("\n") ? line : `${line}${lineEnd}`);
    }
  }
  dropBlanksAtEnd(kept);
  const header = lines[section.header] ?? "";
  const isSame = `[${section.name}]` === headerOf(name);
  return [
    isSame ? header : `${headerOf(name)}${lineEnd}`,
    ...keys.filter(({ key }) => !known.has(key)).map((each) => lineOf(each, lineEnd)),
    ...kept,
  ];
}

function dropBlanksAtEnd(lines: string[]): void {
  while (lines.length > 0 && contentOf(lines.at(-1) ?? "").trim() === "") {
    lines.pop();
  }
}

/** The indexes of the lines of the keys of a section, with those that continue a value, and without comments. */
export function linesOfKeys({ keys, end }: AwsSection, lines: readonly string[]): readonly number[] {
  const first = keys[0]?.line ?? end;
  return lines
    .slice(first, end)
    .flatMap((line, index) => (/^\s*(?:[#;]|$)/.test(contentOf(line)) ? [] : [first + index]));
}
