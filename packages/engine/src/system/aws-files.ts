import { isUtf8 } from "node:buffer";
import { statSync } from "node:fs";
import { join } from "node:path";
import { type AwsFile, type AwsFileKind, parseAwsFile } from "@tegata/aws-config-files";
import type { System } from "./system.ts";
import { shownValue, TegataError } from "@tegata/core";
import { expandHome } from "../files/home-path.ts";
import { readIfRegular } from "../files/open-file.ts";

/** The variable that moves a file. */
export const awsFileVariables: Readonly<Record<AwsFileKind, string>> = {
  config: "AWS_CONFIG_FILE",
  credentials: "AWS_SHARED_CREDENTIALS_FILE",
};

/** Nobody has that much in these files. */
const maxBytes = 16 * 1_048_576;

/** A file of the AWS CLI that is there, as botocore reads it. */
export interface FoundAwsFile {
  readonly path: string;
  readonly file: AwsFile;
  /** False: botocore reads nothing of it, as a byte of it is no UTF-8. */
  readonly isUtf8: boolean;
}

/**
 * The AWS files that one client or another reads. One that a variable names, with `~/` for the home folder; and the standard
 * one, where there is no file of exactly that name (a folder does not count): the SDK for .NET reads that one then. What cannot be
 * read, and what is no regular file, is left out.
 */
export function readAwsFiles(kind: AwsFileKind, { env, home }: Pick<System, "env" | "home">): readonly FoundAwsFile[] {
  const named = env[awsFileVariables[kind]] ?? "";
  const inHome = (path: string) => (home === undefined ? [] : [join(home, path)]);
  const standard = inHome(join(".aws", kind));
  const expanded = /^~[/\\]/.test(named) ? inHome(named.slice(2)) : named === "" ? [] : [named];
  const paths = named !== "" && isThere(named) ? expanded : [...expanded, ...standard];
  return [...new Set(paths)].flatMap((path) => {
    // Not waited for, should it be a pipe: what is in that is for the client.
    const bytes = readIfRegular(path, maxBytes);
    if (bytes === undefined) {
      return [];
    }
    const buffer = Buffer.from(bytes);
    return [{ path, file: parseAwsFile(buffer.toString("utf8")), isUtf8: isUtf8(buffer) }];
  });
}

/**
 * The file that a change of ours goes to: the one that its variable names, with `~/` for the home folder, else the standard one.
 *
 * @throws TegataError `usage_invalid` for a name with a variable in it, which only some SDKs replace; `settings_incomplete` where
 *   there is no home folder
 */
export function awsFileToChange(
  kind: AwsFileKind,
  { env, home, platform }: Pick<System, "env" | "home" | "platform">,
): string {
  const variable = awsFileVariables[kind];
  const named = env[variable] ?? "";
  if (named.includes("$")) {
    throw new TegataError(
      "usage_invalid",
      `${variable} is ${shownValue(named)}, and only some SDKs replace the $ in it`,
      {
        hint: "write the whole path",
      },
    );
  }
  if (named !== "" && (home !== undefined || !/^~[/\\]/.test(named))) {
    return expandHome(named, home, platform);
  }
  if (home === undefined) {
    throw new TegataError("settings_incomplete", `there is no home folder, so there is no ~/.aws/${kind}`, {
      hint: `name the file in ${variable}`,
    });
  }
  return join(home, ".aws", kind);
}

/** A device counts as a file, for example `/dev/null`; a folder does not. */
function isThere(path: string): boolean {
  try {
    return !statSync(path).isDirectory();
  } catch {
    return false;
  }
}
