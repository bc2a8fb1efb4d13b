import { spawnSync } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { afterAll, beforeAll, expect, it, type TestContext } from "vitest";
import { credentialProcessOutput } from "./support/credential-process-output.ts";
import { findProgram } from "./support/needs.ts";
import { programs } from "./support/programs.ts";
import { endIdToken } from "./support/records.ts";
import { start } from "./support/run.ts";
import { createWorld, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
});
afterAll(() => world.close());

/** As in a container of its own, with the same home and the same host name. */
const apart = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"] as const;

function needNamespaces(context: TestContext): void {
  if (findProgram("unshare") === undefined || spawnSync("unshare", [...apart.slice(1), "true"]).status !== 0) {
    context.skip("a process id namespace cannot be made here");
  }
}

/** With a process id that no process of another such namespace has. */
const startApart = () => {
  const script = `i=0; while [ $i -lt 50 ]; do /bin/true; i=$((i + 1)); done; "$@"; exit $?`;
  const words = [...apart, "sh", "-c", script, "sh", ...programs.binary, "credential-process", "dev"] as const;
  return start(words, { cwd: world.folder, env: world.env });
};
/** The other one: its only process. */
const startAlone = () =>
  start([...apart, ...programs.binary, "credential-process", "dev"], { cwd: world.folder, env: world.env });

it("a lock whose holder runs in another process id namespace is waited for: one refresh, one call to STS", async (context) => {
  needNamespaces(context);
  await rm(world.cacheDir, { recursive: true });
  await endIdToken(world.stateDir);
  world.sandbox.requests.clear();
  world.sandbox.faults.set({ kind: "hold", area: "token", times: 1 });
  const first = startApart();
  await expect.poll(() => world.sandbox.requests.count("token")).toBe(1);
  const others = [startAlone(), world.start(["credential-process", "dev"])];
  // Time passes, by runs that change nothing: both have seen the lock by then.
  await Promise.all([0, 1, 2].map(() => world.run(["status"])));
  await world.run(["status"]);
  expect(world.sandbox.requests.count("token")).toBe(1);
  world.sandbox.faults.clear();
  const keys = (await Promise.all([first, ...others].map(({ ended }) => ended))).map(
    (ended) => credentialProcessOutput(ended).AccessKeyId,
  );
  expect(new Set(keys).size).toBe(1);
  expect([world.sandbox.requests.count("token"), world.sandbox.requests.count("sts")]).toEqual([1, 1]);
});

it("a lock whose holder was killed with its namespace is taken over after a few seconds", async (context) => {
  needNamespaces(context);
  await rm(world.cacheDir, { recursive: true });
  await endIdToken(world.stateDir);
  world.sandbox.requests.clear();
  world.sandbox.faults.set({ kind: "hold", area: "token", times: 1 });
  const killed = startApart();
  await expect.poll(() => world.sandbox.requests.count("token")).toBe(1);
  killed.child.kill("SIGKILL");
  await killed.ended;
  world.sandbox.faults.clear();
  expect((await readdir(world.stateDir)).some((name) => name.endsWith(".lock"))).toBe(true);
  // It sent the refresh token, whose answer is lost: that somebody asks again is what is shown here.
  await world.run(["credential-process", "dev"]);
  expect(world.sandbox.requests.count("token")).toBe(2);
});
