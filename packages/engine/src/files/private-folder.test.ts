import { chmod, chown, lchown, lstat, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Host } from "./file-access.ts";
import { checkPrivateFolder, ensurePrivateFolder } from "./private-folder.ts";

const uid = process.getuid?.();
const host: Host = { platform: process.platform, uid };
const stranger: Host = { platform: "linux", uid: (uid ?? 0) + 4242 };
const isRoot = uid === 0;
let base: string;

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "tegata-folder-")));
});
afterEach(() => rm(base, { recursive: true, force: true }));

const folderAt = (path: string) => ({ path, variable: "TEGATA_CACHE_DIR" });
const modeOf = async (path: string) => (await lstat(path)).mode & 0o7777;

test("a new folder is for its owner alone, and so is each folder that is made above it", async () => {
  const path = join(base, "a", "b", "tegata");
  await ensurePrivateFolder(folderAt(path), host);
  expect(await modeOf(path)).toBe(0o700);
  expect(await modeOf(join(base, "a"))).toBe(0o700);
  expect(await modeOf(join(base, "a", "b"))).toBe(0o700);
});

test.runIf(process.platform === "linux")(
  "a folder where the system lets nobody make one is an error, at once",
  async () => {
    for (const path of ["/proc/tegata", "/proc/tegata/below"]) {
      await expect(ensurePrivateFolder(folderAt(path), host)).rejects.toMatchObject({ code: "storage_unwritable" });
    }
  },
);

test("a folder that others can merely read becomes private", async () => {
  const path = join(base, "tegata");
  await mkdir(path);
  await chmod(path, 0o755);
  await ensurePrivateFolder(folderAt(path), host);
  expect(await modeOf(path)).toBe(0o700);
});

test.each(["0772", "0702", "0777"])("a folder of mode %s, which others can write to, is refused", async (mode) => {
  const path = join(base, "tegata");
  await mkdir(path);
  await chmod(path, mode);
  await expect(ensurePrivateFolder(folderAt(path), host)).rejects.toMatchObject({
    code: "storage_unsafe",
    message: `${path} can be written to by others (mode ${mode})`,
    hint: `look at what is in it, then run: chmod 700 ${path}`,
  });
  expect(await modeOf(path)).toBe(Number.parseInt(mode, 8));
});

test("a folder of someone else is refused", async () => {
  await expect(ensurePrivateFolder(folderAt(base), stranger)).rejects.toMatchObject({
    code: "storage_unsafe",
    message: `${base} belongs to uid ${uid}, not to you (uid ${stranger.uid})`,
    hint: `name a folder of your own: export TEGATA_CACHE_DIR="$(mktemp -d)"`,
  });
});

test.skipIf(!isRoot)(
  "a link is followed when it is one's own, and refused when another user made it (needs root to make one)",
  async () => {
    const own = join(base, "own");
    const link = join(base, "tegata");
    await mkdir(own, { mode: 0o700 });
    await symlink(own, link);
    await expect(checkPrivateFolder(folderAt(link), host)).resolves.toBe(true);
    await lchown(link, 4242, 4242);
    await expect(ensurePrivateFolder(folderAt(link), host)).rejects.toMatchObject({
      code: "storage_unsafe",
      message: expect.stringContaining("is a symbolic link that belongs to uid 4242") as unknown,
    });
  },
);

test.skipIf(!isRoot)("a link of one's own to a folder of another user is refused (needs root)", async () => {
  const theirs = join(base, "theirs");
  await mkdir(theirs, { mode: 0o700 });
  await chown(theirs, 4242, 4242);
  await symlink(theirs, join(base, "tegata"));
  await expect(ensurePrivateFolder(folderAt(join(base, "tegata")), host)).rejects.toMatchObject({
    code: "storage_unsafe",
  });
});

test("a home folder that is a symbolic link is followed", async () => {
  await mkdir(join(base, "real-home"));
  await symlink(join(base, "real-home"), join(base, "home"));
  const path = join(base, "home", ".cache", "tegata");
  await ensurePrivateFolder(folderAt(path), host);
  await ensurePrivateFolder(folderAt(path), host);
  expect(await modeOf(path)).toBe(0o700);
});

