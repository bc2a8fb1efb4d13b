import { isAbsolute } from "node:path";
import type { CredentialsOfRun } from "@tegata/engine";
import type { CommandContext } from "../command.ts";
import { encodeEntry, maxEntryBytes } from "./encode-entry.ts";

/**
 * Stores the output of this run in the answer cache, so that the next run with the same key finds it without loading the rest of
 * the binary. It is never in the way: what cannot be stored is left out.
 *
 * Not stored is the output of runs that asked for more than output (`--fresh`, `--verbose`), and output for which a path counts
 * from the current folder. Nor is output whose credentials are not the cached ones any more: it can have waited in a full pipe
 * while somebody else signed in.
 */
export async function storeEntry(stdout: string, obtained: CredentialsOfRun, context: CommandContext): Promise<void> {
  const { commandLine, entry } = context;
  if (entry === undefined || commandLine.fresh || commandLine.verbose) {
    return;
  }
  const { key, entryFile } = entry;
  const { path: ownPath, machinePath, layers } = await context.settingsFile();
  if (layers.some(({ file }) => file === undefined)) {
    // A pipe, such as `--config <(…)`: it can be read only once.
    return;
  }
  const teamPath = layers.find(({ name }) => name === "team")?.path;
  const settings = [ownPath, teamPath, machinePath].map((path) => {
    const layer = layers.find((each) => each.path === path);
    return {
      path: path ?? "",
      bytes: layer?.file?.bytes ?? 0,
      owner: layer?.file?.owner ?? "",
      text: layer?.text ?? "",
    };
  });
  const paths = [entryFile, ...settings.flatMap(({ path }) => (path === "" ? [] : [path]))];
  if (entryFile === undefined || !paths.every((path) => path !== undefined && isUsable(path))) {
    return;
  }
  await context.storeOutput(obtained, entryFile, ({ path, bytes, writtenAt, freshFrom, freshUntil }) => {
    if (!isUsable(path)) {
      return undefined;
    }
    const text = encodeEntry({
      key,
      credentialsFile: path,
      credentialsBytes: bytes,
      credentialsWrittenAt: writtenAt,
      freshFrom,
      freshUntil,
      expiresAt: Date.parse(obtained.credentials.expiration),
      settings,
      stdout,
    });
    const content = new TextEncoder().encode(text);
    return content.length <= maxEntryBytes ? content : undefined;
  });
}

/** A path that means the same in any folder, and is one line of the file. */
function isUsable(path: string): boolean {
  return isAbsolute(path) && !path.includes("\n");
}
