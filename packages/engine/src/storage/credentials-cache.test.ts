import { chmod, lstat, mkdtemp, readdir, readFile, realpath, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toIsoSeconds } from "@tegata/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CredentialsKey } from "./credentials-cache.ts";
import { createCredentialsCache, type CredentialsRecord, freshness, isAlive, isFresh } from "./credentials-cache.ts";

const host = { platform: process.platform, uid: process.getuid?.() };
const minute = 60_000;
const obtainedAt = Date.UTC(2026, 7, 25, 12);
const key: CredentialsKey = { session: "a".repeat(64), digest: "b".repeat(64) };
const sibling: CredentialsKey = { session: "a".repeat(64), digest: "c".repeat(64) };
const stranger: CredentialsKey = { session: "d".repeat(64), digest: "e".repeat(64) };
let base: string;
let folder: { path: string; variable: string };

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "tegata-cache-")));
  folder = { path: join(base, "tegata"), variable: "TEGATA_CACHE_DIR" };
});
afterEach(() => rm(base, { recursive: true, force: true }));

function recordOf(lifetime: number, change: Partial<CredentialsRecord> = {}): CredentialsRecord {
  return {
    credentials: {
      accessKeyId: "ASIAEXAMPLE",
      secretAccessKey: "secret",
      sessionToken: "token",
      expiration: toIsoSeconds(obtainedAt + lifetime),
      accountId: "123456789012",
      assumedRoleArn: undefined,
    },
    obtainedAt,
    subject: "auth0|ann",
    issuer: "https://acme.example/",
    roleArn: "arn:aws:iam::123456789012:role/Developer",
    roleSessionName: "ann",
    ...change,
  };
}
const pathOf = ({ session, digest }: CredentialsKey) =>
  join(folder.path, `${session.slice(0, 32)}.${digest.slice(0, 32)}.json`);

test("credentials come back as they were stored, in a file and a folder that only their owner can read", async () => {
  const cache = createCredentialsCache(folder, host);
  expect(await cache.load(key)).toEqual({ kind: "absent", reason: "there is no record yet" });
  await cache.store(key, recordOf(60 * minute));
  expect(await cache.load(key)).toEqual({ kind: "found", record: recordOf(60 * minute) });
  expect((await lstat(pathOf(key))).mode & 0o7777).toBe(0o600);
  expect((await lstat(folder.path)).mode & 0o7777).toBe(0o700);
});

test.each<[string, (text: string) => string]>([
  ["empty", () => ""],
  ["truncated", (text) => text.slice(0, text.length / 2)],
  ["foreign JSON", () => `{"Version":1,"AccessKeyId":"x"}`],
  ["null", () => "null"],
  ["of another version", (text) => text.replace(`"version":2`, `"version":1`)],
  ["of another key", (text) => text.replace("b".repeat(64), "f".repeat(64))],
  ["without an expiration", (text) => text.replace(`"expiration"`, `"expires"`)],
  [
    "with an impossible expiration",
    (text) => text.replace(/"expiration":"[^"]*"/, `"expiration":"2026-99-99T99:99:99Z"`),
  ],
  ["with an empty key", (text) => text.replace("ASIAEXAMPLE", "")],
  ["huge", () => " ".repeat(1_100_000)],
])("a record that is %s is a miss, and the next one replaces it", async (_what, damage) => {
  const cache = createCredentialsCache(folder, host);
  await cache.store(key, recordOf(60 * minute));
  await writeFile(pathOf(key), damage(await readFile(pathOf(key), "utf8")));
  expect(await cache.load(key)).toEqual({
    kind: "absent",
    reason: expect.stringMatching(/^the (record|file) /) as unknown,
  });
  expect(await cache.list()).toEqual([]);
  await cache.store(key, recordOf(60 * minute));
  expect((await cache.load(key)).kind).toBe("found");
});

test("a record that is not UTF-8 is a miss", async () => {
  const cache = createCredentialsCache(folder, host);
  await cache.store(key, recordOf(60 * minute));
  await writeFile(pathOf(key), new Uint8Array([0x7b, 0xff, 0xfe]));
  expect((await cache.load(key)).kind).toBe("absent");
});

