import { closeSync, constants, openSync, writeSync } from "node:fs";
import { spawn } from "node:child_process";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import * as v from "valibot";
import { credentialProcessOutput } from "./support/credential-process-output.ts";
import { matching } from "./support/matching.ts";
import { programs } from "./support/programs.ts";
import { cachedCredentials, endIdToken, onlySession } from "./support/records.ts";
import { createWorld, run, type World } from "./support/world.ts";

let world: World;
afterEach(() => world.close());

const args = ["credential-process", "dev"];

/** Ann has signed in; nothing is cached, and the next run asks the provider, or STS. */
async function annIsSignedIn({ withIdToken }: { readonly withIdToken: boolean }): Promise<void> {
  world = await createWorld();
  await world.signIn("dev", { as: "ann@example.com" });
  await rm(world.cacheDir, { recursive: true });
  if (!withIdToken) {
    await endIdToken(world.stateDir);
  }
  world.sandbox.requests.clear();
}

/** A run whose request has been carried out, and whose answer is on its way. */
async function runHeldAt(area: "sts" | "token" | "discovery" | "jwks" | "federation", words = args) {
  world.sandbox.faults.set({ kind: "hold", area, times: 1 });
  const running = world.start(words);
  await expect.poll(() => world.sandbox.requests.count(area)).toBe(1);
  return {
    /** Lets the answer through, and waits for the end. */
    goOn: () => {
      world.sandbox.faults.clear();
      return running.ended;
    },
  };
}

/** Ann has approved, and her credentials are on their way. */
async function annsLoginHeldAtSts() {
  world = await createWorld();
  world.sandbox.faults.set({ kind: "hold", area: "sts", times: 1 });
  const login = world.login("dev", { as: "ann@example.com" });
  await expect.poll(() => world.sandbox.requests.count("sts")).toBe(1);
  return {
    goOn: () => {
      world.sandbox.faults.clear();
      return login;
    },
  };
}

/** What is on disk of a sign-in: not what `status` tells of a failure. */
const storedOfSignIn = async () =>
  (await world.storedFiles()).map(({ path }) => path).filter((path) => !path.endsWith(".failure"));

const tokenErrorOf = async (refreshToken: string) => {
  const { domain, clientId } = world.sandbox.auth0;
  const configuration = await fetch(`${domain}/.well-known/openid-configuration`);
  const { token_endpoint: endpoint } = v.parse(v.object({ token_endpoint: v.string() }), await configuration.json());
  const body = new URLSearchParams({ grant_type: "refresh_token", client_id: clientId, refresh_token: refreshToken });
  const answer = await fetch(endpoint, { method: "POST", body });
  return v.parse(v.object({ error: v.optional(v.string()) }), await answer.json()).error;
};
const refreshTokens = () =>
  world.sandbox.secrets().flatMap(({ kind, value }) => (kind === "refresh_token" ? [value] : []));

const bobsCredentials = async () => {
  const { record } = await cachedCredentials(world.cacheDir, world.sandbox.roles.developer);
  expect(record.credentials.assumedRoleArn).toMatch(/bob@example\.com$/);
  return record.credentials;
};

describe("a sign-out while a run is on its way", () => {
  it.each([
    ["sts", true],
    ["token", false],
  ] as const)("leaves nothing on disk, and gives the run at %s nothing", async (area, withIdToken) => {
    await annIsSignedIn({ withIdToken });
    const held = await runHeldAt(area);
    expect(await world.run(["logout", "dev"])).toMatchObject({
      status: 0,
      stderr: "tegata: signed out of acme\ntegata: readonly, bob used this sign-in too\n",
    });
    expect(await held.goOn()).toMatchObject({ status: 4, stdout: "" });
    expect(await storedOfSignIn()).toEqual([]);
  });

  it("revokes the refresh token that the run got after it", async () => {
    await annIsSignedIn({ withIdToken: false });
    const held = await runHeldAt("token");
    await world.run(["logout", "dev"]);
    await held.goOn();
    expect(world.sandbox.requests.count("revocation")).toBe(2);
    expect(refreshTokens().length).toBeGreaterThan(1);
    expect(await Promise.all(refreshTokens().map(tokenErrorOf))).toEqual(refreshTokens().map(() => "invalid_grant"));
  });

  it.each(["discovery", "jwks", "sts"] as const)(
    "of everything leaves nothing either of the run at %s",
    async (area) => {
      await annIsSignedIn({ withIdToken: true });
      const held = await runHeldAt(area);
      expect((await world.run(["logout", "--all"])).status).toBe(0);
      expect(await held.goOn()).toMatchObject({ status: 4, stdout: "" });
      expect(await storedOfSignIn()).toEqual([]);
    },
  );
});

