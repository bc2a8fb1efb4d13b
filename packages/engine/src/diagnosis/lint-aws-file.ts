import type { AwsFile, AwsFileKind } from "@tegata/aws-config-files";
import { printable } from "@tegata/core";

/** A line that AWS clients read in different ways. */
export interface AwsFileFinding {
  /** Counted from 1; `undefined`: the file as a whole. */
  readonly line: number | undefined;
  /** Goes on from the file and its line. */
  readonly what: string;
}

/** A file of the AWS CLI, as far as a look goes. */
export interface LintedFile {
  readonly kind: AwsFileKind;
  readonly file: AwsFile;
  readonly isUtf8: boolean;
}

/** Blanks that Python takes for indentation and nobody sees. */
const indented = /^[\t\u00a0 ]+/;

/**
 * What of a file one AWS client reads and another does not, or not so: botocore (the AWS CLI, boto3), and the SDKs for JavaScript, Go
 * and Java, of the versions that this was tried with (1.44.8, 4.7.2, 1.33.16, 2.57.8).
 */
export function lintAwsFile({ kind, file, isUtf8 }: LintedFile): readonly AwsFileFinding[] {
  const { lines, problems } = file;
  const findings: AwsFileFinding[] = problems.map(({ line, what }) => ({
    line: line + 1,
    what: `${printable(what, 200)}: the AWS CLI and boto3 refuse the whole file`,
  }));
  if (!isUtf8) {
    findings.push({
      line: undefined,
      what: "has a byte that is no UTF-8: the AWS CLI and boto3 refuse the whole file",
    });
  }
  if (lines.some((line) => /\r(?!\n)/.test(line))) {
    findings.push({
      line: undefined,
      what: "has lines that end with a lone carriage return: the SDKs for JavaScript and Go read no profile of it",
    });
  }
  findings.push(...sectionFindings(kind, file), ...lineFindings(file));
  return findings.toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0));
}

function sectionFindings(kind: AwsFileKind, { sections, lines }: AwsFile): readonly AwsFileFinding[] {
  if (kind !== "config") {
    return [];
  }
  return sections.flatMap(({ header, name }) => {
    const missed = whoMisses(name, lines[header] ?? "");
    return missed === undefined ? [] : [{ line: header + 1, what: `${missed} this profile` }];
  });
}

/** By how the header is written. */
function whoMisses(name: string, line: string): string | undefined {
  if (/^\s+profile\b|^profile\b.*\s$/.test(name)) {
    return "has blanks inside the brackets: the AWS CLI and the SDK for JavaScript do not see";
  }
  if (/^profile {2,}\S/.test(name)) {
    return "has several blanks behind the word profile: the SDK for JavaScript does not see";
  }
  if (/^profile\b/i.test(name) && !/^profile\b/.test(name)) {
    return "writes the word profile with a capital: the AWS CLI and the SDKs for JavaScript and Go do not see";
  }
  if (/^profile\s+["']/.test(name)) {
    return "has quotes around the name: the SDKs for Go and Java do not see";
  }
  return /\][#;]/.test(line)
    ? "has a comment right behind the bracket: the SDK for JavaScript does not see"
    : undefined;
}

function lineFindings({ lines, sections }: AwsFile): readonly AwsFileFinding[] {
  const findings: AwsFileFinding[] = [];
  const headers = new Set(sections.map(({ header }) => header));
  const keys = new Map(sections.flatMap((section) => section.keys.map((key) => [key.line, key] as const)));
  /** True behind `s3 =`, whose indented lines are keys of their own. */
  let isInBlock = false;
  for (const [index, line] of lines.entries()) {
    const text = line.trim();
    const key = keys.get(index);
    const at = index + 1;
    if (text === "") {
      continue;
    }
    if (key !== undefined) {
      isInBlock = key.value.startsWith("\n");
    } else if (headers.has(index)) {
      isInBlock = false;
    }
    const isIndented = indented.test(line);
    if (/^[#;]/.test(text)) {
      if (isIndented) {
        findings.push({
          line: at,
          what: "is an indented comment: the SDK for Java makes it a part of the value above",
        });
      }
    } else if (isIndented && headers.has(index)) {
      findings.push({ line: at, what: "is an indented section: the SDK for Java refuses the file" });
    } else if (isIndented && key !== undefined) {
      findings.push({ line: at, what: "is an indented key: the SDK for Java refuses the file" });
    } else if (isIndented && !isInBlock && /^[\w.-]+\s*=/.test(text)) {
      findings.push({
        line: at,
        what: "looks like a key, but is indented: the AWS CLI and the SDK for Java make it a part of the value above",
      });
    } else if (key !== undefined && /^[^=]*:/.test(text)) {
      findings.push({
        line: at,
        what: "has a colon for =: the SDK for JavaScript loses the profile, that for Java fails",
      });
    } else if (key !== undefined && /\s[#;]\s/.test(key.value)) {
      findings.push({
        line: at,
        what: "has a comment behind its value: the AWS CLI and boto3 take it for a part of the value",
      });
    }
  }
  return findings;
}
