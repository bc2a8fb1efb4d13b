import {
  chmod,
  chown,
  cp,
  lchown,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { entryFiles } from "./support/answer-cache.ts";
import { programs } from "./support/programs.ts";
import { giveHomeToVictim, mallory, needSecondUser, runAs, victim } from "./support/second-user.ts";
import { createWorld, run, type World } from "./support/world.ts";

/** Statements and keys of another user's, as they stand in cached output that the other user wrote. */
const planted = "MALLORYMALLORYMALL";
const commands = [
  ["credential-process", "dev"],
  ["env", "dev", "--shell", "bash"],
] as const;

let world: World;
let home: string;
/** What the victim's own runs kept, by the file's name. */
let own: ReadonlyMap<string, string>;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
  home = join(world.folder, "home");
});
afterAll(() => world.close());

const asVictim = (words: readonly string[], env: Readonly<Record<string, string>> = {}, program = programs.binary) =>
  runAs(victim, [program[0], ...program.slice(1), ...words], { ...world.env, ...env });

/** A home of the victim's, with an answer to each command. */
const prepare = async (context: TestContext, env: Readonly<Record<string, string>> = {}) => {
  needSecondUser(context);
  await giveHomeToVictim(world, context);
  for (const words of commands) {
    expect(await asVictim(words, env)).toMatchObject({ status: 0, stderr: "" });
  }
  const files = await entryFiles(env["TEGATA_CACHE_DIR"] ?? world.cacheDir);
  own = new Map(await Promise.all(files.map(async (path) => [basename(path), await readFile(path, "utf8")] as const)));
  expect(own.size).toBe(commands.length);
};

/** A folder of the other user's, in which lie the victim's answers with other keys, readable for everybody. */
const plant = async (folder: string) => {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of own) {
    await writeFile(join(folder, name), text.replaceAll(/ASIA[A-Z0-9]{14}/g, planted), { mode: 0o644 });
    await chown(join(folder, name), mallory, mallory);
  }
  await chown(folder, mallory, mallory);
};

const expectNothingPlanted = async (env: Readonly<Record<string, string>> = {}) => {
  for (const words of commands) {
    for (const program of [programs.binary, programs.node] as const) {
      const ended = await runAs(victim, [program[0], ...program.slice(1), ...words], { ...world.env, ...env });
      expect(ended.stdout).not.toContain(planted);
      // Either it is an answer of the victim's own, or the folder is refused.
      expect([0, 3]).toContain(ended.status);
    }
  }
};

describe("cached output of one's own", () => {
  it("is not read through a symbolic link", async () => {
    await world.run(["credential-process", "dev"]);
    const [path = ""] = await entryFiles(world.cacheDir);
    const elsewhere = join(world.folder, "elsewhere");
    await rename(path, elsewhere);
    await writeFile(elsewhere, (await readFile(elsewhere, "utf8")).replaceAll(/ASIA[A-Z0-9]{14}/g, planted));
    await symlink(elsewhere, path);
    for (const program of ["binary", "node"] as const) {
      const { status, stdout } = await world.run(["credential-process", "dev"], { program });
      expect([status, stdout.includes(planted)]).toEqual([0, false]);
      await rm(path, { force: true });
      await symlink(elsewhere, path);
    }
    await rm(path);
  });
});

