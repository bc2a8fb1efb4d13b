import { chmod, lstat, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSessionStore, type SessionRecord } from "./session-store.ts";

const host = { platform: process.platform, uid: process.getuid?.() };
const key = "a".repeat(64);
const record: SessionRecord = {
  issuer: "https://acme.example/",
  subject: "auth0|ann",
  idToken: "header.payload.signature",
  refreshToken: "refresh",
  savedAt: Date.UTC(2026, 7, 25),
};
let base: string;
let folder: { path: string; variable: string };
let file: string;

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "tegata-state-")));
  folder = { path: join(base, "tegata"), variable: "TEGATA_STATE_DIR" };
  file = join(folder.path, `${key.slice(0, 32)}.json`);
});
afterEach(() => rm(base, { recursive: true, force: true }));

test("a sign-in comes back as it was saved, in a file and a folder that only their owner can read", async () => {
  const store = createSessionStore(folder, host);
  expect((await store.load(key)).kind).toBe("absent");
  await store.save(key, record);
  expect(await store.load(key)).toEqual({ kind: "found", record });
  expect((await lstat(file)).mode & 0o7777).toBe(0o600);
  expect((await lstat(folder.path)).mode & 0o7777).toBe(0o700);
  expect(await store.list()).toEqual([{ key, ...record }]);
});

test("a refresh token that was dropped does not come back", async () => {
  const store = createSessionStore(folder, host);
  await store.save(key, record);
  await store.save(key, { ...record, refreshToken: undefined, idToken: undefined });
  expect(await store.load(key)).toEqual({
    kind: "found",
    record: { ...record, refreshToken: undefined, idToken: undefined },
  });
});

test.each<[string, (text: string) => string]>([
  ["truncated", (text) => text.slice(0, -10)],
  ["of another key", (text) => text.replace(key, "b".repeat(64))],
  ["of another version", (text) => text.replace(`"version":1`, `"version":9`)],
  ["foreign", () => "[]"],
])("a session that is %s is a miss", async (_what, damage) => {
  const store = createSessionStore(folder, host);
  await store.save(key, record);
  await writeFile(file, damage(await readFile(file, "utf8")));
  expect(await store.load(key)).toEqual({ kind: "absent", reason: expect.stringMatching(/^the record /) as unknown });
});

test("a session that others can read is refused", async () => {
  const store = createSessionStore(folder, host);
  await store.save(key, record);
  await chmod(file, 0o644);
  await expect(store.load(key)).rejects.toMatchObject({
    code: "storage_unsafe",
    message: expect.stringContaining("mode 0644") as unknown,
  });
});

test("forgetting deletes the session and what a killed process left of it, and nothing else", async () => {
  const store = createSessionStore(folder, host);
  expect(await store.forget(key)).toBe(false);
  await store.save(key, record);
  await store.save("c".repeat(64), record);
  await writeFile(`${file}.${crypto.randomUUID()}.tmp`, "half");
  await writeFile(join(folder.path, "notes.txt"), "mine");
  expect(await store.forget(key)).toBe(true);
  expect(await readdir(folder.path)).toEqual([`${"c".repeat(32)}.json`, "notes.txt"]);
  expect(await store.forgetAll()).toBe(1);
  expect(await readdir(folder.path)).toEqual(["notes.txt"]);
});

test("without a folder nothing is saved, and everything is a miss", async () => {
  const store = createSessionStore(undefined, host);
  await store.save(key, record);
  expect((await store.load(key)).kind).toBe("absent");
  expect([await store.list(), await store.forgetAll(), await store.forget(key)]).toEqual([[], 0, false]);
});