test("a record or a folder that others can write to is refused", async () => {
  const cache = createCredentialsCache(folder, host);
  await cache.store(key, recordOf(60 * minute));
  await chmod(pathOf(key), 0o666);
  await expect(cache.load(key)).rejects.toMatchObject({ code: "storage_unsafe" });
  await chmod(folder.path, 0o777);
  await expect(cache.load(key)).rejects.toMatchObject({ code: "storage_unsafe" });
  await expect(cache.store(key, recordOf(minute))).rejects.toMatchObject({ code: "storage_unsafe" });
});

test.each([
  [60, 43, true],
  [60, 44, true],
  [60, 45, false],
  [720, 704, true],
  [720, 705, false],
  [15, 10, true],
  [15, 11, false],
  [60, -0.5, true],
  [60, -2, false],
])("credentials of %d minutes: after %d minutes, fresh is %s", (lifetime, age, fresh) => {
  expect(isFresh(recordOf(lifetime * minute), obtainedAt + age * minute)).toBe(fresh);
});

const until = (milliseconds: number, lifetime: number) =>
  freshness({ ...recordOf(lifetime), obtainedAt: obtainedAt + milliseconds }).until - obtainedAt;

test("a thousand machines that got credentials in the same second renew at different moments, within two minutes before the limit", () => {
  const hour = Array.from({ length: 1000 }, (_, index) => until(index, 60 * minute));
  expect(new Set(hour).size).toBe(1000);
  expect(Math.max(...hour)).toBe(44 * minute);
  expect(Math.min(...hour)).toBeGreaterThan(42 * minute - 1000);
  expect(until(999, 15 * minute)).toBeGreaterThan(9 * minute);
});

test("credentials are alive until their expiration, and not by a clock that was set back", () => {
  const record = recordOf(60 * minute);
  expect(isAlive(record, obtainedAt + 59 * minute)).toBe(true);
  expect(isAlive(record, obtainedAt + 60 * minute)).toBe(false);
  expect(isAlive(record, obtainedAt - 2 * minute)).toBe(false);
});

test("forgetting a sign-in deletes its credentials and what a killed process left of them, and no others", async () => {
  const cache = createCredentialsCache(folder, host);
  await cache.store(key, recordOf(minute));
  await cache.store(sibling, recordOf(minute));
  await cache.store(stranger, recordOf(minute));
  await writeFile(`${pathOf(key)}.${crypto.randomUUID()}.tmp`, "half a rec");
  expect((await cache.list()).map((each) => each.key)).toEqual([key, sibling, stranger]);
  expect(await cache.forgetSession(key.session)).toBe(3);
  expect((await cache.list()).map((each) => each.key)).toEqual([stranger]);
});

test("forgetting everything leaves the files of others in place", async () => {
  const cache = createCredentialsCache(folder, host);
  expect(await cache.forgetAll()).toBe(0);
  await cache.store(key, recordOf(minute));
  await writeFile(join(folder.path, "notes.json"), "mine");
  expect(await cache.forgetAll()).toBe(1);
  expect(await readdir(folder.path)).toEqual(["notes.json"]);
});

test("a store deletes expired records and abandoned files", async () => {
  const cache = createCredentialsCache(folder, host);
  await cache.store(key, recordOf(minute));
  await cache.store(sibling, recordOf(minute));
  const abandoned = `${pathOf(sibling)}.${crypto.randomUUID()}.tmp`;
  await writeFile(abandoned, "half a rec");
  const hoursAgo = (hours: number) => new Date(Date.now() - hours * 60 * minute);
  await utimes(pathOf(key), hoursAgo(14), hoursAgo(14));
  await utimes(pathOf(sibling), hoursAgo(11), hoursAgo(11));
  await utimes(abandoned, hoursAgo(2), hoursAgo(2));
  await cache.store(stranger, recordOf(minute));
  expect((await cache.list()).map((each) => each.key)).toEqual([sibling, stranger]);
  expect(await readdir(folder.path)).toHaveLength(2);
});

test("without a folder nothing is stored, and everything is a miss", async () => {
  const cache = createCredentialsCache(undefined, host);
  await cache.store(key, recordOf(minute));
  expect(await cache.load(key)).toEqual({ kind: "absent", reason: "there is no folder for the cache" });
  expect([await cache.list(), await cache.forgetAll(), await cache.forgetSession(key.session)]).toEqual([[], 0, 0]);
});
