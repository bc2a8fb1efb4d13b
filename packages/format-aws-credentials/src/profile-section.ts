import { printable, TegataError } from "@tegata/core";
import {
  type CredentialsFile,
  type KeyLine,
  keysOf,
  parseCredentialsFile,
  type ParsedFile,
} from "./credentials-file.ts";

/** What a section of ours holds; every SDK skips the last one, which marks the section as ours. */
const ourKeys = [
  "aws_access_key_id",
  "aws_secret_access_key",
  "aws_session_token",
  "aws_account_id",
  "region",
  "x_tegata_expiration",
] as const;

const markKey: OurKey = "x_tegata_expiration";
/** botocore prefers this old name of the session token. */
const rivalKey = "aws_security_token";

type OurKey = (typeof ourKeys)[number];

export type ProfileValues = Readonly<Record<OurKey, string | undefined>>;

/** Other ways to credentials: SDKs do not agree on whether they or keys come first. */
const otherSources =
  /^(credential_process|credential_source|role_arn|source_profile|web_identity_token_file|login_session|sso_\w+)$/;

/**
 * The file with the profile in it. What tegata wrote earlier is replaced where it stands, a new section goes to the end,
 * and every other byte stays.
 *
 * @param mayOverwrite take keys that tegata did not write for replaceable
 * @throws TegataError `file_unwritable` for a section that is not ours to change, `file_unreadable` for a file that the
 *   SDKs do not read alike
 */
export function withProfile(file: CredentialsFile, name: string, values: ProfileValues, mayOverwrite: boolean): string {
  const parsed = parseCredentialsFile(file);
  const { lines, lineEnd } = parsed;
  const written = ourKeys.flatMap((key) => {
    const value = values[key];
    return value === undefined ? [] : [`${key} = ${value}${lineEnd}`];
  });
  const section = parsed.sections.find((each) => each.name === name);
  if (section === undefined) {
    const before = file.text === "" || file.text.endsWith("\n") ? file.text : `${file.text}${lineEnd}`;
    return [before, before === "" ? "" : lineEnd, `[${name}]${lineEnd}`, ...written].join("");
  }
  const keys = keysOf(file, parsed, section);
  refuseForeign(file, name, keys, mayOverwrite);
  const replaced = new Set(keys.filter(isReplaceable).map(({ index }) => index));
  const place = Math.min(...replaced, ...(replaced.size === 0 ? [section.header + 1] : []));
  const isLast = place === lines.length;
  // A header at the very end may lack its line end.
  const gap = isLast && !file.text.endsWith("\n") ? lineEnd : "";
  const kept = (line: string, index: number) => (replaced.has(index) ? "" : line);
  return [
    ...lines.slice(0, place).map(kept),
    gap,
    ...written,
    ...lines.slice(place).map((line, index) => kept(line, index + place)),
  ].join("");
}

/**
 * The file without what `withProfile` wrote; `undefined` when there is nothing of it. Keys that others added stay, and
 * the section with them.
 *
 * @throws TegataError `file_unreadable` for a file that the SDKs do not read alike
 */
export function withoutProfile(file: CredentialsFile, name: string): string | undefined {
  const parsed = parseCredentialsFile(file);
  const section = parsed.sections.find((each) => each.name === name);
  const keys = section === undefined ? [] : keysOf(file, parsed, section);
  if (section === undefined || !isOurs(keys)) {
    return undefined;
  }
  const removed = new Set(keys.filter(isReplaceable).map(({ index }) => index));
  if (removed.size === keys.length) {
    removed.add(section.header);
    // The line that set it apart.
    if (isBlank(parsed, section.header - 1)) {
      removed.add(section.header - 1);
    }
  }
  return parsed.lines.filter((_, index) => !removed.has(index)).join("");
}

function refuseForeign({ path }: CredentialsFile, name: string, keys: readonly KeyLine[], mayOverwrite: boolean): void {
  const where = `the profile ${name} in ${printable(path)}`;
  const source = keys.find(({ key }) => otherSources.test(key));
  if (source !== undefined) {
    throw new TegataError("file_unwritable", `${where} has ${source.key}, with which keys do not go together`, {
      hint: "--aws-profile names another one",
    });
  }
  const foreign = isOurs(keys) ? undefined : keys.find(isReplaceable);
  if (foreign !== undefined && !mayOverwrite) {
    throw new TegataError("file_unwritable", `${where} has ${foreign.key}, which tegata did not write`, {
      hint: "--aws-profile names another one; --overwrite-foreign-keys replaces what is there, for good",
    });
  }
}

function isOurs(keys: readonly KeyLine[]): boolean {
  return keys.some(({ key }) => key === markKey);
}

function isReplaceable({ key }: KeyLine): boolean {
  return key === rivalKey || ourKeys.some((ours) => ours === key);
}

function isBlank({ lines }: ParsedFile, index: number): boolean {
  return lines[index]?.trim() === "";
}
