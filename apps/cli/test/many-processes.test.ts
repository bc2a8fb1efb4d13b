import { readdir, rm, writeFile } from "node:fs/promises";
import * as v from "valibot";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { credentialProcessOutput } from "./support/credential-process-output.ts";
import { ageCredentials, onlySession, untilThereIs } from "./support/records.ts";
import type { Ended } from "./support/run.ts";
import { createWorld, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterEach(() => world.sandbox.faults.clear());
afterAll(() => world.close());

const many = (count: number, args: readonly string[]): Promise<Ended[]> =>
  Promise.all(Array.from({ length: count }, () => world.run(args, { limitSeconds: 60 })));
const counts = () => ({
  device: world.sandbox.requests.count("device_authorization"),
  token: world.sandbox.requests.count("token"),
  sts: world.sandbox.requests.count("sts"),
});
/** The next renewal needs the refresh token: as if the ID token had ended and the credentials were about to. */
const expire = async () => {
  const { path, record } = await onlySession(world.stateDir);
  const { idToken: _ended, ...rest } = record;
  await writeFile(path, JSON.stringify(rest));
  await rm(world.cacheDir, { recursive: true, force: true });
  world.sandbox.requests.clear();
};
const keysOf = (all: readonly Ended[]) => new Set(all.map((ended) => credentialProcessOutput(ended).AccessKeyId));
const statusesOf = (all: readonly Ended[]) => [...new Set(all.map(({ status }) => status))];

describe("fifty processes at the instant of expiry", () => {
  beforeEach(async () => {
    await world.signIn("dev");
    await expire();
  });

  it("make one refresh and one call to STS, and all print the same keys, silently", async () => {
    const all = await many(50, ["credential-process", "dev"]);
    expect(statusesOf(all)).toEqual([0]);
    expect(new Set(all.map(({ stderr }) => stderr))).toEqual(new Set([""]));
    expect(keysOf(all).size).toBe(1);
    expect(counts()).toEqual({ device: 0, token: 1, sts: 1 });
  });

  it("leave no lock behind", async () => {
    await many(10, ["credential-process", "dev"]);
    const left = [...(await readdir(world.cacheDir)), ...(await readdir(world.stateDir))];
    expect(left.filter((name) => name.includes(".lock"))).toEqual([]);
  });

  it("make one refresh when they want different roles, and one call to STS each", async () => {
    const roles = ["dev", "readonly"] as const;
    const all = await Promise.all(roles.flatMap((role) => Array.from({ length: 10 }, () => world.run(["env", role]))));
    expect(statusesOf(all)).toEqual([0]);
    expect(counts()).toEqual({ device: 0, token: 1, sts: 2 });
  });

  it("hand out the old keys at once when another process is slow to renew them", async () => {
    await world.run(["credential-process", "dev"]);
    // Ten minutes left of an hour: to be renewed, and still alive.
    await ageCredentials(world.cacheDir, world.sandbox.roles.developer, 10);
    world.sandbox.faults.set({ kind: "hold", area: "sts" });
    const slow = world.start(["credential-process", "dev"]);
    await untilThereIs(/\.lock$/, world);
    const others = await many(5, ["credential-process", "dev"]);
    expect(statusesOf(others)).toEqual([0]);
    slow.child.kill("SIGKILL");
    await slow.ended;
  });
});

it("a lock that another machine left on a shared home is waited for a few seconds, and no longer", async () => {
  await world.signIn("dev");
  await expire();
  const { path } = await onlySession(world.stateDir);
  const lock = path.replace(/\.json$/, ".lock");
  await writeFile(lock, JSON.stringify({ pid: 1, hostname: "another-machine", token: "left" }), { mode: 0o600 });
  const ended = await world.run(["credential-process", "dev"]);
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  expect(counts()).toEqual({ device: 0, token: 1, sts: 1 });
});

describe("fifty processes that need a person", () => {
  it("fail at once, without a request, when there is no sign-in", async () => {
    await world.run(["logout", "dev"]);
    world.sandbox.requests.clear();
    const all = await many(50, ["credential-process", "dev"]);
    expect(statusesOf(all)).toEqual([4]);
    expect(world.sandbox.requests.all()).toEqual([]);
  });

  it("try a dead refresh token once between them", async () => {
    await world.signIn("dev");
    const { record } = await onlySession(world.stateDir);
    const discovery = await fetch(`${world.sandbox.auth0.domain}/.well-known/openid-configuration`);
    const { revocation_endpoint: endpoint } = v.parse(
      v.object({ revocation_endpoint: v.string() }),
      await discovery.json(),
    );
    await fetch(endpoint, {
      method: "POST",
      body: new URLSearchParams({ client_id: world.sandbox.auth0.clientId, token: record.refreshToken ?? "" }),
    });
    await expire();
    const all = await many(50, ["credential-process", "dev"]);
    expect(statusesOf(all)).toEqual([4]);
    expect(counts()).toEqual({ device: 0, token: 1, sts: 0 });
  });

  it("ask once between them where prompts are allowed, and all go on with the one sign-in", async () => {
    await world.run(["logout", "dev"]);
    world.sandbox.requests.clear();
    const running = Array.from({ length: 12 }, () =>
      world.start(["env", "dev", "--prompt=always", "--no-browser"], { limitSeconds: 60 }),
    );
    const [url] = await Promise.race(running.map((each) => each.stderrMatching(/http:\S+user_code=\S+/)));
    await world.sandbox.approve(url);
    const all = await Promise.all(running.map((each) => each.ended));
    expect(statusesOf(all)).toEqual([0]);
    expect(new Set(all.map(({ stdout }) => stdout)).size).toBe(1);
    expect(counts()).toMatchObject({ device: 1, sts: 1 });
  });

  it("open one page between them in the browser flow, and all go on with the one sign-in", async () => {
    await world.run(["logout", "plain"]);
    world.sandbox.requests.clear();
    const running = Array.from({ length: 12 }, () =>
      world.start(["env", "plain", "--prompt=always", "--flow=browser", "--no-browser"], { limitSeconds: 60 }),
    );
    const [, url = ""] = await Promise.race(running.map((each) => each.stderrMatching(/^tegata: open (\S+)\n/m)));
    await world.sandbox.browse(url);
    const all = await Promise.all(running.map((each) => each.ended));
    expect(statusesOf(all)).toEqual([0]);
    expect(new Set(all.map(({ stdout }) => stdout)).size).toBe(1);
    expect(all.filter(({ stderr }) => stderr.includes("tegata: open ")).length).toBe(1);
    expect(counts()).toEqual({ device: 0, token: 1, sts: 1 });
  });
});
