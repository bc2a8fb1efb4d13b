import { printable, TegataError } from "@tegata/core";

/** The shared credentials file: where it is, for messages, and what stands in it. */
export interface CredentialsFile {
  readonly path: string;
  readonly text: string;
}

/** One `[name]`, by the indexes of its lines. */
export interface Section {
  readonly name: string;
  readonly header: number;
  /** The index after its last line. */
  readonly end: number;
}

export interface ParsedFile {
  /** With their line ends. */
  readonly lines: readonly string[];
  readonly sections: readonly Section[];
  /** As the first line has it. */
  readonly lineEnd: "\n" | "\r\n";
}

export interface KeyLine {
  readonly index: number;
  /** In lower case: keys are case-insensitive. */
  readonly key: string;
}

const blankOrComment = /^\s*([#;]|$)/;
/** Greedy readers look for the last `]` of the line, others for the first: so there may be only one. */
const sectionHeader = /^\[([^[\]]+)\]\s*(?:[#;][^\]]*)?$/;

/**
 * The sections of a shared credentials file, if all SDKs agree on what they are.
 *
 * @throws TegataError `file_unreadable`, naming the line
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export function parseCredentialsFile(file: CredentialsFile): ParsedFile {
  const { text } = file;
  if (text.startsWith("\ufeff")) {
    throw unclear(file, 0, "begins with a byte order mark");
  }
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const headers: { name: string; header: number }[] = [];
  for (const [index, line] of lines.entries()) {
    const content = contentOf(line);
    if (content.includes("\r")) {
      throw unclear(file, index, "holds a carriage return that ends no line");
    }
    if (blankOrComment.test(content)) {
      continue;
    }
    if (/^\s+\[/.test(content)) {
      throw unclear(file, index, "has a space before its [");
    }
    if (content.startsWith("[")) {
      const name = sectionHeader.exec(content)?.[1]?.trim();
      if (name === undefined) {
        throw unclear(file, index, "is not a section that all SDKs read alike");
      }
      if (headers.some((known) => known.name === name)) {
        throw unclear(file, index, `begins the section [${printable(name, 60)}] for the second time`);
      }
      headers.push({ name, header: index });
    } else if (headers.length === 0) {
      throw unclear(file, index, "stands before the first section");
    } else if (!/^\s|[=:]/.test(content)) {
      throw unclear(file, index, "is neither a section nor a key nor a comment");
    }
  }
  const sections = headers.map((each, index) => ({ ...each, end: headers[index + 1]?.header ?? lines.length }));
  return { lines, sections, lineEnd: lines[0]?.endsWith("\r\n") === true ? "\r\n" : "\n" };
}

/**
 * The keys of one section.
 *
 * @throws TegataError `file_unreadable` for an indented line, which continues the one before it in some SDKs only, and for
 *   a key that stands there twice
 */
export function keysOf(file: CredentialsFile, { lines }: ParsedFile, section: Section): readonly KeyLine[] {
  const keys: KeyLine[] = [];
  for (let index = section.header + 1; index < section.end; index += 1) {
    const content = contentOf(lines[index] ?? "");
    if (blankOrComment.test(content)) {
      continue;
    }
    if (/^\s/.test(content)) {
      throw unclear(file, index, "begins with a space");
    }
    const key = content.replace(/\s*[=:][^]*$/, "").toLowerCase();
    if (keys.some((known) => known.key === key)) {
      throw unclear(file, index, `has the key ${printable(key, 60)} for the second time`);
    }
    keys.push({ index, key });
  }
  return keys;
}

function contentOf(line: string): string {
  return line.replace(/\r?\n$/, "");
}

function unclear({ path }: CredentialsFile, index: number, what: string): TegataError {
  return new TegataError("file_unreadable", `line ${index + 1} of ${printable(path)} ${what}`, {
    hint: "correct that line: the AWS CLI and the SDKs do not read it alike, and some refuse the whole file",
  });
}
