import { closeSync, constants, fstatSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { isGone, thisProcessIdentity } from "@tegata/engine/process-identity";

/** Windows knows neither O_NONBLOCK nor O_NOFOLLOW. */
const flags: Readonly<Record<string, number | undefined>> = { ...constants };

/** An entry as one look found it; `state` as `judgeEntry` has it. */
export interface FoundEntry {
  readonly state: "right" | "renewable" | "ended" | "changed";
  readonly stdout: string;
}

/** What became of an entry that has to be renewed. */
export interface Renewal {
  /** The output, when another process renews it or has done so. */
  readonly stdout?: string;
  /** There when this process is to renew it: lets the others go on. */
  readonly release?: () => void;
}

/**
 * How long to wait for another process: ten times what it needs. Ended credentials have to be renewed; of changed ones the
 * new ones are in the cache, and only the output has to be made of them. A process that waited in vain makes a full run, where
 * locks say what to wait for, and valid credentials are handed out without waiting.
 */
const patienceMilliseconds = { ended: 3000, changed: 300 };
/** The process of an older claim was killed: its number may be another's by now, in a new container nearly always. */
const abandonedMilliseconds = 60_000;

/**
 * Of many processes that find the same entry too old at the same instant, one makes a full run, which costs as much as ten
 * reads of an entry; the others wait here for the new entry, or print the old output while its credentials are valid.
 *
 * Only a courtesy among processes: locks of the full run guard what must happen once. So a claim that was left by
 * a killed process, or taken twice, costs time and nothing else.
 *
 * @param found what the first look found
 * @param look looks again
 * @param waitWhile asks now and then whether to go on waiting
 */
export async function claimRenewal(
  entryFile: string,
  found: FoundEntry,
  look: () => FoundEntry | undefined,
  waitWhile: (goesOn: (waitedMilliseconds: number) => boolean) => void,
): Promise<Renewal> {
  const path = `${entryFile}.claim`;
  const mine = claim(path) ?? (isHeld(path) ? undefined : takeOver(path));
  if (mine !== undefined) {
    return mine;
  }
  const { state, stdout } = found;
  if (state === "right" || state === "renewable") {
    return { stdout };
  }
  let isOutOfPatience = false;
  waitWhile((waited) => {
    const goesOn = isHeld(path);
    isOutOfPatience = goesOn && waited > patienceMilliseconds[state];
    return goesOn && !isOutOfPatience;
  });
  if (isOutOfPatience) {
    remove(path);
    return {};
  }
  const left = look();
  return left?.state === "right" || left?.state === "renewable" ? { stdout: left.stdout } : {};
}

/** `undefined` when another process has it. */
function claim(path: string): Renewal | undefined {
  try {
    const file = openSync(path, "wx", 0o600);
    const { hostname, bootId = "", namespaces = "", pid, startedAt = "" } = thisProcessIdentity();
    writeSync(file, [hostname, bootId, namespaces, pid, startedAt].join("\n"));
    closeSync(file);
    return { release: () => remove(path) };
  } catch (error) {
    // Where nothing can be written there is nothing to wait for.
    return error instanceof Error && "code" in error && error.code === "EEXIST" ? undefined : {};
  }
}

function takeOver(path: string): Renewal | undefined {
  remove(path);
  return claim(path);
}

/**
 * False for a claim whose process can be seen to be gone, or which is gone itself, or is old. One that has not been written
 * yet is somebody's.
 */
function isHeld(path: string): boolean {
  try {
    const { text, age } = readClaim(path);
    const [hostname = "", bootId, namespaces, pid, startedAt] = text.split("\n").map((each) => each || undefined);
    const holder = { hostname, bootId, namespaces, pid: Number(pid), startedAt };
    return age < abandonedMilliseconds && !(Number.isInteger(holder.pid) && isGone(holder));
  } catch {
    return false;
  }
}

/**
 * Without waiting, should it be a pipe, and no more of it than a claim has.
 *
 * @throws Error for what is no regular file, which is nobody's claim
 */
function readClaim(path: string): { readonly text: string; readonly age: number } {
  const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = flags;
  const file = openSync(path, (O_RDONLY ?? 0) | O_NONBLOCK | O_NOFOLLOW);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) {
      throw new Error("no regular file");
    }
    const buffer = Buffer.alloc(1024);
    return { text: buffer.toString("utf8", 0, readSync(file, buffer)), age: Date.now() - stats.mtimeMs };
  } finally {
    closeSync(file);
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already.
  }
}
