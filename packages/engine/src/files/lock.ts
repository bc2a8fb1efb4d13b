import { closeSync, openSync, unlinkSync, writeFileSync } from "node:fs";
import { link, lstat, rename, unlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@tegata/core";
import * as v from "valibot";
import { fileErrorCode } from "./file-errors.ts";
import { readRegularFile } from "./open-file.ts";
import type { Host } from "./file-access.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import { ensurePrivateFolder, type PrivateFolder } from "./private-folder.ts";

/** Held by at most one process at a time. */
export interface Lock {
  /** Lets others go on. Does nothing when the lock was taken over in the meantime. */
  release(): Promise<void>;
}

export interface Locks {
  /**
   * The lock of that name, or `undefined` while another process holds it. Where no lock file can be written there is
   * nothing to coordinate by, and everybody gets it.
   */
  tryAcquire(name: string): Promise<Lock | undefined>;
}

/** Which process this is, for others to find out whether it still runs. */
export interface ProcessHost extends Host {
  readonly identity: () => ProcessIdentity;
  /** True for a process that has certainly ended. */
  readonly isGone: (holder: ProcessIdentity) => boolean;
}

/** How often a holder shows that it lives. */
const heartbeatMilliseconds = 1000;
/** A lock whose file did not change for so long, by the watcher's own clock, is nobody's any more. */
const deadAfterMilliseconds = 4000;

const holderSchema = v.object({
  hostname: v.string(),
  bootId: v.optional(v.string()),
  namespaces: v.optional(v.string()),
  pid: v.number(),
  startedAt: v.optional(v.string()),
  token: v.string(),
});
type Holder = v.InferOutput<typeof holderSchema>;

/** Anything longer is no holder of ours. */
const maxHolderBytes = 4096;

/**
 * Lock files: `<name>.lock`, created exclusively, kept young by their holder. Anyone who finds one whose holder is dead (its
 * process can be seen to be gone, or the file grows old) takes it over, so that a kill at any instant blocks nobody for more than a few
 * seconds. Ages are measured by watching, never by comparing clocks: the holder may be another machine.
 *
 * The operating system's own locks were the alternative; neither Node nor Bun offers them, and no kept library that does
 * goes into a compiled binary.
 */
export function createLocks(folder: PrivateFolder | undefined, host: ProcessHost, clock: Clock): Locks {
  /** What was seen of locks that others hold, and since when it has not changed. */
  const watched = new Map<string, { readonly sign: string; readonly since: number }>();

  return {
    async tryAcquire(name) {
      if (folder === undefined) {
        return { release: () => Promise.resolve() };
      }
      const path = join(folder.path, `${name}.lock`);
      try {
        await ensurePrivateFolder(folder, host);
        const lock = create(path, host, clock);
        if (lock !== undefined) {
          return lock;
        }
        return (await isDead(path, watched, host, clock)) && (await removeDead(path, watched))
          ? create(path, host, clock)
          : undefined;
      } catch {
        return { release: () => Promise.resolve() };
      }
    },
  };
}

function create(path: string, host: ProcessHost, clock: Clock): Lock | undefined {
  const token = crypto.randomUUID();
  try {
    const descriptor = openSync(path, "wx", 0o600);
    try {
      writeFileSync(descriptor, JSON.stringify({ ...host.identity(), token }));
    } catch (error) {
      // On a full disk: an empty file would only make others wait.
      removeIfThere(path);
      throw error;
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (fileErrorCode(error) === "EEXIST") {
      return undefined;
    }
    throw error;
  }
  const stopped = new AbortController();
  const beating = keepYoung(path, token, clock, stopped.signal);
  return {
    release: async () => {
      stopped.abort();
      await beating;
      if (holderOf(path)?.token === token) {
        removeIfThere(path);
      }
    },
  };
}

async function keepYoung(path: string, token: string, clock: Clock, stopped: AbortSignal): Promise<void> {
  try {
    for (;;) {
      await clock.sleep(heartbeatMilliseconds, stopped);
      if (holderOf(path)?.token !== token) {
        return;
      }
      const now = new Date();
      await utimes(path, now, now);
    }
  } catch {
    // Released, or the file is gone: others judge by what they see.
  }
}

async function isDead(
  path: string,
  watched: Map<string, { readonly sign: string; readonly since: number }>,
  host: ProcessHost,
  clock: Clock,
): Promise<boolean> {
  const holder = holderOf(path);
  if (
    holder !== undefined &&
    host.isGone({ bootId: undefined, namespaces: undefined, startedAt: undefined, ...holder })
  ) {
    watched.set(path, { sign: signOf(holder, 0), since: 0 });
    return true;
  }
  const sign = signOf(holder, await changedAt(path));
  const before = watched.get(path);
  if (before?.sign !== sign) {
    watched.set(path, { sign, since: clock.monotonic() });
    return false;
  }
  return clock.monotonic() - before.since >= deadAfterMilliseconds;
}

/**
 * Moves a dead holder's file away under a name of its own, so that of several who try only one succeeds, and puts it back
 * when it turns out to be another, living one's: somebody was faster.
 */
async function removeDead(
  path: string,
  watched: Map<string, { readonly sign: string; readonly since: number }>,
): Promise<boolean> {
  const expected = tokenOf(watched.get(path)?.sign);
  const aside = `${path}.${crypto.randomUUID()}.tmp`;
  watched.delete(path);
  if (tokenIn(holderOf(path)) !== expected) {
    return false;
  }
  try {
    await rename(path, aside);
  } catch {
    return false;
  }
  const isTheDead = tokenIn(holderOf(aside)) === expected;
  if (!isTheDead) {
    // Unlike a rename, a link does not replace what yet another process may have put there by now.
    await link(aside, path).catch(() => undefined);
  }
  await unlink(aside).catch(() => undefined);
  return isTheDead;
}

function signOf(holder: Holder | undefined, changed: number): string {
  return `${tokenIn(holder)}@${changed}`;
}

/** Empty for a holder that did not say who it is. */
function tokenIn(holder: Holder | undefined): string {
  return holder?.token ?? "";
}

function tokenOf(sign: string | undefined): string {
  return sign?.split("@")[0] ?? "";
}

/** `undefined` for a file that is gone, or whose writer was killed before it had said who it is. */
function holderOf(path: string): Holder | undefined {
  try {
    const read = readRegularFile(path, { maxBytes: maxHolderBytes, followLink: false });
    return typeof read === "string" ? undefined : v.parse(holderSchema, JSON.parse(new TextDecoder().decode(read)));
  } catch {
    return undefined;
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Somebody else was faster, or the folder can be written to no more: others find out who is gone.
  }
}

async function changedAt(path: string): Promise<number> {
  return lstat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
