/** A key of a section, as botocore reads it. */
export interface AwsKey {
  /** In lower case: keys are case-insensitive. */
  readonly key: string;
  /** Continued lines are joined by line feeds; one that begins with a line feed is a block of keys of its own. */
  readonly value: string;
  /** The index of its line. */
  readonly line: number;
}

/** One `[name]`, by the indexes of its lines. */
export interface AwsSection {
  /** What stands between the brackets, with its blanks and quotes. */
  readonly name: string;
  readonly header: number;
  /** The index after its last line. */
  readonly end: number;
  readonly keys: readonly AwsKey[];
}

/** What botocore refuses the whole file for. */
export interface AwsProblem {
  /** The index of the line. */
  readonly line: number;
  /** Goes on from "line N of FILE ". */
  readonly what: string;
}

/** An AWS config or credentials file. Its lines joined are its text again. */
export interface AwsFile {
  /** With their line ends. */
  readonly lines: readonly string[];
  readonly sections: readonly AwsSection[];
  /** Other readers go on where botocore stops; so does this one. */
  readonly problems: readonly AwsProblem[];
}

/** What Python takes for the end of a line within a value, beside the line feed. */
const lineEnds = ["\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"];
/** What Python takes for white space. JavaScript has the byte order mark besides, and lacks some of these. */
const blanks: ReadonlySet<string> = new Set([
  "\t",
  "\n",
  " ",
  "\x1f",
  ...lineEnds,
  ..."\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000".split(""),
]);
const sectionPattern = /^\[(.+)\]/s;

interface OpenKey {
  readonly key: string;
  readonly values: string[];
  readonly line: number;
}

interface OpenSection {
  readonly name: string;
  readonly header: number;
  readonly keys: OpenKey[];
  readonly known: Set<string>;
}

/**
 * Reads an AWS config or credentials file by the rules of Python's `configparser`, which the AWS CLI and boto3 read it by:
 * any line may be indented; one that is indented more than the key above belongs to that key; comments have a line of their
 * own. What makes botocore refuse the file becomes a problem, and reading goes on.
 *
 * @see https://docs.python.org/3/library/configparser.html#supported-ini-file-structure
 */
export function parseAwsFile(text: string): AwsFile {
  const lines = text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];
  const problems: AwsProblem[] = [];
  const sections: OpenSection[] = [];
  const names = new Set<string>();
  let section: OpenSection | undefined;
  let key: OpenKey | undefined;
  let indent = 0;
  if (text.startsWith("\ufeff")) {
    problems.push({ line: 0, what: "begins with a byte order mark" });
  }
  for (const [index, withEnd] of lines.entries()) {
    const line = index === 0 ? withEnd.replace(/^\ufeff/, "") : withEnd;
    const value = strip(line);
    if (/^[#;]/.test(value)) {
      continue;
    }
    if (value === "") {
      key?.values.push("");
      continue;
    }
    const ownIndent = indentOf(line);
    if (key !== undefined && ownIndent > indent) {
      key.values.push(value);
      continue;
    }
    indent = ownIndent;
    const [, header] = sectionPattern.exec(value) ?? [];
    if (header !== undefined) {
      if (header !== "DEFAULT" && names.has(header)) {
        problems.push({ line: index, what: `begins the section [${header}] for the second time` });
      }
      names.add(header);
      section = { name: header, header: index, keys: [], known: new Set() };
      sections.push(section);
      key = undefined;
      continue;
    }
    if (section === undefined) {
      problems.push({ line: index, what: "stands before the first section" });
      continue;
    }
    const separator = value.search(/[=:]/);
    if (separator < 1) {
      problems.push({ line: index, what: "is neither a section nor a key nor a comment" });
      continue;
    }
    const name = stripEnd(value.slice(0, separator)).toLowerCase();
    if (section.known.has(name)) {
      problems.push({ line: index, what: `has the key ${name} for the second time` });
    }
    section.known.add(name);
    key = { key: name, values: [strip(value.slice(separator + 1))], line: index };
    section.keys.push(key);
  }
  const closed = sections.map(({ name, header, keys }, index) => ({
    name,
    header,
    end: sections[index + 1]?.header ?? lines.length,
    keys: keys.map((each) => ({ key: each.key, value: stripEnd(each.values.join("\n")), line: each.line })),
  }));
  const blocks = closed.flatMap(({ keys }) => keys).filter(({ value }) => nestedKeys(value) === "broken");
  problems.push(...blocks.map(({ line }) => ({ line, what: "begins a block with a line that has no = in it" })));
  return { lines, sections: closed, problems: problems.toSorted((one, other) => one.line - other.line) };
}

/** The keys of a value that is a block; `undefined` for any other value. */
export function nestedKeys(value: string): ReadonlyMap<string, string> | "broken" | undefined {
  if (!value.startsWith("\n")) {
    return undefined;
  }
  const keys = new Map<string, string>();
  const lines = lineEnds.reduce((text, end) => text.replaceAll(end, "\n"), value).split("\n");
  for (const line of lines.map(strip)) {
    if (line === "") {
      continue;
    }
    const at = line.indexOf("=");
    if (at < 0) {
      return "broken";
    }
    keys.set(strip(line.slice(0, at)), strip(line.slice(at + 1)));
  }
  return keys;
}

/** Without the white space around it, as Python strips it. Not by a pattern, which looks at long blanks over and over. */
export function strip(text: string): string {
  return stripEnd(text.slice(indentOf(text)));
}

function stripEnd(text: string): string {
  let end = text.length;
  while (end > 0 && blanks.has(text.charAt(end - 1))) {
    end -= 1;
  }
  return text.slice(0, end);
}

function indentOf(text: string): number {
  let start = 0;
  while (start < text.length && blanks.has(text.charAt(start))) {
    start += 1;
  }
  return start;
}
