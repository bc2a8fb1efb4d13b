import type { EntryAddress } from "../command.ts";
import {
  decodeEntry,
  entryFileOf,
  isOwn,
  isPartOfKey,
  judgeEntry,
  mayDependOnShell,
  entryKeyOf,
  shellOf,
  tellsPerson,
} from "./entry.ts";
import type { FileState } from "./file-state.ts";
import type { FoundEntry } from "./renewal-claim.ts";

/** What a binary's first file knows of the rest of it. */
export interface Binary {
  /**
   * Separates its entries of the answer cache from those of any other binary, which may print something else for the same
   * arguments. `undefined`: it has no answer cache.
   */
  readonly id: string | undefined;
  /** What can be said without settings or plugins; `undefined` leaves it to the rest of the binary. */
  readonly plainOutput: (args: readonly string[]) => Promise<string | undefined>;
  /** Loads the rest of the binary, where there is no entry. */
  readonly load: () => Promise<RestOfBinary>;
}

export interface RestOfBinary {
  /** @returns the exit status */
  readonly run: (args: readonly string[], entry: EntryAddress) => Promise<number>;
  /** Writes what the first file could not write of the output, and says why where that fails. */
  readonly finishWriting: (rest: Uint8Array) => Promise<number>;
}

/** The few things that the first file asks of the system: `files-libc.ts` in the binary, `files-node.ts` elsewhere. */
export interface FirstFileSystem {
  /**
   * Opens a file without waiting, and says what the descriptor that is read from is. `undefined` for what is not there, is
   * no regular file, is longer than the limit, or cannot be read.
   *
   * @param followLink false: a symbolic link is nothing
   */
  readonly read: (
    path: string,
    maxBytes: number,
    followLink: boolean,
  ) => (FileState & { readonly text: string }) | undefined;
  /** Looks at a file without opening it. `undefined` for what is not there or is no regular file: a symbolic link, for example. */
  readonly look: (path: string) => FileState | undefined;
  /** True for anything that a path leads to, a folder or a pipe too; a symbolic link is followed. */
  readonly isThere: (path: string) => boolean;
  /** Where a symbolic link leads; `undefined` where that cannot be told. */
  readonly readLink: (path: string) => string | undefined;
  /** Writes to stdout; how many bytes of it could be written at once: a full pipe takes no more, a closed one nothing. */
  readonly write: (bytes: Uint8Array) => number;
  readonly isTerminal: (descriptor: number) => boolean;
  /** True where stdout may be one that the runtime has opened because there was none: the full run finds out, and says so. */
  readonly mayBeClosed: () => boolean;
}

/** As `encode-entry.ts` has it. */
const maxEntryBytes = 262_144;

/** Runs a binary to its end: prints cached output while it is right, or what needs no settings; else loads the rest. */
export async function runFirstFileOn(binary: Binary, system: FirstFileSystem): Promise<void> {
  const args = process.argv.slice(2);
  const uid = process.getuid?.() ?? -1;
  // Empty where no process tells what it runs: then what depends on it is not cached.
  const executable = mayDependOnShell(args, process.env) ? system.readLink(`/proc/${process.ppid}/exe`) : undefined;
  const shell = executable === undefined ? "" : shellOf(executable);
  const key = entryKeyOf(binary.id ?? "", args, process.env, uid, shell);
  const isCached = binary.id !== undefined && !(tellsPerson(args) && system.isTerminal(2));
  const entryFile = isCached ? entryFileOf(key, process.env, process.platform) : undefined;
  let output: string | undefined;
  let release: (() => void) | undefined;
  if (args[0] === "--version" || args[0] === "completion" || args[0] === "hook") {
    output = await binary.plainOutput(args);
  } else if (entryFile !== undefined) {
    const found = findEntry(entryFile, key, uid, system);
    output = found?.state === "right" ? found.stdout : undefined;
    if (found !== undefined && output === undefined) {
      const { shareRenewal } = await import("./share-renewal.ts");
      const findAgain = () => findEntry(entryFile, key, uid, system);
      ({ stdout: output, release } = await shareRenewal(entryFile, found, findAgain, system.look));
    }
  }
  if (output === undefined) {
    const { run } = await binary.load();
    process.exitCode = await run(args, { key, entryFile, shell, holdsVariable: isPartOfKey });
    release?.();
  } else {
    const bytes = new TextEncoder().encode(output);
    const written = system.mayBeClosed() ? 0 : system.write(bytes);
    if (written < bytes.length) {
      const { finishWriting } = await binary.load();
      process.exitCode = await finishWriting(bytes.subarray(written));
    } else {
      // Nothing is left to be done, and the runtime takes its time to find that out.
      process.exit();
    }
  }
}

/**
 * An entry that may be worth something; `undefined` where a full run is needed.
 *
 * Another user who manages to put a file there must not be believed, in any folder: what counts is who wrote the very file that
 * is read. So it is judged by its descriptor. The settings count as unchanged only while each of their files has the same owner and
 * the same mode, which the full run has judged.
 */
function findEntry(entryFile: string, key: string, uid: number, system: FirstFileSystem): FoundEntry | undefined {
  const file = system.read(entryFile, maxEntryBytes, false);
  const entry = file === undefined || !isOwn(file, uid) ? undefined : decodeEntry(file.text);
  if (entry === undefined) {
    return undefined;
  }
  const credentials = system.look(entry.credentialsFile);
  const isOwnCredentials = credentials !== undefined && isOwn(credentials, uid);
  const settings = [];
  for (const { path, owner } of entry.settings) {
    // Of one that was not there, nothing has to be opened.
    const found = owner === "" ? undefined : system.read(path, maxEntryBytes, true);
    const isNew = owner === "" && path !== "" && system.isThere(path);
    settings.push(
      found === undefined
        ? { text: "", bytes: 0, owner: isNew ? "new" : "" }
        : { text: found.text, bytes: found.bytes, owner: `${found.uid} ${found.gid} ${found.mode & 0o7777}` },
    );
  }
  const state = judgeEntry(entry, key, Date.now(), {
    settings,
    credentialsBytes: isOwnCredentials ? credentials.bytes : 0,
    credentialsWrittenAt: isOwnCredentials ? credentials.writtenAt : 0,
  });
  return state === "other" ? undefined : { state, stdout: entry.stdout };
}
