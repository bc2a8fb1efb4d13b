import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDocumentCache, type DocumentCache } from "./document-cache.ts";

const host = { platform: process.platform, uid: process.getuid?.() };
const url = "https://acme.example/.well-known/openid-configuration";
const document = { body: '{"issuer":"https://acme.example"}', readAt: Date.UTC(2026, 7, 25), lifetimeSeconds: 86_400 };
let base: string;
let folder: { path: string; variable: string };
let lines: string[];
let cache: DocumentCache;

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "tegata-documents-")));
  folder = { path: join(base, "tegata"), variable: "TEGATA_CACHE_DIR" };
  lines = [];
  cache = createDocumentCache(folder, host, (line) => lines.push(line));
});
afterEach(() => rm(base, { recursive: true, force: true }));

/** The one file of the folder. */
async function file(): Promise<string> {
  const [name = "", ...others] = await readdir(folder.path);
  expect(others).toEqual([]);
  return join(folder.path, name);
}

describe("a document", () => {
  it("comes back as it was saved, in a file and a folder that only their owner can read", async () => {
    expect(await cache.load(url)).toBeUndefined();
    await cache.save(url, document);
    expect(await cache.load(url)).toEqual(document);
    expect((await lstat(await file())).mode & 0o7777).toBe(0o600);
    expect((await lstat(folder.path)).mode & 0o7777).toBe(0o700);
    expect(lines).toEqual([]);
  });

  it("is found under its exact URL alone: a slash or a capital makes another one", async () => {
    await cache.save(url, document);
    for (const other of [
      `${url}/`,
      url.replace("acme", "Acme"),
      "https://evil.example/.well-known/openid-configuration",
    ]) {
      expect(await cache.load(other)).toBeUndefined();
    }
  });

  it("is a miss when its content names another URL than its file", async () => {
    await cache.save(url, document);
    const text = await readFile(await file(), "utf8");
    await writeFile(await file(), text.replace("acme.example", "evil.example"));
    expect(await cache.load(url)).toBeUndefined();
  });

  it.each<[string, (text: string) => string]>([
    ["truncated", (text) => text.slice(0, -10)],
    ["of another version", (text) => text.replace(`"version":1`, `"version":9`)],
    ["without a time", (text) => text.replace(`"readAt"`, `"readat"`)],
    ["from the end of time", (text) => text.replace(/"readAt":\d+/, `"readAt":1e999`)],
    ["foreign", () => "[]"],
    ["empty", () => ""],
    ["two megabytes", () => "x".repeat(2_000_000)],
  ])("that is %s is a miss, and the next one replaces it", async (_what, damage) => {
    await cache.save(url, document);
    await writeFile(await file(), damage(await readFile(await file(), "utf8")));
    expect(await cache.load(url)).toBeUndefined();
    await cache.save(url, document);
    expect(await cache.load(url)).toEqual(document);
  });

  it("that is forgotten is gone", async () => {
    await cache.save(url, document);
    await cache.save(url, undefined);
    expect(await cache.load(url)).toBeUndefined();
    await cache.save(url, undefined);
    expect(await readdir(folder.path)).toEqual([]);
  });

  it("is deleted after a month without use, and other files stay", async () => {
    await cache.save(url, document);
    const month = new Date(Date.now() - 31 * 86_400_000);
    await utimes(await file(), month, month);
    await writeFile(join(folder.path, "notes.txt"), "mine");
    await utimes(join(folder.path, "notes.txt"), month, month);
    await cache.save("https://other.example", document);
    expect(await cache.load(url)).toBeUndefined();
    expect(await cache.load("https://other.example")).toEqual(document);
    expect(await readdir(folder.path)).toContain("notes.txt");
  });
});

describe("a document is a miss, not an error, in", () => {
  it("a file that others can write to, which the next save replaces", async () => {
    await cache.save(url, document);
    await chmod(await file(), 0o622);
    expect(await cache.load(url)).toBeUndefined();
    await cache.save(url, document);
    expect(await cache.load(url), "replaced by one of ours").toEqual(document);
    expect(lines).toHaveLength(1);
  });

  it("a symbolic link", async () => {
    await cache.save(url, document);
    const path = await file();
    const elsewhere = join(base, "elsewhere");
    await writeFile(elsewhere, await readFile(path), { mode: 0o600 });
    await rm(path);
    await symlink(elsewhere, path);
    expect(await cache.load(url)).toBeUndefined();
  });

  it("a folder that others can write to, where nothing is saved", async () => {
    await cache.save(url, document);
    await chmod(folder.path, 0o777);
    expect(await cache.load(url)).toBeUndefined();
    await cache.save("https://other.example", document);
    expect(await readdir(folder.path)).toHaveLength(1);
  });

  it("a folder that is a file", async () => {
    await writeFile(folder.path, "");
    expect(await cache.load(url)).toBeUndefined();
    await cache.save(url, document);
    await cache.save(url, undefined);
    expect(lines).toHaveLength(3);
  });
});

it("forgetting deletes the documents, and nothing else", async () => {
  expect(await cache.forgetAll()).toBe(0);
  await cache.save(url, document);
  await cache.save("https://other.example", document);
  await mkdir(join(folder.path, "kept"));
  await writeFile(join(folder.path, "a.document"), "");
  expect(await cache.forgetAll()).toBe(2);
  expect((await readdir(folder.path)).sort()).toEqual(["a.document", "kept"]);
});

it("without a folder nothing is saved, and everything is a miss", async () => {
  const none = createDocumentCache(undefined, host, (line) => lines.push(line));
  await none.save(url, document);
  expect(await none.load(url)).toBeUndefined();
  expect(await none.forgetAll()).toBe(0);
});
