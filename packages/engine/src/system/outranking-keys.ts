import { type AwsFileKind, profileNamesOf, sectionsOfProfile } from "@tegata/aws-config-files";
import { printable, shownPath } from "@tegata/core";
import { type FoundAwsFile, readAwsFiles } from "./aws-files.ts";
import type { System } from "./system.ts";

/** What `tegata aws-credentials` marks its sections with. */
const ownMark = "x_tegata_expiration";

/**
 * Keys in the shared credentials file that AWS clients take before they ask tegata, one line each: beside a
 * `credential_process` of the same name, in the default profile, and under the name of a profile of tegata.
 *
 * @param profiles the profiles of the settings file that are looked at
 */
export function outrankingKeys(
  profiles: readonly string[],
  programName: string,
  system: Pick<System, "env" | "home">,
): readonly string[] {
  const credentials = readAwsFiles("credentials", system);
  const config = readAwsFiles("config", system);
  const callers = config
    .flatMap(({ file }) => file.sections)
    .filter(({ keys }) => keys.some(({ key, value }) => key === "credential_process" && value.includes(programName)))
    .flatMap(({ name }) => profileNamesOf("config", name));
  return [...new Set([...profiles, "default", ...callers])].flatMap((name) => {
    const withKeys = fileWith("credentials", credentials, name, "aws_access_key_id");
    if (withKeys === undefined) {
      return [];
    }
    const where = `the profile ${printable(name, 60)} in ${shownPath(withKeys)}`;
    const process =
      fileWith("config", config, name, "credential_process") ??
      fileWith("credentials", credentials, name, "credential_process");
    if (process !== undefined) {
      const other = `has credential_process in ${shownPath(process)}`;
      return [`${where} has keys, and ${other}: most AWS clients take the keys, and the SDK for .NET takes neither`];
    }
    if (fileWith("credentials", credentials, name, ownMark) !== undefined) {
      return [];
    }
    return [
      name === "default"
        ? `${where} has keys: AWS clients take them where no profile is named, and before a credentials endpoint`
        : `${where} has keys that ${programName} did not write: AWS clients take them where AWS_PROFILE is ${printable(name, 60)}`,
    ];
  });
}

/** The first file in which a profile has a key with a value. */
function fileWith(
  kind: AwsFileKind,
  files: readonly FoundAwsFile[],
  profile: string,
  wanted: string,
): string | undefined {
  return files.find(({ file }) =>
    sectionsOfProfile(kind, file, profile).some(({ keys }) =>
      keys.some(({ key, value }) => key === wanted && value !== ""),
    ),
  )?.path;
}
