import { type AwsKey, type EditableFile, removeKeys, setKeys } from "@tegata/aws-config-files";
import { flag, hint, thisProgram, shownPath, TegataError, words } from "@tegata/core";

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
export function withProfile(file: EditableFile, name: string, values: ProfileValues, mayOverwrite: boolean): string {
  const written = ourKeys.flatMap((key) => {
    const value = values[key];
    return value === undefined ? [] : [{ key, value }];
  });
  return setKeys(file, name, written, isReplaceable, (keys) => refuseForeign(file, name, keys, mayOverwrite));
}

/**
 * The file without what `withProfile` wrote; `undefined` when there is nothing of it. Keys that others added stay, and
 * the section with them.
 *
 * @throws TegataError `file_unreadable` for a file that the SDKs do not read alike
 */
export function withoutProfile(file: EditableFile, name: string): string | undefined {
  return removeKeys(file, name, isReplaceable, isOurs);
}

function refuseForeign({ path }: EditableFile, name: string, keys: readonly AwsKey[], mayOverwrite: boolean): void {
  const where = `the profile ${name} in ${shownPath(path)}`;
  const source = keys.find(({ key }) => otherSources.test(key));
  if (source !== undefined) {
    throw new TegataError("file_unwritable", `${where} has ${source.key}, with which keys do not go together`, {
      hint: hint`${flag("aws-profile", "NAME")} names another one`,
    });
  }
  const foreign = isOurs(keys) ? undefined : keys.find(isReplaceable);
  if (foreign !== undefined && !mayOverwrite) {
    throw new TegataError("file_unwritable", words`${where} has ${foreign.key}, which ${thisProgram} did not write`, {
      hint: [
        hint`${flag("aws-profile", "NAME")} names another one`,
        hint`${flag("overwrite-foreign-keys")} replaces what is there, for good`,
      ],
    });
  }
}

function isOurs(keys: readonly AwsKey[]): boolean {
  return keys.some(({ key }) => key === markKey);
}

function isReplaceable({ key }: AwsKey): boolean {
  return key === rivalKey || ourKeys.some((ours) => ours === key);
}
