import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, rm, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { credentialProcessOutput } from "./support/credential-process-output.ts";
import { ageEntry, endCredentials, storeMarked, entryMark } from "./support/answer-cache.ts";
import { ageCredentials, untilThereIs } from "./support/records.ts";
import { createWorld, type Ended, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
});
afterAll(() => world.close());

const args = ["credential-process", "dev"];
const ofSts = () => world.sandbox.requests.count("sts");
const keyOf = (ended: Ended) => credentialProcessOutput(ended).AccessKeyId;
/** The credentials have ended; the answer that shows them is still there. */
const expire = async () => {
  await endCredentials(world.cacheDir, world.sandbox.roles.developer);
  world.sandbox.requests.clear();
};

async function deadProcess(): Promise<number> {
  const child = spawn("/bin/true");
  await once(child, "exit");
  return child.pid ?? 0;
}

describe.each(["binary", "node"] as const)("a cached output that has to be renewed, by %s", (program) => {
  let claim: string;
  beforeEach(async () => {
    await rm(world.cacheDir, { recursive: true });
    const { path } = await storeMarked(world, args, { program });
    claim = `${path}.claim`;
  });

  it("is renewed by one of many processes, which all give the same keys", async () => {
    await expire();
    const all = await Promise.all(
      Array.from({ length: program === "binary" ? 50 : 10 }, () => world.run(args, { program, limitSeconds: 60 })),
    );
    expect(new Set(all.map(({ status, stderr }) => `${status} ${stderr}`))).toEqual(new Set(["0 "]));
    const keys = new Set(all.map(keyOf));
    expect(keys.size).toBe(1);
    expect(keys).not.toContain(entryMark);
    expect(ofSts()).toBe(1);
    expect((await readdir(world.cacheDir)).filter((name) => /claim|lock/.test(name))).toEqual([]);
  });

  it("is renewed after a process that was about to do so was killed", async () => {
    await expire();
    await writeFile(claim, String(await deadProcess()));
    expect(keyOf(await world.run(args, { program }))).not.toBe(entryMark);
    expect(ofSts()).toBe(1);
    expect(existsSync(claim)).toBe(false);
  });

  it("waits for another process that renews it, and is renewed when that one is gone", async () => {
    await expire();
    await writeFile(claim, String(process.pid));
    const waiting = world.start(args, { program });
    // A run that does something else shows that time passes.
    await world.run(["status"], { program });
    expect(ofSts()).toBe(0);
    // On a machine that is very busy it may have lost patience.
    await rm(claim, { force: true });
    expect(keyOf(await waiting.ended)).not.toBe(entryMark);
    expect(ofSts()).toBe(1);
  });

  it("does not wait long for another process that died before it said who it is", async () => {
    await expire();
    await writeFile(claim, "");
    expect(keyOf(await world.run(args, { program, limitSeconds: 8 }))).not.toBe(entryMark);
    expect(existsSync(claim)).toBe(false);
  });

  it("is given at once while its credentials are alive", async () => {
    await ageEntry(claim.replace(/\.claim$/, ""), 10);
    await writeFile(claim, String(process.pid));
    expect(keyOf(await world.run(args, { program }))).toBe(entryMark);
    await rm(claim, { force: true });
  });

  it("does not wait for a slow renewal while its credentials are alive", async () => {
    // Of an hour ten minutes are left: what the file held when the answer was made has changed.
    await ageCredentials(world.cacheDir, world.sandbox.roles.developer, 10);
    world.sandbox.faults.set({ kind: "slow", area: "sts", milliseconds: 15_000 });
    const slow = world.start(args, { program });
    await untilThereIs(/\.lock$/, world);
    const started = performance.now();
    expect((await world.run(args, { program })).status).toBe(0);
    expect(performance.now() - started).toBeLessThan(15_000);
    slow.child.kill("SIGKILL");
    await slow.ended;
    world.sandbox.faults.clear();
  });

  it("is forgotten with what a killed process left beside it", async () => {
    await writeFile(claim, String(await deadProcess()));
    await world.run(["logout", "--all"], { program });
    expect(existsSync(claim)).toBe(false);
    await world.signIn("dev");
  });
});
