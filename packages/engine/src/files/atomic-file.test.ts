import { spawnSync } from "node:child_process";
import { writeSync } from "node:fs";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { deleteFile, readPrivateFile, writePrivateFile } from "./atomic-file.ts";
import type { Host } from "./file-access.ts";

const uid = process.getuid?.();
const host: Host = { platform: process.platform, uid };
const bytesOf = (text: string) => new TextEncoder().encode(text);
let base: string;
let path: string;

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "tegata-file-")));
  path = join(base, "record.json");
});
afterEach(() => rm(base, { recursive: true, force: true }));

test("a private file is read back as it was written last, has mode 0600, and is alone in its folder", async () => {
  await writePrivateFile(path, bytesOf("one"), host);
  await writePrivateFile(path, bytesOf("two"), host);
  expect(await readPrivateFile(path, host)).toEqual(bytesOf("two"));
  expect((await lstat(path)).mode & 0o7777).toBe(0o600);
  expect(await readdir(base)).toEqual(["record.json"]);
});

test("a symbolic link in the target's place is replaced, and what it leads to stays as it was", async () => {
  await writeFile(join(base, "victim"), "untouched");
  await symlink(join(base, "victim"), path);
  await writePrivateFile(path, bytesOf("secret"), host);
  expect(await readFile(join(base, "victim"), "utf8")).toBe("untouched");
  expect((await lstat(path)).isSymbolicLink()).toBe(false);
});

test("a write that fails in the middle keeps the old content and leaves no temporary file", async () => {
  await writePrivateFile(path, bytesOf("old"), host);
  const failure = Object.assign(new Error("secret in a message"), { code: "ENOSPC" });
  const failing = writePrivateFile(path, bytesOf("new content"), host, (descriptor) => {
    writeSync(descriptor, bytesOf("new"));
    throw failure;
  });
  await expect(failing).rejects.toMatchObject({
    code: "storage_unwritable",
    message: `${path} cannot be written: no space is left on the disk (ENOSPC)`,
  });
  expect(await readFile(path, "utf8")).toBe("old");
  expect(await readdir(base)).toEqual(["record.json"]);
});

/** A disk of 64 KiB; false where the machine lets nobody mount one. */
function mountTinyDisk(at: string): boolean {
  return uid === 0 && spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tegata-test", at]).status === 0;
}

test("a full or a read-only disk keeps the old content, and the error gives the reason", async ({ skip }) => {
  const disk = join(base, "disk");
  await mkdir(disk);
  if (!mountTinyDisk(disk)) {
    skip("nobody may mount a tiny disk here: the failing write above stands for it");
  }
  try {
    const target = join(disk, "record.json");
    await writePrivateFile(target, bytesOf("old"), host);
    await expect(writePrivateFile(target, new Uint8Array(200_000), host)).rejects.toMatchObject({
      code: "storage_unwritable",
      message: `${target} cannot be written: no space is left on the disk (ENOSPC)`,
    });
    expect(await readFile(target, "utf8")).toBe("old");
    expect(await readdir(disk)).toEqual(["record.json"]);
    spawnSync("mount", ["-o", "remount,ro", disk]);
    await expect(writePrivateFile(target, bytesOf("new"), host)).rejects.toMatchObject({
      code: "storage_unwritable",
      message: `${target} cannot be written: the file system is read-only (EROFS)`,
    });
  } finally {
    spawnSync("umount", [disk]);
  }
});

test("writing into a folder that is not there is storage_unwritable", async () => {
  await expect(writePrivateFile(join(base, "none", "x"), bytesOf(""), host)).rejects.toMatchObject({
    code: "storage_unwritable",
    message: expect.stringContaining("no such file or folder (ENOENT)") as unknown,
  });
});

