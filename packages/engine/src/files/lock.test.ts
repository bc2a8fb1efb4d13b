import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fakeClock, type FakeClock } from "@tegata/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLocks, type Locks, type ProcessHost } from "./lock.ts";
import { hasEnded, type ProcessIdentity, type ProcessTable } from "./process-identity.ts";

let folder: string;
let clock: FakeClock;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tegata-lock-"));
  clock = standingClock();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Heartbeats wait for ever, so that time passes only where a test says so. */
function standingClock(): FakeClock {
  return {
    ...fakeClock(),
    sleep: (_milliseconds, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(new Error("stopped")), { once: true });
      }),
  };
}

type Change = Partial<ProcessIdentity & ProcessTable>;

const facts = ({ isRunning = () => true, startOf = () => "77", ...change }: Change = {}): ProcessHost => {
  const self = { hostname: "laptop", bootId: "b0", namespaces: "pid:[1]", pid: 100, startedAt: "77", ...change };
  return {
    platform: process.platform,
    uid: process.getuid?.(),
    identity: () => self,
    isGone: (holder) => hasEnded(holder, self, { isRunning, startOf }),
  };
};
const locksOf = (change: Change = {}): Locks =>
  createLocks({ path: folder, variable: "TEGATA_CACHE_DIR" }, facts(change), clock);
const path = () => join(folder, "key.lock");

describe("a lock", () => {
  it("is held by one at a time, and free again after its release", async () => {
    const first = await locksOf().tryAcquire("key");
    expect(first).toBeDefined();
    expect(await locksOf({ pid: 101 }).tryAcquire("key")).toBeUndefined();
    expect(await locksOf({ pid: 101 }).tryAcquire("other")).toBeDefined();
    await first?.release();
    expect(await locksOf({ pid: 101 }).tryAcquire("key")).toBeDefined();
  });

  it("is given to one of fifty that ask at once", async () => {
    const all = await Promise.all(Array.from({ length: 50 }, (_, pid) => locksOf({ pid }).tryAcquire("key")));
    expect(all.filter((lock) => lock !== undefined)).toHaveLength(1);
  });

  it("leaves no file behind", async () => {
    const lock = await locksOf().tryAcquire("key");
    await lock?.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it("holds its holder's identity and a token, and nothing else", async () => {
    await locksOf().tryAcquire("key");
    const content: unknown = JSON.parse(await readFile(path(), "utf8"));
    expect(content).toEqual({ ...facts().identity(), token: expect.any(String) as unknown });
  });
});

describe("the lock of a dead holder", () => {
  it("is taken over at once when its process has ended on this machine", async () => {
    await locksOf({ pid: 100 }).tryAcquire("key");
    const next = locksOf({ pid: 101, isRunning: (pid) => pid !== 100 });
    expect(await next.tryAcquire("key")).toBeDefined();
  });

  it("is taken over at once when its process id is another process's by now", async () => {
    await locksOf({ startedAt: "76" }).tryAcquire("key");
    expect(await locksOf({ pid: 101, startOf: () => "99" }).tryAcquire("key")).toBeDefined();
  });

  it.each([
    ["another host", { hostname: "desktop" }],
    ["another start of the system", { bootId: "b1" }],
    ["another namespace, such as a container's", { namespaces: "pid:[2]" }],
    ["a system that tells neither", { bootId: undefined, namespaces: undefined }],
  ])("is judged by time alone when it is of %s", async (_where, change) => {
    await locksOf(change).tryAcquire("key");
    const waiting = locksOf({ pid: 101, isRunning: () => false });
    expect(await waiting.tryAcquire("key")).toBeUndefined();
    clock.advance(4000);
    expect(await waiting.tryAcquire("key")).toBeDefined();
  });

  it("is judged by time alone where no process can be told from another", async () => {
    const unknown = { bootId: undefined, namespaces: undefined };
    await locksOf(unknown).tryAcquire("key");
    expect(await locksOf({ ...unknown, isRunning: () => false }).tryAcquire("key")).toBeUndefined();
  });

  it("is given to at most one of fifty that find it dead at once", async () => {
    await locksOf({ pid: 100 }).tryAcquire("key");
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        locksOf({ pid: 200 + index, isRunning: (pid) => pid !== 100 }).tryAcquire("key"),
      ),
    );
    expect(all.filter((lock) => lock !== undefined).length).toBeLessThanOrEqual(1);
  });

  it("is taken over after four seconds without a heartbeat when it is another machine's", async () => {
    await locksOf({ hostname: "desktop" }).tryAcquire("key");
    const waiting = locksOf({ isRunning: () => false });
    expect(await waiting.tryAcquire("key")).toBeUndefined();
    clock.advance(3999);
    expect(await waiting.tryAcquire("key")).toBeUndefined();
    clock.advance(1);
    expect(await waiting.tryAcquire("key")).toBeDefined();
  });

  it("is taken over after four seconds when its holder was killed before it wrote who it is", async () => {
    await writeFile(path(), "");
    const waiting = locksOf();
    expect(await waiting.tryAcquire("key")).toBeUndefined();
    clock.advance(4000);
    expect(await waiting.tryAcquire("key")).toBeDefined();
  });

  it("is not taken over while its heartbeat goes on, even where the clocks of the two machines differ", async () => {
    await locksOf({ hostname: "desktop" }).tryAcquire("key");
    const waiting = locksOf();
    for (let beat = 1; beat <= 5; beat += 1) {
      const longAgo = new Date(beat * 1000);
      await utimes(path(), longAgo, longAgo);
      expect(await waiting.tryAcquire("key")).toBeUndefined();
      clock.advance(3000);
    }
  });

  it("leaves its successor's lock alone when it wakes up and releases", async () => {
    const stopped = await locksOf({ hostname: "desktop" }).tryAcquire("key");
    const waiting = locksOf({ pid: 101 });
    await waiting.tryAcquire("key");
    clock.advance(4000);
    expect(await waiting.tryAcquire("key")).toBeDefined();
    await stopped?.release();
    expect(await locksOf({ pid: 102 }).tryAcquire("key")).toBeUndefined();
  });
});

it("a lock is given without a file where no lock file can be written", async () => {
  const nowhere = createLocks(undefined, facts(), clock);
  expect(await nowhere.tryAcquire("key")).toBeDefined();
  const unwritable = createLocks({ path: "/dev/null/tegata", variable: "TEGATA_CACHE_DIR" }, facts(), clock);
  const lock = await unwritable.tryAcquire("key");
  expect(lock).toBeDefined();
  await lock?.release();
});
