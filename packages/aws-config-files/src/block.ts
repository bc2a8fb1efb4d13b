import { printable, shownPath, TegataError } from "@tegata/core";
import { type BlockProfile, linesOfKeys, renewedSection, writtenSection } from "./block-section.ts";
import { carriageReturnAlone, contentOf, type EditableFile, unclear } from "./edit-section.ts";
import { type AwsKey, type AwsProblem, type AwsSection, parseAwsFile, strip } from "./parse-aws-file.ts";
import { profileNamesOf } from "./profiles.ts";
import { shellWordsOf } from "./shell-words.ts";

/**
 * Who a block is from. A program with two files of settings has two blocks, each with a source of its own.
 *
 * The AWS CLI takes every line with a `:` or `=` in it for a key, comments too, and puts new keys behind the last one. So
 * neither may stand in what a block says of itself: keys of the profile above would get into it.
 */
export interface BlockSource {
  /** Stands in both markers: letters, digits and `-`. */
  readonly id: string;
  /** What the block says of itself, in lines of their own, without `:` and `=`. */
  readonly says: readonly string[];
}

const byteOrderMark = "\ufeff";

/** The first line of a block, and the last one. */
function markers(id: string): { readonly begin: string; readonly end: string } {
  return { begin: `# >>> aws-config by ${id} >>>`, end: `# <<< aws-config by ${id} <<<` };
}

const marker = /^\s*#\s*(>>>|<<<)\s*aws-config by (\S+)\s*(?:>>>|<<<)\s*$/;

/** A block that is there, by the indexes of its lines. */
interface FoundBlock {
  readonly begin: number;
  readonly end: number;
}

interface ReadFile {
  /** With their ends, and without a byte order mark. */
  readonly lines: readonly string[];
  readonly mark: string;
  readonly sections: readonly AwsSection[];
  readonly block: FoundBlock | undefined;
  readonly lineEnd: string;
}

/** A block by itself, as it would be in a file of its own. */
export function blockText(source: BlockSource, profiles: readonly BlockProfile[]): string {
  return withBlock({ path: "", text: "" }, source, profiles);
}

/**
 * The file with the block of a source: where it stands already, else at the end. Profiles that it has and that are not given
 * go; of those that stay, keys of others stay. Everything outside of the block is byte for byte as before, and `withoutBlock` gives
 * that back.
 *
 * @param profiles none: as `withoutBlock`
 * @throws TegataError `file_unreadable`, naming the line, for a file that botocore does not read and for a block that is not as
 *   it was written
 */
export function withBlock(file: EditableFile, source: BlockSource, profiles: readonly BlockProfile[]): string {
  const read = readFile(file, source.id);
  if (profiles.length === 0) {
    return removed(read, file);
  }
  const { lines, lineEnd, mark, block } = read;
  const { begin, end } = markers(source.id);
  const own = block === undefined ? [] : ownSections(read, block, namesOf(profiles), file);
  const old = new Map(own.flatMap((section) => profileNamesOf("config", section.name).map((name) => [name, section])));
  const sections = profiles.map((profile) => {
    const section = old.get(profile.name);
    return section === undefined ? writtenSection(profile, lineEnd) : renewedSection(section, profile, read);
  });
  const body = [
    `${begin}${lineEnd}`,
    ...source.says.map((line) => `# ${line}${lineEnd}`),
    ...sections.flatMap((section, index) => (index === 0 ? section : [lineEnd, ...section])),
    // At the end of a file, the AWS CLI leaves a line out before it adds a key.
    lineEnd,
    end,
  ].join("");
  if (block === undefined) {
    const before = lines.join("");
    // As it ended before, it ends with the block: so the block can be taken out again.
    const isOpen = before !== "" && !before.endsWith("\n");
    return [mark, before, isOpen ? lineEnd : "", before === "" ? "" : lineEnd, body, isOpen ? "" : lineEnd].join("");
  }
  const last = lines[block.end] ?? "";
  return [
    mark,
    ...lines.slice(0, block.begin),
    body,
    last.slice(contentOf(last).length),
    ...linesBelow(read, block),
  ].join("");
}

