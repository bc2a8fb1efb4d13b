import { type FileHandle, open } from "node:fs/promises";
import { TegataError } from "@tegata/core";
import { fileErrorCode, fileErrorReason } from "../storage/file-errors.ts";
import { hasModes, type HostFacts, modeText, othersCanWrite, shellPath, shownPath } from "../storage/ownership.ts";

/** 1 MiB: thousands of profiles. */
const maxBytes = 1_048_576;

/**
 * The text of a settings file, `undefined` when there is none. The settings say which role is assumed and who is trusted
 * to say so: a file that others could have written is refused. Symbolic links are followed, as dotfile managers make them;
 * what is no regular file (`/dev/null`, a process substitution) has no owner worth judging.
 *
 * @throws TegataError `settings_unreadable`; `storage_unsafe` for a file of someone else, or that others can write to
 */
export async function readSettingsText(path: string, host: HostFacts): Promise<string | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    if (fileErrorCode(error) === "ENOENT") {
      return undefined;
    }
    throw unreadable(path, fileErrorReason(error), "correct the path or its permissions", error);
  }
  try {
    const stats = await file.stat();
    if (stats.isDirectory()) {
      throw unreadable(path, "it is a folder", "name the file itself");
    }
    if (stats.isFile() && hasModes(host)) {
      refuseForeign(path, stats, host);
    }
    return decode(path, await readLimited(file, path));
  } catch (error) {
    throw error instanceof TegataError
      ? error
      : unreadable(path, fileErrorReason(error), "correct the path or its permissions", error);
  } finally {
    await file.close();
  }
}

function refuseForeign(path: string, stats: { readonly uid: number; readonly mode: number }, host: HostFacts): void {
  const shown = shownPath(path);
  if (stats.uid !== host.uid && stats.uid !== 0) {
    throw new TegataError(
      "storage_unsafe",
      `the settings file ${shown} belongs to uid ${stats.uid}, not to you (uid ${host.uid}) or root`,
      { hint: `look at what is in it, then run: chown ${host.uid} ${shellPath(path)}` },
    );
  }
  if (othersCanWrite(stats)) {
    throw new TegataError(
      "storage_unsafe",
      `the settings file ${shown} can be written to by others (mode ${modeText(stats.mode)})`,
      { hint: `look at what is in it, then run: chmod go-w ${shellPath(path)}` },
    );
  }
}

async function readLimited(file: FileHandle, path: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const chunk = new Uint8Array(65_536);
    const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
    if (bytesRead === 0) {
      return Buffer.concat(chunks, size);
    }
    chunks.push(chunk.subarray(0, bytesRead));
    size += bytesRead;
    if (size > maxBytes) {
      throw unreadable(path, "it is larger than 1 MiB", "name a settings file");
    }
  }
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    // Drops a byte order mark, which editors on Windows write.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw unreadable(path, "it is not UTF-8", "save it as UTF-8", error);
  }
}

function unreadable(path: string, reason: string, hint: string, cause?: unknown): TegataError {
  return new TegataError("settings_unreadable", `the settings file ${shownPath(path)} cannot be read: ${reason}`, {
    hint,
    cause,
  });
}