describe("a sign-out while the console is asked for", () => {
  it.each(["console-url", "console"])("leaves %s without an address", async (command) => {
    await annIsSignedIn({ withIdToken: true });
    const held = await runHeldAt("federation", [command, "dev"]);
    await world.run(["logout", "dev"]);
    expect(await held.goOn()).toMatchObject({
      status: 4,
      stdout: "",
      stderr: matching(/a sign-in .+ is needed\n.+ tegata login dev\n/),
    });
    expect(await storedOfSignIn()).toEqual([]);
  });
});

describe("a sign-in that another one, or a sign-out, has overtaken", () => {
  it("does not say that it counts: another person's does", async () => {
    const ann = await annsLoginHeldAtSts();
    await world.signIn("dev", { as: "bob@example.com" });
    const ended = await ann.goOn();
    expect(ended).toMatchObject({
      status: 4,
      stderr:
        /error: this sign-in does not count: somebody else has signed in meanwhile\ntegata: hint: tegata login dev\n$/,
    });
    expect(ended.stdout).not.toContain("signed_in");
    await bobsCredentials();
  });

  it("does not say that it counts: it was signed out", async () => {
    const ann = await annsLoginHeldAtSts();
    await world.run(["logout", "dev"]);
    expect(await ann.goOn()).toMatchObject({ status: 4, stderr: matching(/it was signed out meanwhile\n/) });
    expect(await storedOfSignIn()).toEqual([]);
  });

  it("counts where it was the same person's", async () => {
    const ann = await annsLoginHeldAtSts();
    await world.signIn("dev", { as: "ann@example.com" });
    expect(await ann.goOn()).toMatchObject({ status: 0, stdout: matching(/"event":"signed_in"/) });
  });
});

describe("another person's sign-in while a run is on its way", () => {
  it.each([
    ["sts", true],
    ["token", false],
  ] as const)("is the one that counts: the run at %s gives that person's credentials", async (area, withIdToken) => {
    await annIsSignedIn({ withIdToken });
    const ann = await onlySession(world.stateDir);
    const held = await runHeldAt(area);
    await world.signIn("dev", { as: "bob@example.com" });
    const bob = await onlySession(world.stateDir);
    const given = credentialProcessOutput(await held.goOn());
    expect(given.AccessKeyId).toBe((await bobsCredentials()).accessKeyId);
    expect((await onlySession(world.stateDir)).text).toBe(bob.text);
    expect(bob.record.subject).not.toBe(ann.record.subject);
    // What ann's renewal got is of no use to anybody.
    expect(world.sandbox.requests.count("revocation")).toBe(area === "token" ? 1 : 0);
  });

  it("caches no output of the person before, which waited in a full pipe", async () => {
    await annIsSignedIn({ withIdToken: true });
    const path = join(world.folder, "pipe");
    await run(["mkfifo", path], { cwd: world.folder, env: world.env });
    const both = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      for (;;) {
        writeSync(both, Buffer.alloc(4096, "."));
      }
    } catch {
      // Full.
    }
    const writer = openSync(path, constants.O_WRONLY);
    const [command, ...rest] = programs.binary;
    const waiting = spawn(command, [...rest, ...args], { env: world.env, stdio: ["ignore", writer, "ignore"] });
    const closed = new Promise((resolve) => waiting.once("close", resolve));
    closeSync(writer);
    const annsKey = async () =>
      (await cachedCredentials(world.cacheDir, world.sandbox.roles.developer)).record.credentials.accessKeyId;
    await expect.poll(() => annsKey().catch(() => undefined)).toBeDefined();
    const ann = await annsKey();

    await world.signIn("dev", { as: "bob@example.com" });
    const reader = run(["cat", path], { cwd: world.folder, env: world.env });
    expect(await closed).toBe(0);
    closeSync(both);
    expect((await reader).stdout).toContain(ann);

    const given = credentialProcessOutput(await world.run(args));
    expect(given.AccessKeyId).toBe((await bobsCredentials()).accessKeyId);
    const hot = (await readdir(world.cacheDir)).filter((name) => name.endsWith(".output"));
    const answers = await Promise.all(hot.map((name) => readFile(join(world.cacheDir, name), "utf8")));
    expect(answers.join("\n")).not.toContain(ann);
  });
});

describe("the same person's sign-in while a run renews the one before", () => {
  it("is kept, its refresh token lives, and the run gives credentials of it", async () => {
    await annIsSignedIn({ withIdToken: false });
    const held = await runHeldAt("token");
    await world.signIn("dev", { as: "ann@example.com" });
    const { text } = await onlySession(world.stateDir);
    expect(await held.goOn()).toMatchObject({ status: 0, stderr: "" });
    expect((await onlySession(world.stateDir)).text).toBe(text);
    expect(world.sandbox.requests.count("revocation")).toBe(0);
  });
});
