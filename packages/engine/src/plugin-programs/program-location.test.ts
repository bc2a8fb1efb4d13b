import { chmod, chown, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, type TestContext } from "vitest";
import { listPrograms, type PluginSearch, locateProgram, programAt } from "./program-location.ts";

let folder: string;
let bin: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "tegata-location-")));
  bin = join(folder, "bin");
  await mkdir(bin, { mode: 0o755 });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const uid = process.getuid?.();
const searchOf = (PATH: string, changes: Partial<PluginSearch> = {}): PluginSearch => ({
  platform: process.platform,
  uid,
  env: { PATH },
  currentFolder: () => "/",
  ...changes,
});

async function put(path: string, mode = 0o755): Promise<string> {
  await writeFile(path, "#!/bin/sh\n");
  await chmod(path, mode);
  return path;
}

const refusalOf = async (PATH: string, changes?: Partial<PluginSearch>) =>
  (await locateProgram("idp", "acme", searchOf(PATH, changes)))?.refusal;

/** Only root can give files away, so only root can see what comes of that. */
function needRoot(context: TestContext): void {
  if (uid !== 0) {
    context.skip("only root can give files away");
  }
}

describe("a plugin program on PATH", () => {
  it("is found by its kind and id in the first entry that has an executable one", async () => {
    await mkdir(join(folder, "other"));
    await put(join(bin, "tegata-idp-acme"));
    await put(join(folder, "other/tegata-idp-acme"));
    await put(join(bin, "tegata-format-acme"), 0o644);
    const search = searchOf(`${join(folder, "none")}:${bin}:${join(folder, "other")}`);
    expect(await locateProgram("idp", "acme", search)).toEqual({
      kind: "idp",
      id: "acme",
      name: "tegata-idp-acme",
      path: join(bin, "tegata-idp-acme"),
      realPath: join(bin, "tegata-idp-acme"),
      refusal: undefined,
    });
    expect(await locateProgram("format", "acme", search), "it is not executable").toBeUndefined();
    expect(await locateProgram("idp", "acme", searchOf(""))).toBeUndefined();
  });

  it("is listed only when its name is that of a plugin", async () => {
    const names = [
      "tegata-idp-acme",
      "tegata-idp-",
      "tegata-idp-Acme",
      "tegata-idp-a_b",
      "tegata-other-x",
      "tegata-idp-a.sh",
    ];
    for (const name of names) {
      await put(join(bin, name));
    }
    await mkdir(join(bin, "tegata-idp-folder"));
    expect((await listPrograms(searchOf(bin))).map(({ name }) => name)).toEqual(["tegata-idp-acme"]);
  });

  it("is found behind one of the same name that is refused", async () => {
    const open = join(folder, "open");
    await mkdir(open);
    await chmod(open, 0o777);
    await put(join(open, "tegata-idp-acme"));
    expect(await refusalOf(open)).toMatch(/others can write to/);
    const good = await put(join(bin, "tegata-idp-acme"));
    expect(await locateProgram("idp", "acme", searchOf(`${open}:${bin}`))).toMatchObject({
      path: good,
      refusal: undefined,
    });
  });
});

describe("a plugin program is refused when it is found by", () => {
  it("a relative or an empty entry of PATH", async () => {
    await put(join(bin, "tegata-idp-acme"));
    const cwd = process.cwd();
    try {
      process.chdir(folder);
      expect(await refusalOf("bin")).toBe('the entry of PATH that it is found by is relative ("bin")');
      process.chdir(bin);
      expect(await refusalOf("")).toBe('the entry of PATH that it is found by is relative (".")');
    } finally {
      process.chdir(cwd);
    }
  });

  it("the current folder, under another name of it, or by a link into it", async () => {
    const path = await put(join(bin, "tegata-idp-acme"));
    await symlink(bin, join(folder, "alias"));
    await mkdir(join(folder, "links"));
    await symlink(path, join(folder, "links/tegata-idp-acme"));
    for (const PATH of [bin, join(folder, "alias"), join(folder, "links")]) {
      expect(await refusalOf(PATH, { currentFolder: () => bin })).toBe("it is in the current folder");
      expect(await refusalOf(PATH, { currentFolder: () => undefined })).toBeUndefined();
    }
  });

  it("a file that others can write to", async () => {
    const path = await put(join(bin, "tegata-idp-acme"), 0o757);
    expect(await refusalOf(bin)).toBe(`others can write to ${path} (mode 0757)`);
  });

  it.each(["0757", "1777"])(
    "a folder that others can write to (mode %s), and also by a link in such a folder or into it",
    async (mode) => {
      await put(join(bin, "tegata-idp-acme"));
      await mkdir(join(folder, "links"));
      await symlink(join(bin, "tegata-idp-acme"), join(folder, "links/tegata-idp-acme"));
      expect(await refusalOf(join(folder, "links"))).toBeUndefined();
      await chmod(bin, mode);
      expect(await refusalOf(bin)).toMatch(/^others can write to .*\/bin \(mode 0?\d+\)$/);
      expect(await refusalOf(join(folder, "links"))).toMatch(/^others can write to .*\/bin /);
      await chmod(bin, 0o755);
      await chmod(join(folder, "links"), mode);
      expect(await refusalOf(join(folder, "links"))).toMatch(/^others can write to .*\/links /);
    },
  );

  it("a folder below one that others can write to without the sticky bit", async () => {
    await put(join(bin, "tegata-idp-acme"));
    await chmod(folder, 0o1777);
    expect(await refusalOf(bin)).toBeUndefined();
    await chmod(folder, 0o777);
    expect(await refusalOf(bin)).toMatch(/^others can write to /);
  });

  it("a file or a folder of another user", async (context) => {
    needRoot(context);
    const path = await put(join(bin, "tegata-idp-acme"));
    await chown(path, 12_345, 0);
    expect(await refusalOf(bin)).toBe(`${path} belongs to uid 12345, neither to you nor to root`);
    await chown(path, 0, 0);
    await chown(bin, 12_345, 0);
    expect(await refusalOf(bin)).toBe(`${bin} belongs to uid 12345, neither to you nor to root`);
  });

  it("a folder that a group with other users in it, or an unknown group, can write to", async (context) => {
    needRoot(context);
    await put(join(bin, "tegata-idp-acme"));
    await chmod(bin, 0o775);
    await chown(bin, 0, 0);
    expect(await refusalOf(bin), "root's own group").toBeUndefined();
    await chown(bin, 0, 54_321);
    expect(await refusalOf(bin), "a group that is not in /etc/group").toMatch(/^others can write to /);
    const users = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
    const [, , , gid] = users.find(([, , id, group]) => Number(id) > 0 && Number(group) > 0) ?? [];
    await chown(bin, 0, Number(gid));
    expect(await refusalOf(bin), "a group that another user is in").toMatch(/^others can write to /);
  });
});

it("a plugin program that a person names by its path is accepted wherever it lies", async () => {
  const path = await put(join(bin, "tegata-idp-acme"), 0o777);
  expect(await programAt(path, searchOf("", { currentFolder: () => bin }), true)).toMatchObject({ refusal: undefined });
  expect(await programAt(join(bin, "other"), searchOf(""), true)).toBeUndefined();
});
