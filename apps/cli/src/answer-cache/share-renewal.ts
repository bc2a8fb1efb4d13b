import type { FileState } from "./file-state.ts";
import type { FoundEntry, Renewal } from "./renewal-claim.ts";

/**
 * How long a claim is believed by its age alone: five times what a renewal takes. Who holds an older one is asked of the
 * system, which takes more code than reading an entry does.
 */
const youngMilliseconds = 500;

/**
 * For an entry that is too old: waits for a process that has just begun to renew it, else lets this one claim the renewal, as
 * `claimRenewal` does.
 *
 * @param found what the first look found
 * @param look looks again
 * @param lookAtFile as `FirstFileSystem` has it
 */
export async function shareRenewal(
  entryFile: string,
  found: FoundEntry,
  look: () => FoundEntry | undefined,
  lookAtFile: (path: string) => FileState | undefined,
): Promise<Renewal> {
  const isYoung = () => {
    const claim = lookAtFile(`${entryFile}.claim`);
    return claim !== undefined && Math.abs(Date.now() - claim.writtenAt) < youngMilliseconds;
  };
  if (isYoung()) {
    const { state, stdout } = found;
    if (state === "right" || state === "renewable") {
      return { stdout };
    }
    waitWhile(isYoung);
    const left = look();
    if (left?.state === "right" || left?.state === "renewable") {
      return { stdout: left.stdout };
    }
  }
  const { claimRenewal } = await import("./renewal-claim.ts");
  return claimRenewal(entryFile, found, look, waitWhile);
}

/**
 * Looks again and again. The longer it takes, the more rarely, because the machine is busy then: fifty that look all the time
 * would keep the one that works from its work.
 *
 * @param goesOn told how long this has taken, in milliseconds
 */
function waitWhile(goesOn: (waitedMilliseconds: number) => boolean): void {
  const start = performance.now();
  // No renewal is faster than that.
  pause(30);
  for (let waited = 30; goesOn(waited); waited = performance.now() - start) {
    pause(Math.max(10, waited / 4));
  }
}

/** Not all at once. Nothing else is to be done meanwhile, so the runtime's event loop is not even started: it makes threads. */
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds * (0.5 + Math.random()));
}
