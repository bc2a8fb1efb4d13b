import { chmod, mkdir, mkdtemp, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fakeMachine } from "@tegata/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stepsOf } from "../../test/support/shown-steps.ts";
import { systemOfLibrary } from "../this-system.ts";
import { cacheFolderCheck, stateFolderCheck } from "./folders-check.ts";

let base: string;
let folder: string;
beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "tegata-folders-check-")));
  folder = join(base, "kept");
  await mkdir(folder, { mode: 0o700 });
});
afterEach(() => rm(base, { recursive: true, force: true }));

const context = (path: string | undefined) => ({
  folders: { cacheDir: path, stateDir: path },
  system: { ...systemOfLibrary(), machine: fakeMachine() },
  hasHome: true,
  found: { warnings: [] },
});
const ofCache = async (path: string | undefined = folder) => (await stepsOf(cacheFolderCheck.run(context(path))))[0];
const ofState = async (path: string | undefined = folder) => (await stepsOf(stateFolderCheck.run(context(path))))[0];

describe("the check of a folder", () => {
  it("shows the mode of one that is private", async () => {
    expect(await ofCache()).toEqual({ id: "cache-folder", state: "ok", message: `${folder} (mode 0700)` });
  });

  it("makes none that is not there", async () => {
    const absent = join(base, "absent", "deeper");
    expect(await ofCache(absent)).toMatchObject({ state: "ok", message: `${absent} is made when something is stored` });
    await expect(stat(absent)).rejects.toThrow("ENOENT");
  });

  it("tells of one that others can read, and leaves its mode", async () => {
    await chmod(folder, 0o750);
    expect(await ofCache()).toMatchObject({
      state: "warning",
      hint: `chmod 700 ${folder}, or name another one in TEGATA_CACHE_DIR`,
    });
    expect((await stat(folder)).mode & 0o777).toBe(0o750);
  });

  it("fails at one that others can write to", async () => {
    await chmod(folder, 0o702);
    expect(await ofState()).toMatchObject({
      state: "failed",
      code: "storage_unsafe",
      hint: `look at what is in it, then run: chmod 700 ${folder}`,
    });
  });

  it("fails at a state folder that others can replace, and warns of such a cache folder", async () => {
    await chmod(base, 0o777);
    expect(await ofState()).toMatchObject({ state: "failed", code: "storage_unsafe" });
    expect(await ofCache()).toMatchObject({ state: "warning" });
  });

  it("fails at what is no folder", async () => {
    const file = join(base, "file");
    await writeFile(file, "");
    expect(await ofCache(file)).toMatchObject({ state: "failed", code: "storage_unwritable" });
    await symlink(join(base, "nowhere"), join(base, "link"));
    expect(await ofCache(join(base, "link"))).toMatchObject({ state: "failed", code: "storage_unwritable" });
  });

  it("says that nothing is stored where there is no home folder", async () => {
    const [step] = await stepsOf(cacheFolderCheck.run(context(undefined)));
    expect(step).toMatchObject({ state: "warning", message: "there is no home folder: nothing is stored" });
  });
});