describe("another user's cached output is not given", () => {
  it("where ~/.cache leads into a shared folder, and another user made its target again", async (context) => {
    await prepare(context);
    const shared = join(world.folder, "shared");
    await mkdir(shared);
    await chmod(shared, 0o777);
    await rename(join(home, ".cache"), join(world.folder, "away"));
    await symlink(join(shared, "cache"), join(home, ".cache"));
    await plant(join(shared, "cache/tegata"));
    await expectNothingPlanted();
    await rm(join(home, ".cache"));
    await rename(join(world.folder, "away"), join(home, ".cache"));
  });

  it("where the home stands in a folder that others can write to", async (context) => {
    await prepare(context);
    const open = join(world.folder, "open");
    await mkdir(open);
    await chmod(open, 0o777);
    // The other user has moved the home away and made another.
    await cp(join(home, ".config"), join(open, "home/.config"), { recursive: true });
    await plant(join(open, "home/.cache/tegata"));
    await run(["chown", "-R", `${mallory}:${mallory}`, join(open, "home")], { cwd: "/", env: world.env });
    // The answers are for the home of this path.
    const text = (each: string) => each.replaceAll(home, join(open, "home"));
    for (const [name, content] of own) {
      await writeFile(join(open, "home/.cache/tegata", name), text(content).replaceAll(/ASIA[A-Z0-9]{14}/g, planted));
    }
    for (const words of commands) {
      const ended = await asVictim(words, { HOME: join(open, "home") });
      expect(ended).toMatchObject({ status: 3, stdout: words[0] === "env" ? "false\n" : "" });
    }
    // The victim's own home, moved there: its answers are the victim's own, but nothing new is kept.
    await rm(join(open, "home"), { recursive: true });
    await mkdir(join(open, "home"));
    await cp(join(home, ".config"), join(open, "home/.config"), { recursive: true });
    await run(["chown", "-R", `${victim}:${victim}`, join(open, "home")], { cwd: "/", env: world.env });
    expect(await asVictim(commands[0], { HOME: join(open, "home") })).toMatchObject({ status: 4, stdout: "" });
    expect((await readdir(join(open, "home"))).toSorted()).toEqual([".config"]);
  });

  it("where TEGATA_CACHE_DIR is a folder in /tmp that changes hands all the time", async (context) => {
    const shared = join(world.folder, "tmp");
    needSecondUser(context);
    await mkdir(shared, { recursive: true });
    await chmod(shared, 0o1777);
    const TEGATA_CACHE_DIR = join(shared, "cache");
    const [victims, others] = [join(shared, "victims"), join(shared, "others")];
    await mkdir(victims, { mode: 0o700 });
    await chown(victims, victim, victim);
    /** At one instant it is another folder, as a rename makes it. */
    const lead = async (target: string, owner: number) => {
      await symlink(target, `${TEGATA_CACHE_DIR}.new`);
      await lchown(`${TEGATA_CACHE_DIR}.new`, owner, owner);
      await rename(`${TEGATA_CACHE_DIR}.new`, TEGATA_CACHE_DIR);
    };
    await lead(victims, victim);
    await prepare(context, { TEGATA_CACHE_DIR });
    await plant(others);
    const racing = { goesOn: true };
    const swaps = (async () => {
      while (racing.goesOn) {
        await lead(others, mallory);
        await lead(victims, victim);
      }
    })();
    const seen = [];
    try {
      for (let round = 0; round < 5; round += 1) {
        const words = ["env", "dev", "--shell", "bash"];
        seen.push(...(await Promise.all(Array.from({ length: 8 }, () => asVictim(words, { TEGATA_CACHE_DIR })))));
      }
    } finally {
      racing.goesOn = false;
      await swaps;
    }
    expect(seen.filter(({ stdout }) => stdout.includes(planted))).toEqual([]);
    await lead(others, mallory);
    await expectNothingPlanted({ TEGATA_CACHE_DIR });
    await lead(others, victim);
    await expectNothingPlanted({ TEGATA_CACHE_DIR });
  });

  it("where the settings file has become another user's since, or one that others can write to", async (context) => {
    await prepare(context);
    const words = ["credential-process", "dev"];
    expect(await asVictim(words)).toMatchObject({ status: 0 });
    await chmod(world.settingsFile, 0o666);
    expect(await asVictim(words)).toMatchObject({ status: 3, stdout: "" });
    await chmod(world.settingsFile, 0o644);
    await chown(world.settingsFile, mallory, mallory);
    expect(await asVictim(words)).toMatchObject({ status: 3, stdout: "" });
    await chown(world.settingsFile, victim, victim);
    expect(await asVictim(words)).toMatchObject({ status: 0 });
  });
});

describe("cached output", () => {
  it("is not given where the file of the cached credentials is another user's", async (context) => {
    await prepare(context);
    const [path = ""] = await entryFiles(world.cacheDir);
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replaceAll(/ASIA[A-Z0-9]{14}/g, planted));
    const credentialsFile = text.split("\n")[2] ?? "";
    await chown(credentialsFile, mallory, mallory);
    for (const words of commands) {
      expect((await asVictim(words)).stdout).not.toContain(planted);
    }
    await chown(credentialsFile, victim, victim);
  });
});

describe("folders for secrets", () => {
  it.each(["0000", "0002", "0022", "0077"])(
    "are for their owner alone under umask %s, with all that is made above them",
    async (umask) => {
      const { HOME } = await world.anotherHome();
      const script = `umask ${umask}; exec ${programs.binary[0]} env dev --shell sh`;
      await world.signIn("dev", { env: { HOME } });
      await rm(join(HOME, ".cache"), { recursive: true });
      await run(["sh", "-c", script], { cwd: "/", env: { ...world.env, HOME } });
      for (const path of [".cache", ".cache/tegata"]) {
        expect([path, ((await lstat(join(HOME, path))).mode & 0o7777).toString(8)]).toEqual([path, "700"]);
      }
    },
  );
});
