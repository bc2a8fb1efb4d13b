import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inWords, plainVocabulary, type Words } from "@tegata/core";
import { fakePorts, sampleCredentials } from "@tegata/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCredentialsCache } from "../storage/credentials-cache.ts";
import { createLocks } from "../files/lock.ts";
import { isGone, thisProcessIdentity } from "../files/process-identity.ts";
import { createSessionStore } from "../storage/session-store.ts";
import { plainTokenStore, type TokenStore } from "../storage/token-store.ts";
import {
  beginSignIn,
  currentGeneration,
  endSignIn,
  isOfGeneration,
  isStillSignedIn,
  storeCredentials,
  storeRenewedSession,
  storeWorkloadCredentials,
} from "./stored-sign-in.ts";

const host = { platform: process.platform, uid: process.getuid?.() };
const key = { session: "a".repeat(64), digest: "b".repeat(64) };
const ann = { issuer: "https://idp.example", subject: "ann", idToken: "i.d.t", refreshToken: "r1", savedAt: 1_000_000 };
const record = {
  credentials: sampleCredentials,
  obtainedAt: 1_000_000,
  subject: "ann",
  issuer: "https://idp.example",
  roleArn: "arn:aws:iam::123456789012:role/Developer",
  roleSessionName: "ann",
};
/** Tokens that are encrypted somehow, by a keyring that may not be asked for anything but that. */
const sealed: TokenStore = {
  ...plainTokenStore,
  open: () => Promise.reject(new Error("the keyring was asked")),
  seal: () => Promise.resolve({ kind: "sealed", sealed: { keyId: "c".repeat(32), nonce: "n", sealed: "s" } }),
  forgetKeys: () => Promise.resolve(),
};
const nothingKept: TokenStore = { ...plainTokenStore, seal: () => Promise.resolve({ kind: "nothing" }) };

let base: string;
beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "tegata-kept-")));
});
afterEach(() => rm(base, { recursive: true, force: true }));

const folder = (name: string) => ({ path: join(base, name), variable: "TEGATA_STATE_DIR" });

function contextOf(tokens: TokenStore = plainTokenStore) {
  const ports = fakePorts({ fetch: () => Promise.reject(new Error("no request")) });
  const warned: string[] = [];
  return {
    ports,
    cache: createCredentialsCache(folder("cache"), host),
    sessions: createSessionStore(folder("state"), host, tokens),
    sessionLocks: createLocks(
      folder("state"),
      { ...host, identity: thisProcessIdentity, isGone },
      {
        ...ports.clock,
        // Heartbeats wait for ever.
        sleep: (_milliseconds, signal) =>
          new Promise((_resolve, reject) => {
            signal?.addEventListener("abort", () => reject(new Error("stopped")), { once: true });
          }),
      },
    ),
    notify: { warn: (line: string | Words) => warned.push(inWords(line, plainVocabulary)) },
    warned,
  };
}
const left = async () =>
  (await Promise.all(["cache", "state"].map((name) => readdir(join(base, name)).catch(() => [])))).flat();

describe.each([
  ["a file", plainTokenStore],
  ["a file whose tokens are encrypted", sealed],
  ["nothing but its generation", nothingKept],
])("a sign-in that is stored as %s", (_how, tokens) => {
  it("has a generation of its own, and its credentials are stored", async () => {
    const context = contextOf(tokens);
    const first = await beginSignIn(key.session, ann, context);
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(await currentGeneration(key.session, context)).toBe(first);
    expect(await storeCredentials(key, { ...record, generation: first }, context)).toBe(true);
    expect(await context.cache.load(key)).toEqual({ kind: "found", record: { ...record, generation: first } });
    expect(await beginSignIn(key.session, ann, context)).not.toBe(first);
    expect((await context.cache.load(key)).kind).toBe("absent");
  });

  it("leaves nothing behind once it has ended, even when a late run still stores", async () => {
    const context = contextOf(tokens);
    const generation = await beginSignIn(key.session, ann, context);
    await context.cache.store(key, { ...record, generation });
    await endSignIn(key.session, context).catch(() => undefined);
    expect(await left()).toEqual([]);
    expect(await storeCredentials(key, { ...record, generation }, context)).toBe(false);
    expect(await storeRenewedSession(key.session, { ...ann, generation }, context)).toEqual({ isStored: false });
    expect(await isStillSignedIn(key, { ...record, generation }, context)).toBe(false);
    expect(await left()).toEqual([]);
    expect(context.warned).toEqual([]);
  });
});

it("a renewal keeps the generation, and stores nothing beside another person's sign-in", async () => {
  const context = contextOf();
  const generation = await beginSignIn(key.session, ann, context);
  expect(await storeRenewedSession(key.session, { ...ann, generation, refreshToken: "r2" }, context)).toEqual({
    isStored: true,
  });
  expect(await currentGeneration(key.session, context)).toBe(generation);
  const bobs = await beginSignIn(key.session, { ...ann, subject: "bob" }, context);
  expect(await storeRenewedSession(key.session, { ...ann, generation, refreshToken: "r3" }, context)).toEqual({
    isStored: false,
    instead: { issuer: ann.issuer, subject: "bob", generation: bobs },
  });
  expect(await context.sessions.load(key.session)).toMatchObject({ record: { subject: "bob", refreshToken: "r1" } });
});

it("a session of an older version gets a generation, and credentials without one do not belong to it", async () => {
  const context = contextOf();
  await context.sessions.save(key.session, ann);
  const current = await currentGeneration(key.session, context);
  expect(current).toMatch(/^[0-9a-f]{32}$/);
  expect([isOfGeneration(record, current), isOfGeneration({ ...record, generation: current }, current)]).toEqual([
    false,
    true,
  ]);
});

it("a workload's first credentials set a generation, and a run that began before a sign-out keeps nothing after it", async () => {
  const context = contextOf();
  const { generation } = await storeWorkloadCredentials(key, record, undefined, context);
  expect(generation).toBe(await currentGeneration(key.session, context));
  expect((await storeWorkloadCredentials(key, record, generation, context)).generation).toBe(generation);
  await endSignIn(key.session, context);
  expect(await storeWorkloadCredentials(key, record, generation, context)).toEqual(record);
  expect(await left()).toEqual([]);
});

it("the lock for storing leaves no file behind, and a generation that is malformed counts as none", async () => {
  const context = contextOf();
  await beginSignIn(key.session, ann, context);
  const [name, ...others] = await left();
  expect([name, others]).toEqual([`${"a".repeat(32)}.json`, []]);
  const text = await readFile(join(base, "state", name ?? ""), "utf8");
  await writeFile(join(base, "state", name ?? ""), text.replace(/"generation":"[0-9a-f]+"/, '"generation":"short"'));
  expect(await currentGeneration(key.session, context)).toBeUndefined();
});
