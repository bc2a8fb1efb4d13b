import { closeSync, fstatSync, readSync, type Stats } from "node:fs";
import { realpath } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { type Clock, hint, next, posixWord, shownPath, TegataError, variable } from "@tegata/core";
import { fileErrorCode, fileErrorReason } from "../files/file-errors.ts";
import { openUnlessAbsent, readUpTo } from "../files/open-file.ts";
import { hasModes, type Host, modeText, othersCanWrite } from "../files/file-access.ts";

/** 1 MiB: thousands of profiles. */
const maxBytes = 1_048_576;
/** Until somebody opens the other end of a pipe: a shell has started the program long before. */
const openingMilliseconds = 5000;
/** Until somebody writes to a pipe: a password manager may have to ask a person first. */
const silenceMilliseconds = 30_000;
const pauseMilliseconds = 10;

/** What a settings file is read with. Without a clock, a pipe is not waited for. */
export interface SettingsReader extends Host {
  readonly clock?: Pick<Clock, "monotonic" | "sleep">;
  readonly signal?: AbortSignal;
}

export interface SettingsText {
  readonly text: string;
  /** What the descriptor said that it was read from; `undefined` for what is no regular file, which can be read but once. */
  readonly file:
    | {
        readonly bytes: number;
        /** User id, group id and mode, as an entry of the answer cache has them (answer-cache/entry.ts). */
        readonly owner: string;
      }
    | undefined;
}

/**
 * The text of a settings file, `undefined` when there is none. The settings say which role is assumed and who is trusted
 * to say so: a file that others could have written is refused. Symbolic links are followed, as dotfile managers make them.
 * A device (`/dev/null`) has no owner worth judging. A pipe (`--config <(…)`) is read to its end, and not waited for without
 * end.
 *
 * @throws TegataError `settings_unreadable`; `storage_unsafe` for a file of someone else, or that others can write to
 */
export async function readSettingsText(path: string, reader: SettingsReader): Promise<SettingsText | undefined> {
  let descriptor;
  try {
    descriptor = openUnlessAbsent(path, true);
  } catch (error) {
    throw unreadable(path, fileErrorReason(error), "correct the path or its permissions", error);
  }
  if (typeof descriptor === "string") {
    return undefined;
  }
  try {
    const stats = fstatSync(descriptor);
    if (stats.isDirectory()) {
      throw unreadable(path, "it is a folder", "name the file itself");
    }
    if (hasModes(reader) && (stats.isFile() || stats.isFIFO())) {
      refuseForeign(path, stats, reader);
    }
    const bytes = stats.isFile()
      ? readUpTo(descriptor, maxBytes, stats.size)
      : await readStream(descriptor, path, stats, reader);
    if (bytes === undefined) {
      throw unreadable(path, "it is larger than 1 MiB", "name a settings file");
    }
    const { uid, gid, mode } = stats;
    const state = { bytes: bytes.length, owner: `${uid} ${gid} ${mode & 0o7777}` };
    return { text: decode(path, bytes), file: stats.isFile() ? state : undefined };
  } catch (error) {
    reader.signal?.throwIfAborted();
    throw error instanceof TegataError
      ? error
      : unreadable(path, fileErrorReason(error), "correct the path or its permissions", error);
  } finally {
    closeSync(descriptor);
  }
}

function refuseForeign(path: string, stats: Stats, host: Host): void {
  const shown = shownPath(path);
  if (stats.uid !== host.uid && stats.uid !== 0) {
    // Not `chown`: it may well be the file of the host, or of a colleague.
    throw new TegataError(
      "storage_unsafe",
      `the settings file ${shown} belongs to uid ${stats.uid}, not to you (uid ${host.uid}) or root`,
      {
        hint: [
          hint`look at what is in it`,
          next`use a copy: cp ${posixWord(path)} ~/tegata.toml && export ${variable("TEGATA_CONFIG")}=~/tegata.toml`,
        ],
      },
    );
  }
  if (othersCanWrite(stats, host)) {
    throw new TegataError(
      "storage_unsafe",
      `the settings file ${shown} can be written to by others (mode ${modeText(stats.mode)})`,
      { hint: `look at what is in it, then run: chmod go-w ${posixWord(path)}` },
    );
  }
}

/** Of a pipe or a device that was opened without waiting; `undefined` when it is too large. */
async function readStream(
  descriptor: number,
  path: string,
  stats: Stats,
  { clock, signal }: SettingsReader,
): Promise<Uint8Array | undefined> {
  // One without a name, of `<(…)`, had its writer before this program was started: it has ended, then.
  const mayBeOpened = stats.isFIFO() && (await hasName(path));
  const chunks: Uint8Array[] = [];
  let size = 0;
  let since = clock?.monotonic() ?? 0;
  let isOpen = !mayBeOpened;
  for (;;) {
    const chunk = new Uint8Array(65_536);
    const bytesRead = readNow(descriptor, chunk);
    if (bytesRead === undefined || (bytesRead === 0 && !isOpen)) {
      isOpen ||= bytesRead === undefined;
      if (clock === undefined || clock.monotonic() - since > (isOpen ? silenceMilliseconds : openingMilliseconds)) {
        const reason = `it is a pipe that nobody ${isOpen ? "has written to for 30 seconds" : "writes to"}`;
        throw unreadable(path, reason, "write the settings to a file, and name that");
      }
      await clock.sleep(pauseMilliseconds, signal);
      continue;
    }
    if (bytesRead === 0) {
      return Buffer.concat(chunks, size);
    }
    isOpen = true;
    since = clock?.monotonic() ?? 0;
    chunks.push(chunk.subarray(0, bytesRead));
    size += bytesRead;
    if (size > maxBytes) {
      return undefined;
    }
  }
}

/** `undefined`: somebody has it open for writing, and has written nothing yet. */
function readNow(descriptor: number, chunk: Uint8Array): number | undefined {
  try {
    return readSync(descriptor, chunk);
  } catch (error) {
    if (fileErrorCode(error) === "EAGAIN") {
      return undefined;
    }
    throw error;
  }
}

function hasName(path: string): Promise<boolean> {
  return realpath(path).then(
    (real) => isAbsolute(real) && !/^\/(dev|proc)\//.test(real),
    () => false,
  );
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    // Drops a byte order mark, which editors on Windows write.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw unreadable(path, "it is not UTF-8", "save it as UTF-8", error);
  }
}

function unreadable(path: string, reason: string, advice: string, cause?: unknown): TegataError {
  return new TegataError("settings_unreadable", `the settings file ${shownPath(path)} cannot be read: ${reason}`, {
    hint: advice,
    cause,
  });
}