test.each([
  ["a file", (path: string) => writeFile(path, "")],
  ["a link that leads nowhere", (path: string) => symlink(join(path, "nowhere"), path)],
])("%s in the folder's place is an error that names the variable", async (_what, plant) => {
  const path = join(base, "tegata");
  await plant(path);
  await expect(ensurePrivateFolder(folderAt(path), host)).rejects.toMatchObject({
    code: expect.stringMatching(/^storage_un(writ|read)able$/) as unknown,
    message: expect.stringContaining(path) as unknown,
    hint: expect.stringContaining("TEGATA_CACHE_DIR") as unknown,
  });
});

test("a parent that is a file is an error that says so", async () => {
  await writeFile(join(base, "file"), "");
  await expect(ensurePrivateFolder(folderAt(join(base, "file", "tegata")), host)).rejects.toMatchObject({
    code: expect.stringMatching(/^storage_/) as unknown,
    message: expect.stringContaining("a part of the path is not a folder (ENOTDIR)") as unknown,
  });
});

test("twenty that make the folder at once all succeed", async () => {
  const folder = folderAt(join(base, "x", "tegata"));
  await Promise.all(Array.from({ length: 20 }, () => ensurePrivateFolder(folder, host)));
  expect(await modeOf(folder.path)).toBe(0o700);
});

test("looking at a missing folder makes none", async () => {
  await expect(checkPrivateFolder(folderAt(join(base, "none")), host)).resolves.toBe(false);
  await expect(lstat(join(base, "none"))).rejects.toMatchObject({ code: "ENOENT" });
});

test("Windows, which has no modes, accepts a folder of any mode", async () => {
  const path = join(base, "tegata");
  await mkdir(path);
  await chmod(path, 0o777);
  await expect(ensurePrivateFolder(folderAt(path), { platform: "win32", uid: undefined })).resolves.toBeUndefined();
});

test("a folder that only a group of one's own can write to is accepted, and closed to that group", async () => {
  const path = join(base, "tegata");
  await mkdir(path);
  await chmod(path, 0o770);
  await ensurePrivateFolder(folderAt(path), host);
  expect(await modeOf(path)).toBe(0o700);
});

const parent = () => join(base, "parent");
const folder = () => folderAt(join(parent(), "mine", "tegata"));

describe("a parent that others could replace", () => {
  beforeEach(() => mkdir(join(parent(), "mine"), { recursive: true }));

  test("is refused, and what lies below it is not used", async () => {
    await ensurePrivateFolder(folder(), host);
    expect(await checkPrivateFolder(folder(), host)).toBe(true);
    await chmod(parent(), 0o777);
    expect(await checkPrivateFolder(folder(), host)).toBe(false);
    await expect(ensurePrivateFolder(folder(), host)).rejects.toMatchObject({
      code: "storage_unsafe",
      message: `others can replace the folder ${folder().path}: ${parent()} can be written to by others (mode 0777)`,
      hint: `name a folder of your own: export TEGATA_CACHE_DIR="$(mktemp -d)"`,
    });
  });

  test("is accepted when it has the sticky bit, as /tmp has", async () => {
    await chmod(parent(), 0o1777);
    await ensurePrivateFolder(folder(), host);
    expect(await checkPrivateFolder(folder(), host)).toBe(true);
  });

  test("is refused behind a link as well", async () => {
    await chmod(parent(), 0o777);
    await symlink(join(parent(), "mine"), join(base, "link"));
    const behind = folderAt(join(base, "link", "tegata"));
    await expect(ensurePrivateFolder(behind, host)).rejects.toMatchObject({ code: "storage_unsafe" });
  });

  test.skipIf(!isRoot)("is refused when it is another user's, or a link of theirs (needs root)", async () => {
    await chown(parent(), 4242, 4242);
    await expect(ensurePrivateFolder(folder(), host)).rejects.toMatchObject({
      message: expect.stringContaining(`${parent()} belongs to uid 4242, neither to you`) as unknown,
    });
    await chown(parent(), 0, 0);
    await ensurePrivateFolder(folder(), host);
    await symlink(join(parent(), "mine"), join(base, "link"));
    await lchown(join(base, "link"), 4242, 4242);
    const behind = folderAt(join(base, "link", "tegata"));
    await expect(ensurePrivateFolder(behind, host)).rejects.toMatchObject({
      message: expect.stringContaining(`${join(base, "link")} is a symbolic link that belongs to uid 4242`) as unknown,
    });
  });
});
