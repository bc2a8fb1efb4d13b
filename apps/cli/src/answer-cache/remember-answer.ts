import { isAbsolute } from "node:path";
import { isTegataError } from "@tegata/core";
import {
  type ObtainedCredentials,
  currentGeneration,
  isOfGeneration,
  whileNobodyStores,
  writePrivateFile,
  freshness,
} from "@tegata/engine";
import type { CommandContext } from "../command.ts";
import { encodeHotAnswer, maxHotBytes } from "./encode-hot-answer.ts";

/**
 * Keeps an answer, so that the same question finds it without the long way. Never in the way: what cannot be kept is not.
 *
 * Not kept are answers of runs that asked for something else than the answer (`--fresh`, `--verbose`), and those for which
 * a path counts from the current folder. Nor are those whose credentials are not the kept ones any more: an answer can have
 * waited in a full pipe while somebody else signed in.
 */
export async function rememberAnswer(
  stdout: string,
  { key, record }: ObtainedCredentials,
  context: CommandContext,
): Promise<void> {
  const { outside, commandLine, cache, kept, ports } = context;
  if (kept === undefined || commandLine.fresh || commandLine.verbose) {
    return;
  }
  const { question, hotFile } = kept;
  const settings = await context.settingsFile();
  const credentialsFile = cache.pathOf(key);
  const settingsFile = settings.path ?? "";
  if (settings.exists && settings.file === undefined) {
    // A pipe, such as `--config <(…)`: it can be read only once.
    return;
  }
  const paths = [hotFile, credentialsFile, ...(settingsFile === "" ? [] : [settingsFile])];
  const usable = paths.every((path) => path !== undefined && isAbsolute(path) && !path.includes("\n"));
  if (!usable || hotFile === undefined || credentialsFile === undefined) {
    return;
  }
  try {
    await whileNobodyStores(key.session, context, async () => {
      const resting = await cache.inspect(key);
      if (
        resting?.record.credentials.sessionToken !== record.credentials.sessionToken ||
        !isOfGeneration(record, await currentGeneration(key.session, context))
      ) {
        ports.log("the answer is not kept: its credentials are not the kept ones any more");
        return;
      }
      const { from, until } = freshness(record);
      const answer = encodeHotAnswer({
        question,
        credentialsFile,
        credentialsBytes: resting.bytes,
        credentialsWrittenAt: resting.writtenAt,
        freshFrom: from,
        freshUntil: until,
        expiresAt: Date.parse(record.credentials.expiration),
        settingsFile,
        settingsBytes: settings.file?.bytes ?? 0,
        settingsOwner: settings.file?.owner ?? "",
        settings: settings.text,
        stdout,
      });
      const bytes = new TextEncoder().encode(answer);
      if (bytes.length <= maxHotBytes) {
        await writePrivateFile(hotFile, bytes, outside);
      }
    });
  } catch (error) {
    const reason = isTegataError(error) ? error.message : "the cached credentials are not there";
    ports.log(`the answer is not kept: ${reason}`);
  }
}
