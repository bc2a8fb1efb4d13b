import { execFileSync } from "node:child_process";
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  like,
  createWorldSignedIn,
  expectClean,
  expectRefusal,
  loginAtTerminal,
  type Refusal,
} from "./support/refusal.ts";
import type { World } from "./support/world.ts";

// The harness gives a program 20 s, and says what it printed: more than a test has by default.

let world: World;
/** What a good sign-in leaves behind, by path. */
let good: ReadonlyMap<string, string>;
let cacheFile: string;
let stateFile: string;

beforeAll(async () => {
  world = await createWorldSignedIn("dev");
  good = new Map((await world.storedFiles()).map(({ path, content }) => [path, content]));
  const pathBelow = (folder: string) =>
    [...good.keys()].find((path) => path.startsWith(folder) && path.endsWith(".json")) ?? "none";
  cacheFile = pathBelow(world.cacheDir);
  stateFile = pathBelow(world.stateDir);
});
beforeEach(async () => {
  world.sandbox.requests.clear();
  for (const folder of [world.cacheDir, world.stateDir]) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  for (const [path, content] of good) {
    await writeFile(path, content, { mode: 0o600 });
  }
});
afterAll(() => world.close());

const mount = (...args: string[]) => execFileSync("mount", args, { timeout: 5000 });
const isRoot = process.getuid?.() === 0;
const settings = (error: Refusal["error"], hint: Refusal["hint"]): Refusal => ({ status: 3, error, hint });
const spoil = (path: string, change: (content: string) => string) => writeFile(path, change(good.get(path) ?? ""));

