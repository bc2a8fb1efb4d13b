import { printable, shownPath, TegataError } from "@tegata/core";
import { type AwsFile, type AwsKey, type AwsProblem, type AwsSection, parseAwsFile, strip } from "./parse-aws-file.ts";

/** A file to change: where it is, for messages, and what stands in it. */
export interface EditableFile {
  readonly path: string;
  readonly text: string;
}

/** Greedy readers look for the last `]` of the line, others for the first: so there may be only one. */
const sectionHeader = /^\[([^[\]]+)\]\s*(?:[#;][^\]]*)?$/;

/**
 * The file with keys in a section. Those of its keys that are replaceable are replaced where they stand; a new section goes to
 * the end; every other byte stays.
 *
 * @param judge sees the keys of a section that is there already, and throws when it is not to be changed
 * @throws TegataError `file_unreadable` for a file that the SDKs do not read alike; what `judge` throws
 */
export function setKeys(
  file: EditableFile,
  name: string,
  written: readonly { readonly key: string; readonly value: string }[],
  isReplaceable: (key: AwsKey) => boolean,
  judge: (keys: readonly AwsKey[]) => void,
): string {
  const { lines, section } = editableSection(file, name);
  const lineEnd = lines[0]?.endsWith("\r\n") === true ? "\r\n" : "\n";
  const added = written.map(({ key, value }) => `${key} = ${value}${lineEnd}`);
  if (section === undefined) {
    const before = file.text === "" || file.text.endsWith("\n") ? file.text : `${file.text}${lineEnd}`;
    return [before, before === "" ? "" : lineEnd, `[${name}]${lineEnd}`, ...added].join("");
  }
  judge(section.keys);
  const replaced = new Set(section.keys.filter(isReplaceable).map(({ line }) => line));
  const place = Math.min(...replaced, ...(replaced.size === 0 ? [section.header + 1] : []));
  const isLast = place === lines.length;
  // A header at the very end may lack its line end.
  const gap = isLast && !file.text.endsWith("\n") ? lineEnd : "";
  const kept = (line: string, index: number) => (replaced.has(index) ? "" : line);
  return [
    ...lines.slice(0, place).map(kept),
    gap,
    ...added,
    ...lines.slice(place).map((line, index) => kept(line, index + place)),
  ].join("");
}

/**
 * The file without the removable keys of a section, and without the section when nothing else is left in it.
 *
 * @param isOurs whether the section is one to take keys from
 * @returns `undefined` when there is nothing to remove
 * @throws TegataError `file_unreadable` for a file that the SDKs do not read alike
 */
export function removeKeys(
  file: EditableFile,
  name: string,
  isRemovable: (key: AwsKey) => boolean,
  isOurs: (keys: readonly AwsKey[]) => boolean,
): string | undefined {
  const { lines, section } = editableSection(file, name);
  if (section === undefined || !isOurs(section.keys)) {
    return undefined;
  }
  const removed = new Set(section.keys.filter(isRemovable).map(({ line }) => line));
  if (removed.size === section.keys.length) {
    removed.add(section.header);
    // The line that set it apart.
    if (lines[section.header - 1]?.trim() === "") {
      removed.add(section.header - 1);
    }
  }
  return lines.filter((_, index) => !removed.has(index)).join("");
}

/**
 * A section of a file that all SDKs agree on.
 *
 * @throws TegataError `file_unreadable`, naming the line: what botocore refuses, and what others read in another way
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
function editableSection(
  file: EditableFile,
  name: string,
): Pick<AwsFile, "lines"> & { readonly section: AwsSection | undefined } {
  const parsed = parseAwsFile(file.text);
  const section = parsed.sections.find((each) => strip(each.name) === name);
  const [first] = [
    ...parsed.lines.flatMap((line, index) => differencesIn(line, index)),
    ...parsed.problems,
    ...namedTwice(parsed),
    ...(section === undefined ? [] : differencesWithin(section, parsed)),
  ].toSorted((one, other) => one.line - other.line);
  if (first !== undefined) {
    throw unclear(file, first.line, first.what);
  }
  return { lines: parsed.lines, section };
}

function differencesIn(withEnd: string, line: number): readonly AwsProblem[] {
  const alone = carriageReturnAlone(withEnd, line);
  if (alone.length > 0) {
    return alone;
  }
  const content = contentOf(withEnd);
  if (/^\s+\[/.test(content)) {
    return [{ line, what: "has a space before its [" }];
  }
  return content.startsWith("[") && !sectionHeader.test(content)
    ? [{ line, what: "is not a section that all SDKs read alike" }]
    : [];
}

/** Some readers take it for the end of a line. */
export function carriageReturnAlone(withEnd: string, line: number): readonly AwsProblem[] {
  return withEnd.endsWith("\r") ? [{ line, what: "holds a carriage return that ends no line" }] : [];
}

/** Some readers leave out the blanks inside the brackets. */
function namedTwice({ sections }: AwsFile): readonly AwsProblem[] {
  const names = new Set<string>();
  return sections.flatMap(({ name, header }) => {
    const stripped = strip(name);
    const isKnown = names.has(stripped);
    names.add(stripped);
    return isKnown ? [{ line: header, what: `begins the section [${stripped}] for the second time` }] : [];
  });
}

/** An indented line continues the one before it in some SDKs only. */
function differencesWithin(section: AwsSection, { lines }: AwsFile): readonly AwsProblem[] {
  return lines
    .slice(section.header + 1, section.end)
    .map((line, index) => ({ line: section.header + 1 + index, content: contentOf(line) }))
    .filter(({ content }) => /^\s+[^\s#;]/.test(content))
    .map(({ line }) => ({ line, what: "begins with a space" }));
}

/** A line without its end, and without a byte order mark. */
export function contentOf(line: string): string {
  return line.replace(/^\ufeff/, "").replace(/\r?\n$/, "");
}

/**
 * @param index of the line
 * @param what follows the line and the file
 */
export function unclear(
  { path }: EditableFile,
  index: number,
  what: string,
  advice = "correct that line: the AWS CLI and the SDKs do not read it alike, and some refuse the whole file",
): TegataError {
  return new TegataError("file_unreadable", `line ${index + 1} of ${shownPath(path)} ${printable(what, 160)}`, {
    hint: advice,
  });
}
