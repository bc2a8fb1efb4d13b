import { readFile, writeFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { credentialProcessOutput } from "./support/credential-process-output.ts";
import { ageCredentials, cachedCredentials, onlySession } from "./support/records.ts";
import { createWorld, type World, type WorldRunOptions } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  // Too short to be used a second time: every renewal needs the refresh token.
  world = await createWorld({ idTokenLifetimeSeconds: 50 });
  const plain = await world.anotherHome();
  homes = {
    dev: { env: {}, stateDir: world.stateDir, cacheDir: world.cacheDir },
    plain: { env: plain, stateDir: `${plain.HOME}/.local/state/tegata`, cacheDir: `${plain.HOME}/.cache/tegata` },
  };
  await Promise.all([world.signIn("dev"), world.signIn("plain", { env: plain })]);
});
afterEach(() => world.sandbox.faults.clear());
afterAll(() => world.close());

type Home = { readonly env: Readonly<Record<string, string>>; readonly stateDir: string; readonly cacheDir: string };
let homes: { readonly dev: Home; readonly plain: Home };

const credentialsOf = async (args: readonly string[], options?: WorldRunOptions) => {
  const ended = await world.run(["credential-process", ...args], options);
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  return credentialProcessOutput(ended);
};
const counts = () => {
  const { requests } = world.sandbox;
  return {
    token: requests.count("token"),
    sts: requests.count("sts"),
    device: requests.count("device_authorization"),
  };
};

describe.each(["dev", "plain"] as const)("the refresh token of %s", (name) => {
  it("is used once the ID token has ended, is replaced on disk, and nobody is asked", async () => {
    const { env, stateDir } = homes[name];
    const before = await onlySession(stateDir);
    world.sandbox.requests.clear();
    await credentialsOf([name, "--fresh"], { env });
    expect(counts()).toEqual({ token: 1, sts: 1, device: 0 });
    expect(world.sandbox.requests.all().find(({ area }) => area === "token")).toMatchObject({
      operation: "refresh_token",
      status: 200,
    });
    const after = await onlySession(stateDir);
    expect(after.path).toBe(before.path);
    expect(after.record.refreshToken).not.toBe(before.record.refreshToken);
    expect(after.record.subject).toBe(before.record.subject);
  });
});

const developer = () => world.sandbox.roles.developer;
const age = (minutesLeft: number) => ageCredentials(world.cacheDir, developer(), minutesLeft);

describe("cached credentials", () => {
  it("are handed out untouched while enough of them is left", async () => {
    await age(19);
    world.sandbox.requests.clear();
    const answer = await credentialsOf(["dev"]);
    expect(Date.parse(answer.Expiration) - Date.now()).toBeLessThan(20 * 60_000);
    expect(world.sandbox.requests.all()).toEqual([]);
  });

  it("are renewed, silently, when the SDKs would soon ask again at every call", async () => {
    const old = (await cachedCredentials(world.cacheDir, developer())).record;
    await age(15);
    const answer = await credentialsOf(["dev"]);
    expect(answer.AccessKeyId).not.toBe(old.credentials.accessKeyId);
    expect(Date.parse(answer.Expiration) - Date.now()).toBeGreaterThan(55 * 60_000);
  });

  it("are handed out when old but alive, while the identity provider is out of reach", async () => {
    await age(5);
    const old = (await cachedCredentials(world.cacheDir, developer())).record;
    world.sandbox.faults.set({ kind: "reset", area: "discovery" });
    world.sandbox.faults.set({ kind: "reset", area: "token" });
    expect((await credentialsOf(["dev"])).AccessKeyId).toBe(old.credentials.accessKeyId);
    world.sandbox.faults.clear();
    world.sandbox.faults.set({ kind: "status", area: "token", status: 503 });
    expect((await credentialsOf(["dev"])).AccessKeyId).toBe(old.credentials.accessKeyId);
  });

  it(
    "are handed out when old but alive, while STS is down, and the refresh token that was replaced on the way is not lost",
    { timeout: 20_000 },
    async () => {
      // Five attempts, with back-off: the one test here that takes seconds.
      await age(5);
      const old = (await cachedCredentials(world.cacheDir, developer())).record;
      const before = await onlySession(world.stateDir);
      world.sandbox.faults.set({ kind: "status", area: "sts", status: 503 });
      expect((await credentialsOf(["dev"])).AccessKeyId).toBe(old.credentials.accessKeyId);
      world.sandbox.faults.clear();
      const after = await onlySession(world.stateDir);
      expect(after.record.refreshToken).not.toBe(before.record.refreshToken);
      expect((await credentialsOf(["dev"])).AccessKeyId).not.toBe(old.credentials.accessKeyId);
    },
  );

  it("are not handed out once they have ended: without a network that is 6, and nothing on stdout", async () => {
    await age(-1);
    world.sandbox.faults.set({ kind: "reset", area: "discovery" });
    world.sandbox.faults.set({ kind: "reset", area: "token" });
    const ended = await world.run(["credential-process", "dev"]);
    expect(ended).toMatchObject({ status: 6, stdout: "" });
    expect(ended.stderr).toMatch(/^tegata: error: .+\n(tegata: hint: .+\n)?$/);
    world.sandbox.faults.clear();
    await credentialsOf(["dev"]);
  });

  it("are a miss and no obstacle when their file is torn, foreign or empty", async () => {
    for (const content of ["", "{", "null", '{"version":2}', "\u0000".repeat(100)]) {
      const { path } = await cachedCredentials(world.cacheDir, developer());
      await writeFile(path, content);
      await credentialsOf(["dev"]);
      expect(await readFile(path, "utf8")).not.toBe(content);
    }
  });
});

describe("a refresh token that is used a second time", () => {
  it("ends the session at the provider; then only a person helps, and the next run asks nobody in vain", async () => {
    const old = await onlySession(world.stateDir);
    await credentialsOf(["dev", "--fresh"]);
    await writeFile(old.path, old.text);
    const ended = await world.run(["credential-process", "dev", "--fresh"]);
    expect(ended).toMatchObject({ status: 4, stdout: "" });
    expect(ended.stderr).toContain("tegata: hint: tegata login dev\n");
    // The dead token is forgotten, so that the provider is not asked about it again.
    world.sandbox.requests.clear();
    expect(await world.run(["credential-process", "dev", "--fresh"])).toMatchObject({ status: 4, stdout: "" });
    expect(world.sandbox.requests.count("token")).toBe(0);
    // What was obtained before still lives.
    await credentialsOf(["dev"]);
    expect((await world.login("dev")).status).toBe(0);
    await credentialsOf(["dev", "--fresh"]);
  });
});