describe("a cache file", () => {
  it.each<[what: string, make: () => Promise<void>]>([
    ["that was cut off", () => truncate(cacheFile, 100)],
    ["that is empty", () => truncate(cacheFile, 0)],
    ["of garbage", () => writeFile(cacheFile, "garbage")],
    ["of bytes", () => writeFile(cacheFile, Buffer.from([0, 255, 254, 1, 2, 3]))],
    ["that is too large", () => writeFile(cacheFile, "x".repeat(1_048_577))],
    ["of another version", () => spoil(cacheFile, (content) => content.replace('"version":2', '"version":1'))],
    ["without a key", () => spoil(cacheFile, (content) => content.replace(/"secretAccessKey":"[^"]*"/, '"x":""'))],
    [
      "of another key",
      () => spoil(cacheFile, (content) => content.replace(/"digest":"[0-9a-f]{8}/, '"digest":"00000000')),
    ],
  ])("%s is a miss: new credentials come, and are kept", async (_what, make) => {
    await make();
    expect(await world.run(["credential-process", "dev"])).toMatchObject({ status: 0, stderr: "" });
    expect(world.sandbox.requests.count("sts")).toBe(1);
    expect(JSON.parse(await readFile(cacheFile, "utf8"))).toMatchObject({ version: 2 });
  });

  const unsafe: readonly (readonly [string, () => Promise<void>, Refusal["error"], Refusal["hint"]])[] = [
    [
      "that others can read",
      () => chmod(cacheFile, 0o644),
      /\.json can be read or written by others \(mode 0644\)/,
      /run chmod 600 \/\S+\.json, or delete/,
    ],
    [
      "that is a folder",
      async () => {
        await rm(cacheFile);
        await mkdir(cacheFile);
      },
      "is a folder",
      /delete it: rm -r \/\S+\.json/,
    ],
    [
      "that is a link",
      async () => {
        await rename(cacheFile, `${cacheFile}.old`);
        await symlink(`${cacheFile}.old`, cacheFile);
      },
      "is a symbolic link",
      /delete it: rm \/\S+\.json/,
    ],
    [
      "that is a pipe",
      async () => {
        await rm(cacheFile);
        execFileSync("mkfifo", ["-m", "600", cacheFile]);
      },
      "is not a file",
      /delete it: rm/,
    ],
    [
      "in a folder that others can write to",
      () => chmod(world.cacheDir, 0o777),
      /can be written to by others \(mode 0777\)/,
      /chmod 700 \//,
    ],
    [
      "in a folder that is a file",
      async () => {
        await rm(world.cacheDir, { recursive: true });
        await writeFile(world.cacheDir, "");
      },
      "it is not a folder",
      "TEGATA_CACHE_DIR",
    ],
    [
      "in a folder that is a link to nowhere",
      async () => {
        await rm(world.cacheDir, { recursive: true });
        await symlink("/nowhere", world.cacheDir);
      },
      "leads nowhere",
      "TEGATA_CACHE_DIR",
    ],
  ];
  it.each(unsafe)("%s is not used, and the way out is named", async (_what, make, error, hint) => {
    await make();
    expectRefusal(await world.run(["credential-process", "dev"]), settings(error, hint), world);
    expect(world.sandbox.requests.all()).toEqual([]);
    await rm(world.cacheDir, { recursive: true, force: true });
  });

  it.runIf(isRoot)("of someone else is not used (only root can make one)", async () => {
    await chown(cacheFile, 4321, 4321);
    const error = /\.json belongs to uid 4321, not to you \(uid 0\)/;
    expectRefusal(await world.run(["env", "dev"]), settings(error, /delete it: rm \//), world);
  });

  it("in a folder that others can merely read is used, and the folder made private", async () => {
    await chmod(world.cacheDir, 0o755);
    expect(await world.run(["env", "dev"])).toMatchObject({ status: 0, stderr: "" });
    expect(world.sandbox.requests.all()).toEqual([]);
  });
});

describe("a sign-in file", () => {
  it.each<[what: string, make: () => Promise<void>]>([
    ["that was cut off", () => truncate(stateFile, 100)],
    ["of garbage", () => writeFile(stateFile, "garbage")],
    [
      "of a time that no date can hold",
      () => spoil(stateFile, (content) => content.replace(/"savedAt":\d+/, '"savedAt":1e300')),
    ],
    ["of another key", () => spoil(stateFile, (content) => content.replace(/"key":"[0-9a-f]{8}/, '"key":"00000000'))],
  ])("%s means signing in again (4), and status says that there is none", async (_what, make) => {
    await make();
    const ended = await world.run(["credential-process", "dev", "--fresh"]);
    expectRefusal(ended, { status: 4, error: "a sign-in in the browser is needed", hint: "tegata login dev" }, world);
    const status = await world.run(["status", "dev"]);
    expect(status).toMatchObject({
      status: 0,
      stderr: "",
      stdout: like(/sign-in +none at acme/),
    });
  });

  it("with a token that somebody changed is not believed: it is renewed", async () => {
    await spoil(stateFile, (content) => content.replace(/("idToken":"[^"]{300})[^"]{8}/, "$1AAAAAAAA"));
    expect(await world.run(["env", "dev", "--fresh"])).toMatchObject({ status: 0 });
    expect(world.sandbox.requests.count("token")).toBe(1);
  });

  it("that others can read is not used, and the way out is named", async () => {
    await chmod(stateFile, 0o640);
    const error = /\.json can be read or written by others \(mode 0640\)/;
    expectRefusal(await world.run(["env", "dev", "--fresh"]), settings(error, /run chmod 600 \//), world);
  });
});

describe.runIf(isRoot)("a disk (only root can mount one)", () => {
  let disk: string;
  beforeAll(async () => {
    disk = await mkdtemp(join(tmpdir(), "tegata-disk-"));
    mount("-t", "tmpfs", "-o", "size=16k,mode=700", "tmpfs", disk);
    await mkdir(join(disk, "cache"), { mode: 0o700 });
    await mkdir(join(disk, "state"), { mode: 0o700 });
  });
  afterAll(async () => {
    execFileSync("umount", [disk], { timeout: 5000 });
    await rm(disk, { recursive: true });
  });
  const here = () => ({ TEGATA_CACHE_DIR: join(disk, "cache"), TEGATA_STATE_DIR: join(disk, "state") });
  const everything = () => readdir(disk, { recursive: true });

  it("that is full: login says so before it asks, goes on, and leaves nothing half-written", async () => {
    await writeFile(join(disk, "full"), "x".repeat(1_000_000)).catch(() => undefined);
    const files = await everything();
    const ended = await loginAtTerminal(world, ["dev"], undefined, { env: here() });
    expect(ended.status).toBe(0);
    const [before = "", after = ""] = ended.stderr.split(/^tegata: open /m);
    expect(before.match(/cannot be stored: .* no space is left on the disk \(ENOSPC\)/g)).toHaveLength(2);
    expect(after).not.toContain("ENOSPC");
    expectClean(ended.stderr, world);
    expect(await everything()).toEqual(files);
  });

  it("that is full, or read-only: credentials are handed out all the same, with a warning", async () => {
    for (const [reason, remount] of [
      ["no space is left", undefined],
      ["read-only", "remount,ro"],
    ] as const) {
      if (remount !== undefined) {
        mount("-o", remount, disk);
      }
      const before = await everything();
      const ended = await world.run(["env", "dev"], { env: { TEGATA_CACHE_DIR: join(disk, "cache") } });
      expect(ended).toMatchObject({ status: 0, stdout: like("export AWS_SECRET_ACCESS_KEY=") });
      expect(ended.stderr).toMatch(/^tegata: warning: the credentials cannot be stored: .*\n$/);
      expect(ended.stderr).toContain(reason);
      expectClean(ended.stderr, world);
      expect(await everything()).toEqual(before);
    }
  });
});
