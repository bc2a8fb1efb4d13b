import { closeSync, fstatSync, readSync, type Stats } from "node:fs";
import { realpath } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { type Clock, hint, next, posixWord, shownPath, TegataError, variable } from "@tegata/core";
import { fileErrorCode, fileErrorReason } from "../files/file-errors.ts";
import { openUnlessAbsent, readUpTo } from "../files/open-file.ts";
import { hasModes, type Host, modeText, othersCanWrite } from "../files/file-access.ts";
import { findReplaceableParent } from "../files/parent-folders.ts";
import { type LayerName, layerWords } from "./layer.ts";

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

/** Whose file is read: that decides who may have written it. */
export interface SettingsOwner {
  readonly layer: LayerName;
  /** The user id of the machine's administrator, to whom the machine's file has to belong. */
  readonly administrator?: number | undefined;
}

export interface SettingsText {
  readonly text: string;
  /** What the text was made of. */
  readonly bytes: Uint8Array;
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
 * The machine's file is its administrator's alone: one that this user could have written or replaced, or anyone else, says nothing for
 * all.
 *
 * @throws TegataError `settings_unreadable`; `storage_unsafe` for a file of someone else, or that others can write to
 */
export async function readSettingsText(
  path: string,
  reader: SettingsReader,
  owner: SettingsOwner = { layer: "person" },
): Promise<SettingsText | undefined> {
  const { layer } = owner;
  const unreadable = (reason: string, advice: string, cause?: unknown) =>
    unreadableFile(layer, path, reason, advice, cause);
  let descriptor;
  try {
    descriptor = openUnlessAbsent(path, true);
  } catch (error) {
    throw unreadable(fileErrorReason(error), "correct the path or its permissions", error);
  }
  if (typeof descriptor === "string") {
    return undefined;
  }
  try {
    const stats = fstatSync(descriptor);
    if (stats.isDirectory()) {
      throw unreadable("it is a folder", "name the file itself");
    }
    if (layer === "machine" && !stats.isFile()) {
      throw unreadable("it is no file", "let the administrator of this machine correct it");
    }
    if (hasModes(reader) && (stats.isFile() || stats.isFIFO())) {
      if (layer === "machine") {
        refuseUnlessAdministrators(path, stats, owner, reader);
      } else {
        refuseForeign(path, stats, reader, layer);
      }
    }
    const bytes = stats.isFile()
      ? readUpTo(descriptor, maxBytes, stats.size)
      : await readStream(descriptor, path, stats, reader, unreadable);
    if (bytes === undefined) {
      throw unreadable("it is larger than 1 MiB", "name a settings file");
    }
    const { uid, gid, mode } = stats;
    const state = { bytes: bytes.length, owner: `${uid} ${gid} ${mode & 0o7777}` };
    return { text: decode(bytes, unreadable), bytes, file: stats.isFile() ? state : undefined };
  } catch (error) {
    reader.signal?.throwIfAborted();
    throw error instanceof TegataError
      ? error
      : unreadable(fileErrorReason(error), "correct the path or its permissions", error);
  } finally {
    closeSync(descriptor);
  }
}

function refuseForeign(path: string, stats: Stats, host: Host, layer: LayerName): void {
  const shown = shownPath(path);
  const file = layerWords(layer);
  if (stats.uid !== host.uid && stats.uid !== 0) {
    // Not `chown`: it may well be the file of the host, or of a colleague.
    throw new TegataError(
      "storage_unsafe",
      `${file} ${shown} belongs to uid ${stats.uid}, not to you (uid ${host.uid}) or root`,
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
      `${file} ${shown} can be written to by others (mode ${modeText(stats.mode)})`,
      { hint: `look at what is in it, then run: chmod go-w ${posixWord(path)}` },
    );
  }
}

function refuseUnlessAdministrators(
  path: string,
  stats: Stats,
  { layer, administrator = 0 }: SettingsOwner,
  { platform }: Host,
): void {
  const file = `${layerWords(layer)} ${shownPath(path)}`;
  const advice = "tell the administrator of this machine: it counts for all its users, so no other may have written it";
  if (stats.uid !== administrator) {
    throw new TegataError(
      "storage_unsafe",
      `${file} belongs to uid ${stats.uid}, not to the administrator (uid ${administrator})`,
      { hint: advice },
    );
  }
  // No group is harmless here: a user could be alone in one.
  if ((stats.mode & 0o022) !== 0) {
    throw new TegataError(
      "storage_unsafe",
      `${file} can be written to by others than the administrator (mode ${modeText(stats.mode)})`,
      { hint: advice },
    );
  }
  // Where they can move it away, it would say nothing from then on.
  const parent = findReplaceableParent(path, { platform, uid: administrator });
  if (parent !== undefined) {
    throw new TegataError(
      "storage_unsafe",
      `others than the administrator can replace ${file}: ${shownPath(parent.path)} is not the administrator's alone`,
      { hint: advice },
    );
  }
}

type Unreadable = (reason: string, advice: string, cause?: unknown) => TegataError;

/** Of a pipe or a device that was opened without waiting; `undefined` when it is too large. */
async function readStream(
  descriptor: number,
  path: string,
  stats: Stats,
  { clock, signal }: SettingsReader,
  unreadable: Unreadable,
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
        throw unreadable(reason, "write the settings to a file, and name that");
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

function decode(bytes: Uint8Array, unreadable: Unreadable): string {
  try {
    // Drops a byte order mark, which editors on Windows write.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw unreadable("it is not UTF-8", "save it as UTF-8", error);
  }
}

function unreadableFile(layer: LayerName, path: string, reason: string, advice: string, cause?: unknown): TegataError {
  return new TegataError("settings_unreadable", `${layerWords(layer)} ${shownPath(path)} cannot be read: ${reason}`, {
    hint: advice,
    cause,
  });
}
