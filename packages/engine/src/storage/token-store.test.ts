import { inWords, plainVocabulary } from "@tegata/core";
import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Keyring, KeyringResult } from "./keyring.ts";
import { createSessionStore, type SessionRecord } from "./session-store.ts";
import { createTokenStore, type TokenStoreMode } from "./token-store.ts";

const host = { platform: process.platform, uid: process.getuid?.() };
const key = "a".repeat(64);
const record: SessionRecord = {
  issuer: "https://acme.example/",
  subject: "auth0|ann",
  // Longer than what a keyring of Windows takes.
  idToken: `header.${"payload".repeat(1000)}.signature`,
  refreshToken: "a-refresh-token",
  savedAt: Date.UTC(2026, 7, 25),
};
const found = { kind: "found", record };
const hanging: KeyringResult<never> = { kind: "trouble", reason: "the keyring did not answer within 2 s" };
const nowhere: KeyringResult<never> = { kind: "missing", reason: "there is no D-Bus session" };
const inFile = "the sign-in is stored in a file that only you can read, not in the keyring: ";

let folder: { path: string; variable: string };
/** What the keyring holds. */
let keys: Map<string, Uint8Array>;
/** What it answers instead, when something is the matter with it. */
let failing: KeyringResult<never> | undefined;
/** Every question that reached it. */
let asked: string[];
/** What a person was told. */
let said: string[];

beforeEach(async () => {
  folder = { path: join(await realpath(await mkdtemp(join(tmpdir(), "tegata-state-"))), "tegata"), variable: "X" };
  keys = new Map();
  failing = undefined;
  asked = [];
  said = [];
});
afterEach(() => rm(join(folder.path, ".."), { recursive: true, force: true }));

const keyring: Keyring = {
  read: (id) => {
    asked.push("read");
    return Promise.resolve(failing ?? { kind: "done", value: keys.get(id) });
  },
  write: (id, secret) => {
    asked.push("write");
    if (failing === undefined) {
      keys.set(id, secret);
    }
    return Promise.resolve(failing ?? { kind: "done", value: undefined });
  },
  secret: () => Promise.resolve({ kind: "done", value: undefined }),
  remove: (ids) => {
    asked.push("remove");
    ids.forEach((id) => keys.delete(id));
    return Promise.resolve(failing ?? { kind: "done", value: undefined });
  },
};

/** The store as a new process finds it. */
function processWith(mode: TokenStoreMode = "auto") {
  return createSessionStore(
    folder,
    host,
    createTokenStore({
      mode: () => Promise.resolve(mode),
      keyring: () => Promise.resolve(keyring),
      say: (line) => said.push(inWords(line, plainVocabulary)),
      warn: (line) => said.push(`warning: ${inWords(line, plainVocabulary)}`),
    }),
  );
}

const file = () => join(folder.path, `${key.slice(0, 32)}.json`);
const text = () => readFile(file(), "utf8");

test("a token is encrypted in the file, and comes back", async () => {
  await processWith().save(key, record);
  expect(await text()).not.toMatch(/payload|a-refresh-token/);
  expect(await processWith().load(key)).toEqual(found);
  expect(await processWith().peek(key)).toEqual({ tokenStore: "keyring", loaded: found });
  expect(await processWith().list()).toEqual([{ key, ...record }]);
  expect(said).toEqual([]);
});

test("the keyring is asked once in a run, and never where it holds nothing", async () => {
  expect((await processWith().load(key)).kind).toBe("absent");
  expect(asked).toEqual([]);
  const first = processWith();
  await first.save(key, record);
  await first.save(key, record);
  await first.load(key);
  expect(asked).toEqual(["write"]);
  const second = processWith();
  await second.load(key);
  await second.save(key, { ...record, refreshToken: "rotated" });
  await second.load(key);
  expect(asked).toEqual(["write", "read"]);
  expect(keys.size).toBe(1);
});

test("each save has a nonce of its own", async () => {
  const store = processWith();
  const nonces = new Set<string>();
  for (let index = 0; index < 20; index += 1) {
    await store.save(key, record);
    nonces.add(/"nonce":"([^"]+)"/.exec(await text())?.[1] ?? "");
  }
  expect(nonces.size).toBe(20);
});

test("a keyring that hangs is asked once, and the sign-in is stored in a file with a warning", async () => {
  failing = hanging;
  const store = processWith();
  await store.save(key, record);
  await store.save(key, record);
  expect(asked).toEqual(["write"]);
  expect(said).toEqual([`warning: ${inFile}${hanging.reason}`]);
  expect(await processWith().load(key)).toEqual(found);
  expect(asked).toEqual(["write"]);
});

