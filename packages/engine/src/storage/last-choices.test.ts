import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLastChoices } from "./last-choices.ts";

const host = { platform: process.platform, uid: process.getuid?.() };
let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "tegata-choices-"));
});
afterEach(() => rm(base, { recursive: true, force: true }));

const choicesOf = (settingsFile = "/home/ann/tegata.toml") =>
  createLastChoices({ path: join(base, "state"), variable: "TEGATA_STATE_DIR" }, settingsFile, host);

async function onlyFile(): Promise<string> {
  const [name = "none"] = await readdir(join(base, "state"));
  return join(base, "state", name);
}

describe("what was chosen last", () => {
  it("comes first, each once", async () => {
    const choices = choicesOf();
    for (const name of ["dev", "prod", "dev", "audit"]) {
      await choices.save("profiles", name);
    }
    expect(await choices.load("profiles")).toEqual(["audit", "dev", "prod"]);
  });

  it("is of one list of one settings file", async () => {
    await choicesOf().save("profiles", "dev");
    expect(await choicesOf().load("roles for dev")).toEqual([]);
    expect(await choicesOf("/elsewhere/tegata.toml").load("profiles")).toEqual([]);
  });

  it("is twenty at most", async () => {
    const choices = choicesOf();
    for (let index = 0; index < 25; index += 1) {
      await choices.save("profiles", `p${index}`);
    }
    expect(await choices.load("profiles")).toHaveLength(20);
  });

  it("is forgotten with everything else, those of other settings files too", async () => {
    await choicesOf().save("profiles", "dev");
    await choicesOf("/elsewhere/tegata.toml").save("profiles", "dev");
    expect(await choicesOf().forgetAll()).toBe(2);
    expect(await readdir(join(base, "state"))).toEqual([]);
  });

  it.each(["", "{}", '{"version":1,"settingsFile":"/home/ann/tegata.toml","list":"profiles","chosen":[7]}', "\0"])(
    "counts as nothing where its file holds %j",
    async (content) => {
      await choicesOf().save("profiles", "dev");
      await writeFile(await onlyFile(), content);
      expect(await choicesOf().load("profiles")).toEqual([]);
    },
  );

  it("is not read through a link, which somebody else may have put there", async () => {
    await choicesOf().save("profiles", "dev");
    const path = await onlyFile();
    const content = await readFile(path);
    await rm(path);
    await writeFile(join(base, "other"), content, { mode: 0o600 });
    await symlink(join(base, "other"), path);
    await expect(choicesOf().load("profiles")).rejects.toMatchObject({ code: "storage_unsafe" });
  });

  it("is nothing where there is no folder", async () => {
    const nowhere = createLastChoices(undefined, undefined, host);
    await nowhere.save("profiles", "dev");
    expect(await nowhere.load("profiles")).toEqual([]);
    expect(await nowhere.forgetAll()).toBe(0);
  });
});
