import { rm, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { onlySession } from "./support/records.ts";
import { createWorld, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());
beforeEach(() => world.signIn("dev"));

/** The same instants in every run: mulberry32, whose whole state is one number. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Starts a run and kills it after so many milliseconds, unless it has ended by then. */
async function killAfter(milliseconds: number, args: readonly string[]): Promise<void> {
  const running = world.start(args);
  const timer = setTimeout(() => running.child.kill("SIGKILL"), milliseconds);
  await running.ended;
  clearTimeout(timer);
}

/** What the next run says, which must not wait for the dead. */
async function nextRun() {
  const started = performance.now();
  const ended = await world.run(["credential-process", "dev"]);
  expect(performance.now() - started, "it waited for a dead process").toBeLessThan(5000);
  return ended;
}

const forgetCredentials = () => rm(world.cacheDir, { recursive: true, force: true });
const endIdToken = async () => {
  const { path, record } = await onlySession(world.stateDir);
  const { idToken: _ended, ...rest } = record;
  await writeFile(path, JSON.stringify(rest));
};

describe("a run that is killed", () => {
  it("while it gets and stores credentials, a hundred times, leaves the old state or the new, and blocks nobody", async () => {
    const random = seeded(1);
    for (let kill = 0; kill < 100; kill += 1) {
      await forgetCredentials();
      await killAfter(random() * 150, ["credential-process", "dev"]);
      expect(await nextRun()).toMatchObject({ status: 0, stderr: "" });
    }
  }, 120_000);

  it("while it renews the sign-in, sixty times, loses it only with a response that it never got", async () => {
    const random = seeded(2);
    let lost = 0;
    for (let kill = 0; kill < 60; kill += 1) {
      await forgetCredentials();
      await endIdToken();
      const before = (await onlySession(world.stateDir)).record.refreshToken;
      world.sandbox.requests.clear();
      await killAfter(random() * 150, ["credential-process", "dev"]);
      const asked = world.sandbox.requests.count("token");
      const kept = (await onlySession(world.stateDir)).record.refreshToken !== before;
      const next = await nextRun();
      // The identity provider rotated, and the new token died with the process: no client can do better.
      const answerLost = asked > 0 && !kept && next.status === 4 && next.stderr.includes("tegata login dev");
      expect(next.status === 0 || answerLost, `asked ${asked}, kept ${kept}, then ${next.status}`).toBe(true);
      if (answerLost) {
        lost += 1;
        await world.signIn("dev");
      }
    }
    expect(lost, "every kill lost the sign-in").toBeLessThan(60);
  }, 120_000);

  it("while a person signs in, forty times, keeps the sign-in from before", async () => {
    const random = seeded(3);
    for (let kill = 0; kill < 40; kill += 1) {
      await killAfter(random() * 150, ["login", "dev", "--no-browser"]);
      await forgetCredentials();
      expect(await nextRun()).toMatchObject({ status: 0, stderr: "" });
    }
  }, 120_000);
});
