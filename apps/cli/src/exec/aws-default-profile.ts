import { type AwsFileKind, credentialSourceIn, sectionsOfProfile } from "@tegata/aws-config-files";
import { flag, hint, or, posixWord, shownPath, TegataError, words } from "@tegata/core";
import { awsFileVariables, readAwsFiles } from "@tegata/engine/system";
import type { CliSystem } from "../cli-system.ts";

type AwsFilesSystem = Pick<CliSystem, "env" | "home" | "platform">;

/**
 * AWS clients look for credentials in the default profile of their files before they ask an endpoint. Who has keys there
 * would not notice that the command runs as somebody else.
 *
 * @throws TegataError `settings_invalid` when the default profile has credentials
 */
export function refuseDefaultProfile(system: AwsFilesSystem): void {
  const found = defaultProfileSource(system);
  if (found !== undefined) {
    const { path, kind, key } = found;
    const nowhere = system.platform === "win32" ? "NUL" : "/dev/null";
    throw new TegataError(
      "settings_invalid",
      words`the default profile in ${shownPath(path)} has ${key}, which AWS clients prefer to the endpoint of ${flag("refresh")}`,
      {
        hint: [
          hint`give that profile a name`,
          or`hide ${posixWord(path)} from the command with ${awsFileVariables[kind]}=${nowhere}`,
        ],
      },
    );
  }
}

/** The first key by which the default profile is a source of credentials for one client or another. */
export function defaultProfileSource(
  system: AwsFilesSystem,
): { readonly path: string; readonly kind: AwsFileKind; readonly key: string } | undefined {
  for (const kind of ["credentials", "config"] as const) {
    for (const { path, file } of readAwsFiles(kind, system)) {
      const key = credentialSourceIn(sectionsOfProfile(kind, file, "default"));
      if (key !== undefined) {
        return { path, kind, key };
      }
    }
  }
  return undefined;
}