/**
 * The file as it was before its block.
 *
 * @returns `undefined` where there is no block of that source
 * @throws TegataError as `withBlock` does
 */
export function withoutBlock(file: EditableFile, id: string): string | undefined {
  const read = readFile(file, id);
  return read.block === undefined ? undefined : removed(read, file);
}

/** A profile of a block, and what it starts. */
export interface BlockEntry {
  readonly name: string;
  /** The words of its `credential_process`; none where it has no such line, or one that no shell reads. */
  readonly process: readonly string[];
}

/**
 * The profiles that stand in the block of a source, in their order.
 *
 * @throws TegataError as `withBlock` does
 */
export function entriesOfBlock(file: EditableFile, id: string): readonly BlockEntry[] {
  const { sections, block } = readFile(file, id);
  return block === undefined
    ? []
    : sections
        .filter(({ header }) => header > block.begin && header < block.end)
        .flatMap(({ name, keys }) => {
          const line = keys.find(({ key }) => key === "credential_process")?.value;
          const process = line === undefined ? [] : (shellWordsOf(line) ?? []);
          return profileNamesOf("config", name).map((each) => ({ name: each, process }));
        });
}

/** A profile, and where it stands. */
export interface PlacedProfile {
  readonly name: string;
  /** Counted from 1. */
  readonly line: number;
  /** The key by which it gets its credentials, where there is one. */
  readonly source: string | undefined;
}

/**
 * Those of some profiles that stand outside of the block, for one reader or another: some take an indented line for a section that
 * others take for a part of a value.
 *
 * @throws TegataError as `withBlock` does
 */
export function profilesBeside(file: EditableFile, id: string, names: readonly string[]): readonly PlacedProfile[] {
  const { lines, sections, block } = readFile(file, id);
  const wanted = new Set(names);
  const isOutside = (line: number) => block === undefined || line < block.begin || line > block.end;
  const headers = new Set(sections.map(({ header }) => header));
  const indented = lines.flatMap((line, index) => {
    const [, name = ""] = /^\s+\[([^\]]+)\]/.exec(line) ?? [];
    return name === "" || headers.has(index) ? [] : [{ name, header: index, keys: [] }];
  });
  return [...sections, ...indented]
    .filter(({ header }) => isOutside(header))
    .flatMap(({ name, header, keys }) =>
      profileNamesOf("config", name)
        .filter((each) => wanted.has(each))
        .map((each) => ({ name: each, line: header + 1, source: credentialKeyOf(keys) })),
    );
}

function namesOf(profiles: readonly BlockProfile[]): ReadonlySet<string> {
  return new Set(profiles.map(({ name }) => name));
}

function credentialKeyOf(keys: readonly AwsKey[]): string | undefined {
  return keys.find(({ key }) => key === "credential_process" || key === "aws_access_key_id")?.key;
}

/** True for a text with the two lines that begin and end a block of that source. Judges nothing else. */
export function hasBlock(text: string, id: string): boolean {
  const { begin, end } = markers(id);
  const lines = text.replace(byteOrderMark, "").split(/\r?\n/);
  const first = lines.indexOf(begin);
  return first >= 0 && lines.includes(end, first);
}

function removed(read: ReadFile, file: EditableFile): string {
  const { lines, mark, block } = read;
  if (block === undefined) {
    return `${mark}${lines.join("")}`;
  }
  // Only to see that nobody else has put anything there.
  ownSections(read, block, new Set(), file);
  const below = linesBelow(read, block);
  const isOpen = below.length === 0 && !(lines[block.end] ?? "").endsWith("\n");
  const above = lines.slice(0, block.begin);
  if (contentOf(above.at(-1) ?? "-") === "") {
    above.pop();
  }
  const text = above.join("");
  return [mark, isOpen ? contentOf(text) : text, ...below].join("");
}

