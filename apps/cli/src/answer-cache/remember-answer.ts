import { isAbsolute } from "node:path";
import type { GivenCredentials } from "@tegata/engine";
import type { CommandContext } from "../command.ts";
import { encodeHotAnswer, maxHotBytes } from "./encode-hot-answer.ts";

/**
 * Keeps an answer, so that the same question finds it without the long way. Never in the way: what cannot be kept is not.
 *
 * Not kept are answers of runs that asked for something else than the answer (`--fresh`, `--verbose`), and those for which
 * a path counts from the current folder. Nor are those whose credentials are not the kept ones any more: an answer can have
 * waited in a full pipe while somebody else signed in.
 */
export async function rememberAnswer(stdout: string, given: GivenCredentials, context: CommandContext): Promise<void> {
  const { commandLine, kept } = context;
  if (kept === undefined || commandLine.fresh || commandLine.verbose) {
    return;
  }
  const { question, hotFile } = kept;
  const settings = await context.settingsFile();
  const settingsFile = settings.path ?? "";
  if (settings.exists && settings.file === undefined) {
    // A pipe, such as `--config <(…)`: it can be read only once.
    return;
  }
  if (hotFile === undefined || !isUsable(hotFile) || (settingsFile !== "" && !isUsable(settingsFile))) {
    return;
  }
  await context.keepOutput(given, hotFile, ({ path, bytes, writtenAt, freshFrom, freshUntil }) => {
    if (!isUsable(path)) {
      return undefined;
    }
    const answer = encodeHotAnswer({
      question,
      credentialsFile: path,
      credentialsBytes: bytes,
      credentialsWrittenAt: writtenAt,
      freshFrom,
      freshUntil,
      expiresAt: Date.parse(given.credentials.expiration),
      settingsFile,
      settingsBytes: settings.file?.bytes ?? 0,
      settingsOwner: settings.file?.owner ?? "",
      settings: settings.text,
      stdout,
    });
    const content = new TextEncoder().encode(answer);
    return content.length <= maxHotBytes ? content : undefined;
  });
}

/** A path that means the same in any folder, and is one line of the file. */
function isUsable(path: string): boolean {
  return isAbsolute(path) && !path.includes("\n");
}
