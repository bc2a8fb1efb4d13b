import { chmod, lstat, mkdir, readFile, rename, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { profileNamed, provider, simulatedEngine } from "./support/simulated-engine.ts";
import { simulation } from "./support/simulation.ts";

let world: Awaited<ReturnType<typeof simulation>>;
beforeEach(async () => {
  world = await simulation({ onDisk: true });
});
afterEach(() => world.close());

const wanted = {
  name: "new",
  values: { idp: "corp", role_arn: "arn:aws:iam::123456789012:role/New" },
  idp: undefined,
  replaces: false,
} as const;
const added = '\n[profile.new]\nidp = "corp"\nrole_arn = "arn:aws:iam::123456789012:role/New"\n';
const path = () => join(world.base, "tegata.toml");

describe("a profile that is written", () => {
  it("stands in the file as it was planned, and a new run knows it", async () => {
    const settings = `${provider}${profileNamed("dev")}`;
    const { engine } = await simulatedEngine(world, settings);
    const change = await engine.planSettings(wanted);
    expect(await readFile(path(), "utf8")).toBe(settings);
    await engine.changeSettings(change);
    const after = await readFile(path(), "utf8");
    expect(after).toBe(change.after);
    expect(after.startsWith(settings)).toBe(true);
    const again = await simulatedEngine(world, after);
    expect((await again.engine.profiles()).profiles.map(({ name }) => name)).toEqual(["dev", "new"]);
  });

  it("is not written where the file has been changed since it was planned", async () => {
    const { engine } = await simulatedEngine(world, provider);
    const change = await engine.planSettings(wanted);
    await writeFile(path(), `${provider}# changed\n`);
    await expect(engine.changeSettings(change)).rejects.toMatchObject({ code: "storage_locked" });
    expect(await readFile(path(), "utf8")).toBe(`${provider}# changed\n`);
  });

  it("is written through a link, which stays one, and with the mode that the file has", async () => {
    const { engine } = await simulatedEngine(world, provider);
    const target = join(world.base, "dotfiles.toml");
    await rename(path(), target);
    await symlink(target, path());
    await chmod(target, 0o640);
    await engine.changeSettings(await engine.planSettings(wanted));
    expect((await lstat(path())).isSymbolicLink()).toBe(true);
    expect(await readFile(target, "utf8")).toContain(added);
    expect((await stat(target)).mode & 0o777).toBe(0o640);
  });

  it("keeps a byte order mark", async () => {
    const { engine } = await simulatedEngine(world, `\uFEFF${provider}`);
    await engine.changeSettings(await engine.planSettings(wanted));
    expect(await readFile(path(), "utf8")).toBe(`\uFEFF${provider}${added.slice(1)}`);
  });

  it("is not written into a file that is read-only", async () => {
    const { engine } = await simulatedEngine(world, provider);
    await chmod(path(), 0o444);
    const change = await engine.planSettings(wanted);
    await expect(engine.changeSettings(change)).rejects.toMatchObject({ code: "file_unwritable" });
    expect(await readFile(path(), "utf8")).toBe(provider);
  });

  it("is not planned for what is no file, and for a file that others can write to", async () => {
    const { engine } = await simulatedEngine(world, provider);
    await chmod(path(), 0o666);
    await expect(engine.planSettings(wanted)).rejects.toMatchObject({ code: "storage_unsafe" });
    await rename(path(), join(world.base, "away"));
    await mkdir(path());
    await expect(engine.planSettings(wanted)).rejects.toMatchObject({ code: "settings_unreadable" });
  });

  it("takes the place of one of the same name only when that is wanted", async () => {
    const { engine } = await simulatedEngine(world, `${provider}${profileNamed("new")}\n# end\n`);
    await expect(engine.planSettings(wanted)).rejects.toMatchObject({ code: "usage_invalid" });
    const { after } = await engine.planSettings({ ...wanted, replaces: true });
    expect(after.match(/\[profile\.new\]/g)).toHaveLength(1);
    expect(after).toContain("# end\n");
    expect(after.endsWith(added)).toBe(true);
  });
});

describe("a trial", () => {
  it("knows no profile and no settings file of the person", async () => {
    const { engine } = await simulatedEngine(world, `default_profile = "dev"\n${provider}${profileNamed("dev")}`, {
      isTrial: true,
      flags: { idp: "simulated" },
    });
    expect(await engine.profile()).toEqual(expect.objectContaining({ name: undefined }));
    expect(await engine.settingsFile()).toMatchObject({ exists: false });
    await expect(engine.role()).rejects.toMatchObject({ code: "settings_incomplete" });
  });

  it("uses the sign-in that another run has stored for the same provider", async () => {
    await world.signIn("ann");
    const { engine } = await simulatedEngine(world, provider, {
      isTrial: true,
      flags: { idp: "simulated", "token-store": "file" },
    });
    const { subject, audience, claims } = await engine.identity();
    expect({ subject, audience, email: claims["email"] }).toEqual({
      subject: "ann",
      audience: "tegata",
      email: "ann@example.com",
    });
    expect(world.asked).toEqual(["ann"]);
  });
});
