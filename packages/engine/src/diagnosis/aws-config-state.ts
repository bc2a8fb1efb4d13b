import { hasBlock } from "@tegata/aws-config-files";
import { isTegataError, wordingOf, type Words } from "@tegata/core";
import { maxAwsConfigBytes, readOwnFile } from "../files/text-file.ts";
import { type BlockContext, hasCurrentBlock, sourceOf, type StartedProgram } from "../settings/aws-config-block.ts";
import { awsFileToChange } from "../system/aws-files.ts";

/** How the block in the AWS config file stands to the settings. */
export type AwsConfigBlockState =
  | { readonly kind: "absent" | "current" | "outdated"; readonly path: string }
  | { readonly kind: "unreadable"; readonly path: string | undefined; readonly problem: Words };

/**
 * Whether the block is up to date. Reads the one file, and changes nothing.
 *
 * @param startedProgram looked for only where there is a file
 * @throws TegataError as `readSettingsFile` does
 */
export async function awsConfigBlockState(
  startedProgram: () => StartedProgram,
  context: BlockContext,
): Promise<AwsConfigBlockState> {
  let path: string | undefined;
  try {
    path = awsFileToChange("config", context.system);
    const text = await readOwnFile(path, maxAwsConfigBytes, false, context.system);
    if (text === undefined) {
      return { kind: "absent", path };
    }
    const program = startedProgram();
    if (!hasBlock(text, sourceOf(program, context).id)) {
      return { kind: "absent", path };
    }
    return { kind: (await hasCurrentBlock(text, program, context)) ? "current" : "outdated", path };
  } catch (error) {
    if (!isTegataError(error)) {
      throw error;
    }
    return { kind: "unreadable", path, problem: wordingOf(error).message };
  }
}