/** What stands below a block. What the AWS CLI has added to its last profile there goes into the block. */
function linesBelow({ lines, sections }: ReadFile, { begin, end }: FoundBlock): readonly string[] {
  const last = sections.findLast(({ header }) => header > begin && header < end);
  const added = new Set(last === undefined ? [] : linesOfKeys(last, lines));
  return lines.flatMap((line, index) => (index > end && !added.has(index) ? [line] : []));
}

/** @throws TegataError `file_unreadable` for a section in the block that is somebody else's */
function ownSections(
  { sections }: ReadFile,
  { begin, end }: FoundBlock,
  wanted: ReadonlySet<string>,
  file: EditableFile,
): readonly AwsSection[] {
  const above = sections.findLast(({ header }) => header < begin);
  const astray = above?.keys.find(({ line }) => line > begin && line < end);
  if (astray !== undefined) {
    throw unclear(file, astray.line, "stands in the block above its first profile", "move it out of the block");
  }
  const inside = sections.filter(({ header }) => header > begin && header < end);
  const foreign = inside.find(
    ({ name, keys }) =>
      !profileNamesOf("config", name).some((each) => wanted.has(each)) &&
      !keys.some(({ key, value }) => key === "credential_process" && /\scredential-process\s/.test(value)),
  );
  if (foreign !== undefined) {
    throw unclear(
      file,
      foreign.header,
      `begins the section [${printable(strip(foreign.name), 60)}], which stands in the block and is somebody else's`,
      "move that section out of the block",
    );
  }
  return inside;
}

/** @throws TegataError `file_unreadable` */
function readFile(file: EditableFile, id: string): ReadFile {
  const mark = file.text.startsWith(byteOrderMark) ? byteOrderMark : "";
  const text = file.text.slice(mark.length);
  const { lines, sections, problems } = parseAwsFile(text);
  const [first] = [...lines.flatMap(carriageReturnAlone), ...problems].toSorted((one, other) => one.line - other.line);
  if (first !== undefined) {
    throw unclear(file, first.line, first.what);
  }
  const lineEnd = lines[0]?.endsWith("\r\n") === true ? "\r\n" : "\n";
  return { lines, mark, sections, block: foundBlock(file, lines, id), lineEnd };
}

function foundBlock(file: EditableFile, lines: readonly string[], id: string): FoundBlock | undefined {
  const all = lines.flatMap((line, index) => {
    const [, kind, by] = marker.exec(contentOf(line)) ?? [];
    return kind === undefined ? [] : [{ line: index, isBegin: kind === ">>>", isOwn: by === id }];
  });
  const own = all.filter(({ isOwn }) => isOwn);
  const [begin, end, ...others] = own;
  if (begin === undefined) {
    return undefined;
  }
  const problem = problemOf(own, all);
  if (problem !== undefined || end === undefined || others.length > 0) {
    const { line, what } = problem ?? { line: begin.line, what: "" };
    throw new TegataError("file_unreadable", `line ${line + 1} of ${shownPath(file.path)} ${what}`, {
      hint: "correct the two lines that begin and end the block, or delete both and the profiles between them",
    });
  }
  return { begin: begin.line, end: end.line };
}

interface Marker {
  readonly line: number;
  readonly isBegin: boolean;
  readonly isOwn: boolean;
}

function problemOf([begin, end, third]: readonly Marker[], all: readonly Marker[]): AwsProblem | undefined {
  if (begin === undefined) {
    return undefined;
  }
  if (!begin.isBegin) {
    return { line: begin.line, what: "ends a block that nothing begins" };
  }
  if (end === undefined) {
    return { line: begin.line, what: "begins a block that nothing ends" };
  }
  if (end.isBegin) {
    return { line: end.line, what: "begins the block for the second time" };
  }
  if (third !== undefined) {
    return { line: third.line, what: `${third.isBegin ? "begins" : "ends"} the block for the second time` };
  }
  const within = all.find(({ isOwn, line }) => !isOwn && line > begin.line && line < end.line);
  return within && { line: within.line, what: "is the marker of another block, within this one" };
}