test("of many writers at the same time, one writes the whole content", async () => {
  const contents = Array.from({ length: 20 }, (_, index) => String(index).repeat(5000));
  await Promise.all(contents.map((content) => writePrivateFile(path, bytesOf(content), host)));
  expect(contents).toContain(await readFile(path, "utf8"));
  expect(await readdir(base)).toEqual(["record.json"]);
});

test("a missing file is undefined, and deleting it succeeds", async () => {
  expect(await readPrivateFile(path, host)).toBeUndefined();
  expect(await readPrivateFile(path, { platform: "win32", uid: undefined })).toBeUndefined();
  await expect(deleteFile(path)).resolves.toBeUndefined();
});

test.each(["0644", "0640", "0602", "0610"])(
  "a file of mode %s, which others can reach, is refused with the chmod that helps",
  async (mode) => {
    await writeFile(path, "x");
    await chmod(path, mode);
    await expect(readPrivateFile(path, host)).rejects.toMatchObject({
      code: "storage_unsafe",
      message: `${path} can be read or written by others (mode ${mode})`,
      hint: expect.stringContaining(`chmod 600 ${path}`) as unknown,
    });
  },
);

test("a file of another user is refused", async () => {
  await writeFile(path, "x", { mode: 0o600 });
  await expect(readPrivateFile(path, { platform: "linux", uid: (uid ?? 0) + 4242 })).rejects.toMatchObject({
    code: "storage_unsafe",
    message: expect.stringContaining(`belongs to uid ${uid}`) as unknown,
  });
});

test.each([host, { platform: "win32", uid: undefined }])("a symbolic link is refused on $platform", async (where) => {
  await writeFile(join(base, "target"), "x", { mode: 0o600 });
  await symlink(join(base, "target"), path);
  await expect(readPrivateFile(path, where)).rejects.toMatchObject({
    code: "storage_unsafe",
    message: `${path} is a symbolic link`,
  });
});

test("a folder in the file's place is refused", async () => {
  await mkdir(path, { mode: 0o700 });
  await expect(readPrivateFile(path, host)).rejects.toMatchObject({
    code: "storage_unsafe",
    message: `${path} is a folder`,
  });
});

test("a pipe in the file's place is refused at once", async ({ skip }) => {
  if (spawnSync("mkfifo", ["-m", "600", path]).status !== 0) {
    skip("there is no mkfifo");
  }
  await expect(readPrivateFile(path, host)).rejects.toMatchObject({ code: "storage_unsafe" });
});

test("a file longer than the limit is refused, and one of exactly the limit is read", async () => {
  await writeFile(path, "x".repeat(101), { mode: 0o600 });
  await expect(readPrivateFile(path, host, 100)).rejects.toMatchObject({
    code: "storage_unreadable",
    details: { reason: "too_large" },
  });
  expect((await readPrivateFile(path, host, 101))?.length).toBe(101);
});

test("a path in a hint is quoted for the shell", async () => {
  const odd = join(base, "it's a $(file)");
  await writeFile(odd, "x");
  await chmod(odd, 0o644);
  await expect(readPrivateFile(odd, host)).rejects.toMatchObject({
    hint: expect.stringContaining(`chmod 600 '${base}/it'\\''s a $(file)'`) as unknown,
  });
});

test.skipIf(uid === 0)(
  "a file or a folder without permissions is an error that says so (root may do everything)",
  async () => {
    await writeFile(path, "x");
    await chmod(path, 0o000);
    await expect(readPrivateFile(path, host)).rejects.toMatchObject({
      code: "storage_unreadable",
      message: `${path} cannot be read: permission denied (EACCES)`,
    });
    await chmod(base, 0o500);
    const message = expect.stringContaining("permission denied (EACCES)") as unknown;
    await expect(writePrivateFile(path, bytesOf(""), host)).rejects.toMatchObject({
      code: "storage_unwritable",
      message,
    });
    await expect(deleteFile(path)).rejects.toMatchObject({ code: "storage_unwritable", message });
    await chmod(base, 0o700);
  },
);