test("a keyring that hangs while its key is wanted is a miss with a warning, and the next save replaces the file", async () => {
  await processWith().save(key, record);
  failing = hanging;
  const store = processWith();
  expect(await store.load(key)).toEqual({ kind: "absent", reason: hanging.reason, awaitsKeyring: true });
  expect(await store.load(key)).toEqual({ kind: "absent", reason: hanging.reason, awaitsKeyring: true });
  await store.save(key, record);
  expect(said).toEqual([
    `warning: the stored sign-in cannot be read: ${hanging.reason}`,
    `warning: ${inFile}${hanging.reason}`,
  ]);
  expect(asked).toEqual(["write", "read"]);
  failing = undefined;
  expect(await processWith().load(key)).toEqual(found);
});

test("a machine without a keyring is told so once", async () => {
  failing = nowhere;
  await processWith().save(key, record);
  await processWith().save(key, record);
  expect(said).toEqual([`${inFile}${nowhere.reason}`]);
});

test("a plain file is encrypted once there is a keyring, and plain again where a file is asked for", async () => {
  await processWith("file").save(key, record);
  expect(await processWith().load(key)).toEqual(found);
  await processWith().save(key, record);
  expect((await processWith().peek(key)).tokenStore).toBe("keyring");
  await processWith("file").save(key, record);
  expect((await processWith().peek(key)).tokenStore).toBe("file");
  expect(said).toEqual([]);
});

test.each([
  ["lost", () => keys.clear(), "its key is not in the keyring any more"],
  [
    "another one",
    () => keys.forEach((_, id) => keys.set(id, new Uint8Array(32))),
    "the key in the keyring does not open it",
  ],
  [
    "of another size",
    () => keys.forEach((_, id) => keys.set(id, new Uint8Array(16))),
    "its key is not in the keyring any more",
  ],
])("a key that is %s makes the session a miss, and the next save mends it", async (_what, damage, reason) => {
  await processWith().save(key, record);
  damage();
  expect(await processWith().load(key)).toEqual({ kind: "absent", reason });
  const store = processWith();
  await store.load(key);
  await store.save(key, record);
  expect(await processWith().load(key)).toEqual(found);
});

test.each([
  ["put into another session's place", (content: string) => content],
  ["changed by a byte", (content: string) => content.replace(/"sealed":"./, (start) => `${start.slice(0, -1)}_`)],
])("a sealed session that was %s is a miss", async (_what, damage) => {
  const other = "b".repeat(64);
  await processWith().save(key, record);
  const content = damage(await text());
  await writeFile(join(folder.path, `${other.slice(0, 32)}.json`), content.replace(key, other), { mode: 0o600 });
  await writeFile(file(), damage(content), { mode: 0o600 });
  expect((await processWith().load(other)).kind).toBe("absent");
});

test("keyring: without one, loading and saving are errors and the file stays as it was", async () => {
  await processWith("file").save(key, record);
  const before = await text();
  failing = nowhere;
  await expect(processWith("keyring").load(key)).rejects.toMatchObject({
    code: "storage_unreadable",
    message: `the keyring cannot be used: ${nowhere.reason}`,
    hint: expect.stringContaining("token_store file") as unknown,
  });
  await expect(processWith("keyring").save(key, record)).rejects.toMatchObject({ code: "storage_unwritable" });
  expect(await text()).toBe(before);
  failing = undefined;
  expect(await processWith("keyring").load(key)).toEqual(found);
});

test("none: nothing is stored, and an earlier sign-in is not used and goes with the next save", async () => {
  await processWith().save(key, record);
  const store = processWith("none");
  expect(await store.load(key)).toEqual({ kind: "absent", reason: "sign-ins are not stored" });
  // For status and logout it is there all the same.
  expect((await store.peek(key)).loaded).toEqual(found);
  await store.save(key, record);
  expect(await readdir(folder.path)).toEqual([]);
  expect(keys.size).toBe(0);
  expect(said).toEqual([expect.stringMatching(/^the sign-in is not stored .* you have to sign in again$/)]);
});

test("a key is removed with its session, and a keyring that hangs keeps no session from being forgotten", async () => {
  await processWith().save(key, record);
  await processWith().save("b".repeat(64), record);
  expect(keys.size).toBe(2);
  expect(await processWith().forget(key)).toBe(true);
  expect(keys.size).toBe(1);
  failing = hanging;
  expect(await processWith().forgetAll()).toBe(1);
  expect(await readdir(folder.path)).toEqual([]);
  expect(said).toEqual([`warning: the key of the forgotten sign-in stays in the keyring: ${hanging.reason}`]);
});
