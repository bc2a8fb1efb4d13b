import { chmod, chown, copyFile, mkdir, readFile, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { storeMarked, entryFiles, entryMark } from "./support/answer-cache.ts";
import { matching } from "./support/matching.ts";
import { need } from "./support/needs.ts";
import { programs, type ProgramName } from "./support/programs.ts";
import { createWorld, run, settingsOf, type World } from "./support/world.ts";

const names = Object.keys(programs).filter((name): name is ProgramName => name in programs);
const isRoot = process.getuid?.() === 0;
const args = ["credential-process", "dev"];

let world: World;
let kept: string;
let answer: string;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
});
beforeEach(async () => {
  await world.writeSettings(settingsOf(world.sandbox));
  ({ path: kept, answer } = await storeMarked(world));
});
afterAll(() => world.close());

/** What two programs say whose ways to cached output have nothing but `entry.ts` in common. */
const answers = async (env: Readonly<Record<string, string>> = {}, words: readonly string[] = args) => {
  const before = await readFile(kept).catch(() => undefined);
  const first = await world.run(words, { env });
  if (before !== undefined) {
    // The first run keeps its own.
    await writeFile(kept, before, { mode: 0o600 }).catch(() => undefined);
  }
  return [first, await world.run(words, { env, program: "node" })];
};

const isCached = ({ stdout }: { readonly stdout: string }) => stdout.includes(entryMark);

describe("cached output is given", () => {
  it.each([
    ["credential-process", ["credential-process", "dev"]],
    ["env", ["env", "dev", "--shell", "sh"]],
  ])("by every program, for %s, and no request is sent", async (_command, words) => {
    await storeMarked(world, words);
    world.sandbox.requests.clear();
    const all = await Promise.all(names.map((program) => world.run(words, { program })));
    expect(all).toEqual(names.map(() => all[0]));
    expect(all[0]).toMatchObject({ status: 0, stderr: "" });
    expect(all.map(isCached)).toEqual(names.map(() => true));
    expect(world.sandbox.requests.all()).toEqual([]);
  });

  it.each(names)("when %s stored it, by the binary and by Node", async (program) => {
    await storeMarked(world, args, { program });
    expect((await answers()).map(isCached)).toEqual([true, true]);
  });

  it("with variables that have nothing to do with it", async () => {
    const all = await answers({ AWS_PROFILE: "x", AWS_ACCESS_KEY_ID: "x", TERM: "dumb", LANG: "de_DE.UTF-8" });
    expect(all.map(isCached)).toEqual([true, true]);
  });

  it("for each of several profiles and ways to name them, its own", async () => {
    await world.signIn("plain");
    const all = [["credential-process", "plain"], ["credential-process", "-p", "plain"], args];
    for (const words of all) {
      await world.run(words);
    }
    expect(await entryFiles(world.cacheDir)).toHaveLength(all.length);
    const [one, two, three] = await Promise.all(all.map(async (words) => (await world.run(words)).stdout));
    expect(two).toBe(one);
    expect(three).not.toBe(one);
  });

  it("without a settings file, when flags say everything, until there is one", async () => {
    const { auth0, sts, roles } = world.sandbox;
    const flags = ["--domain", auth0.domain, "--client-id", auth0.clientId, "--role-arn", roles.developer];
    const words = ["credential-process", ...flags, "--region", "us-east-1", "--sts-endpoint", sts.endpoint];
    await rm(world.settingsFile);
    ({ path: kept } = await storeMarked(world, words));
    expect((await answers({}, words)).map(isCached)).toEqual([true, true]);
    await world.writeSettings(`[profile.only]\nduration = "2h"\n`);
    expect((await answers({}, words)).map(isCached)).toEqual([false, false]);
  });

  it("with --config and TEGATA_CONFIG, of that file", async () => {
    const other = join(world.folder, "other.toml");
    await world.writeSettings(settingsOf(world.sandbox), other);
    for (const [words, env] of [
      [[...args, "--config", other], {}],
      [args, { TEGATA_CONFIG: other }],
    ] as const) {
      ({ path: kept } = await storeMarked(world, words, { env }));
      await rm(world.settingsFile, { force: true });
      expect((await answers(env, words)).map(isCached)).toEqual([true, true]);
      await world.writeSettings("");
    }
  });

  it("from TEGATA_CACHE_DIR", async () => {
    const cacheDir = join(world.folder, "elsewhere");
    const env = { TEGATA_CACHE_DIR: cacheDir };
    ({ path: kept } = await storeMarked(world, args, { env, cacheDir }));
    expect((await answers(env)).map(isCached)).toEqual([true, true]);
  });
});

describe("nothing is cached", () => {
  it.each([
    ["of a run that said more", { TEGATA_VERBOSE: "1" }, args],
    ["with --verbose", {}, [...args, "--verbose"]],
    ["with --fresh", {}, [...args, "--fresh"]],
    ["with TEGATA_FRESH", { TEGATA_FRESH: "yes" }, args],
    ["of settings that are named from the current folder", { TEGATA_CONFIG: "home/.config/tegata/tegata.toml" }, args],
    ["in a folder that is named from the current folder", { TEGATA_CACHE_DIR: "home/.cache/tegata" }, args],
    ["with --config and a path from the current folder", {}, [...args, "--config", "home/.config/tegata/tegata.toml"]],
    ["of a console URL, which is good for once", {}, ["console-url", "dev"]],
    ["of settings from a pipe, which can be read but once", {}, [...args, "--config", "/dev/stdin"]],
    ["of a failure", {}, ["credential-process", "no-such-profile"]],
  ])("%s", async (_what, env, words) => {
    await rm(kept);
    const input = await readFile(world.settingsFile, "utf8");
    const [first, second] = [await world.run(words, { env, input }), await world.run(words, { env, input })];
    expect(await entryFiles(world.cacheDir)).toEqual([]);
    expect(second.status).toBe(first.status);
  });

  it("in the same entry with --error-format json, which gives the same output from an entry of its own", async () => {
    const words = [...args, "--error-format", "json"];
    expect((await world.run(words)).stdout).toBe(answer);
    expect(await entryFiles(world.cacheDir)).toHaveLength(2);
  });
});

describe("cached output is not given", () => {
  it("when the settings changed at the same size, and their time was set back", async () => {
    const { atime, mtime, size } = await stat(world.settingsFile);
    await world.writeSettings(settingsOf(world.sandbox).replaceAll("us-east-1", "us-west-2"));
    await utimes(world.settingsFile, atime, mtime);
    expect(await stat(world.settingsFile)).toMatchObject({ size, mtime });
    const all = await answers();
    expect(all).toEqual([expect.objectContaining({ status: 0 }), expect.objectContaining({ status: 0 })]);
    expect(all.map(isCached)).toEqual([false, false]);
  });

  it.each([
    ["longer", (text: string) => `${text}# one more line\n`],
    ["shorter by its last line break", (text: string) => text.slice(0, -1)],
    ["what it was, behind a byte order mark", (text: string) => `\ufeff${text}`],
  ])("when the settings are %s, until the new output is cached", async (_how, change) => {
    await world.writeSettings(change(settingsOf(world.sandbox)));
    expect((await answers()).map(({ stdout }) => stdout)).toEqual([answer, answer]);
    await storeMarked(world);
    expect((await answers()).map(isCached)).toEqual([true, true]);
  });

  it("when the settings are gone, are a folder, or cannot be understood", async () => {
    await rm(world.settingsFile);
    expect((await answers()).map(({ status, stdout }) => [status, stdout])).toEqual([
      [2, ""],
      [2, ""],
    ]);
    await mkdir(world.settingsFile);
    expect((await answers()).map(({ status, stdout }) => [status, stdout])).toEqual([
      [3, ""],
      [3, ""],
    ]);
    await rm(world.settingsFile, { recursive: true });
    await world.writeSettings("[[[");
    expect((await answers()).map(({ status, stdout }) => [status, stdout])).toEqual([
      [3, ""],
      [3, ""],
    ]);
  });

  it.each([
    ["TEGATA_DURATION", "2h"],
    ["TEGATA_ROLE_SESSION_NAME", "somebody"],
    ["TEGATA_PROFILE", "plain"],
    ["TEGATA_HINT", "stderr"],
    ["AWS_REGION", "eu-west-1"],
    ["AWS_ROLE_SESSION_NAME", "somebody"],
    ["AWS_USE_FIPS_ENDPOINT", "false"],
  ])("when %s is set", async (name, value) => {
    const all = await answers({ [name]: value });
    expect(all.map(({ status }) => status)).toEqual([0, 0]);
    expect(all.map(isCached)).toEqual([false, false]);
  });

  it.each([
    ["another role", ["--role-arn", "READONLY"]],
    ["another duration", ["--duration", "30m"]],
    ["another region", ["--region=eu-west-1"]],
    ["the same region, named", ["--region", "us-east-1"]],
    ["an order of flags that nobody had", ["--quiet"]],
  ])("for %s", async (_what, flags) => {
    const { readOnly } = world.sandbox.roles;
    const all = await answers({}, [...args, ...flags.map((flag) => (flag === "READONLY" ? readOnly : flag))]);
    expect(all.map(({ status }) => status)).toEqual([0, 0]);
    expect(all.map(isCached)).toEqual([false, false]);
  });

  it("for another profile or identity provider", async () => {
    const words = ["credential-process", "plain"];
    const away = await world.anotherHome();
    expect((await answers(away, words)).map(({ status }) => status)).toEqual([4, 4]);
    expect((await answers({}, [...args, "--idp", "plain"])).map(isCached)).toEqual([false, false]);
  });

  it("in another home or cache folder", async () => {
    const away = await world.anotherHome();
    expect((await answers(away)).map(({ status, stdout }) => [status, stdout])).toEqual([
      [4, ""],
      [4, ""],
    ]);
    for (const name of ["XDG_CACHE_HOME", "TEGATA_CACHE_DIR", "TEGATA_STATE_DIR"]) {
      const all = await answers({ [name]: join(world.folder, `by-${name}`) });
      expect({ name, kept: all.map(isCached) }).toEqual({ name, kept: [false, false] });
    }
  });

  it("when the credentials that it shows are gone, or are others", async () => {
    const credentialsFile = (await readFile(kept, "utf8")).split("\n")[2] ?? "";
    const content = await readFile(credentialsFile);
    await rm(credentialsFile);
    const all = await answers();
    expect(all.map(isCached)).toEqual([false, false]);
    expect(all[0]?.stdout).not.toBe(answer);
    ({ path: kept } = await storeMarked(world));
    await writeFile(credentialsFile, content);
    expect((await answers()).map(({ stdout }) => stdout)).toEqual([answer, answer]);
  });

  it.each([0, 1, 12, 100, 1000, -1000, -1])("when it is cut at %i", async (length) => {
    const { size } = await stat(kept);
    await truncate(kept, length < 0 ? size + length : length);
    expect((await answers()).map(({ stdout }) => stdout)).toEqual([answer, answer]);
  });

  it.each([
    ["garbage", "\u0000\u0001\u0002".repeat(1000)],
    ["lines", "\n".repeat(5000)],
    ["longer than anything that is kept", "x".repeat(400_000)],
    ["of another version", undefined],
  ])("when it is %s", async (_what, content) => {
    const text = content ?? (await readFile(kept, "utf8")).replace(/^tegata-entry-\d+/, "tegata-entry-0");
    await writeFile(kept, text);
    expect((await answers()).map(({ stdout }) => stdout)).toEqual([answer, answer]);
  });

  it("from a folder or a pipe of that name, and neither stops the run", async (context) => {
    await rm(kept);
    await mkdir(kept);
    expect((await answers()).map(({ stdout }) => stdout)).toEqual([answer, answer]);
    await rm(kept, { recursive: true });
    const made = await run([need("mkfifo", context), kept], { cwd: world.folder, env: world.env });
    expect(made.status).toBe(0);
    const limited = { limitSeconds: 10 };
    expect((await world.run(args, limited)).stdout).toBe(answer);
  });

  it.each(["binary", "node"] as const)("by %s, from a file of others in a folder outside the home", async (program) => {
    const cacheDir = join(world.folder, `shared-${program}`);
    const env = { TEGATA_CACHE_DIR: cacheDir };
    ({ path: kept, answer } = await storeMarked(world, args, { env, cacheDir, program }));
    expect(isCached(await world.run(args, { env, program }))).toBe(true);
    await chmod(kept, 0o622);
    expect((await world.run(args, { env, program })).stdout).toBe(answer);
  });

  it.runIf(isRoot).each(["binary", "node"] as const)(
    "by %s, from a file of somebody else in a folder outside the home (only root can make one)",
    async (program) => {
      const cacheDir = join(world.folder, `foreign-${program}`);
      const env = { TEGATA_CACHE_DIR: cacheDir };
      ({ path: kept, answer } = await storeMarked(world, args, { env, cacheDir, program }));
      await chown(kept, 12_345, 12_345);
      expect((await world.run(args, { env, program })).stdout).toBe(answer);
    },
  );

  it.for([
    ["before the credentials were issued", "-2h", false],
    ["a few seconds before, as clocks are corrected", "-20s", true],
    ["in their first half hour", "+30m", true],
    ["when it is time to renew them", "+50m", false],
    ["years later", "+9000d", false],
  ] as const)("by a clock that stands %s (%s): given %s", async ([_when, offset, given], context) => {
    const faketime = need("faketime", context);
    const ended = await run([faketime, "-f", offset, programs.binary[0], ...args], {
      cwd: world.folder,
      env: world.env,
    });
    expect(isCached(ended)).toBe(given);
  });
});

it("cached output is given neither after a new sign-in, nor to another person, nor after a sign-out", async () => {
  const own = await createWorld();
  try {
    await own.signIn("dev");
    const first = await storeMarked(own);
    const [again] = [await own.login("dev"), await own.run(args)].slice(1);
    expect(again).toMatchObject({ status: 0 });
    expect([first.answer.includes(entryMark), again?.stdout.includes(entryMark)]).toEqual([false, false]);
    expect(again?.stdout).not.toBe(first.answer);
    await storeMarked(own);
    await own.login("dev", { as: "bob@example.com" });
    expect((await own.run(args)).stdout).not.toContain(entryMark);
    await own.signIn("dev");
    await storeMarked(own);
    expect(await own.run(["logout", "dev"])).toMatchObject({ status: 0 });
    expect(await entryFiles(own.cacheDir)).toEqual([]);
    for (const program of names) {
      expect(await own.run(args, { program })).toMatchObject({ status: 4, stdout: "" });
    }
  } finally {
    await own.close();
  }
});

/** The permissions of files mean nothing to root, so somebody else runs the program then. */
const asSomebody = async (words: readonly string[], home: string) => {
  const env = { ...world.env, HOME: home };
  return isRoot
    ? run(["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", ...programs.node, ...words], {
        cwd: "/",
        env,
      })
    : run([...programs.binary, ...words], { cwd: "/", env });
};

describe("settings and a cache folder that can only be read", () => {
  it("do not keep an output from being given, cached or not", async (context) => {
    if (isRoot) {
      need("setpriv", context);
    }
    const { HOME } = await world.anotherHome();
    await chmod(world.folder, 0o755);
    if ((await asSomebody(["--version"], HOME)).status !== 0) {
      context.skip("nobody else can run the program here");
    }
    const cacheDir = join(HOME, ".cache/tegata");
    const settings = join(HOME, ".config/tegata/tegata.toml");
    await world.signIn("dev", { env: { HOME } });
    await world.run(args, { env: { HOME } });
    const [path = ""] = await entryFiles(cacheDir);
    const obtained = /ASIA\w+/.exec(await readFile(path, "utf8"))?.[0] ?? "none";
    if (isRoot) {
      await run(["chown", "-R", "12345:12345", HOME], { cwd: "/", env: world.env });
    }
    // Its question is that of another user id.
    await rm(path);
    await chmod(settings, 0o444);
    await chmod(cacheDir, 0o500);
    const unkept = [await asSomebody(args, HOME), await asSomebody(args, HOME)];
    expect(unkept).toEqual([unkept[1], unkept[1]]);
    expect(unkept[0]).toMatchObject({ status: 0, stderr: "", stdout: matching(new RegExp(obtained)) });
    expect(await entryFiles(cacheDir)).toEqual([]);
    await chmod(cacheDir, 0o700);
    await asSomebody(args, HOME);
    const [own = ""] = await entryFiles(cacheDir);
    await writeFile(own, (await readFile(own, "utf8")).replaceAll(/ASIA[A-Z0-9]{16}/g, entryMark));
    await chmod(cacheDir, 0o500);
    expect(isCached(await asSomebody(args, HOME))).toBe(true);
    await chmod(own, 0o000);
    const unreadable = await asSomebody(args, HOME);
    expect(unreadable).toMatchObject({ status: 0, stderr: "" });
    expect(unreadable.stdout).toContain(obtained);
    await chmod(cacheDir, 0o700);
  });
});

/** More than one command, so that the shell does not put the program in its own place. */
const envLines = `${programs.binary[0]} env dev\ntrue`;

const inShell = (shell: string) => run([shell, "-c", envLines], { cwd: world.folder, env: world.env });

describe("env without a word about the shell", () => {
  it.for(["bash", "dash", "zsh", "fish"])(
    "is cached for %s, and not given to another shell",
    async (shell, context) => {
      need(shell, context);
      await Promise.all((await entryFiles(world.cacheDir)).map((path) => rm(path)));
      const { stdout } = await inShell(shell);
      const [path = "", ...others] = await entryFiles(world.cacheDir);
      expect(others).toEqual([]);
      await writeFile(path, (await readFile(path, "utf8")).replaceAll(/ASIA[A-Z0-9]{16}/g, entryMark));
      expect(isCached(await inShell(shell))).toBe(true);
      const other = shell === "bash" ? "sh" : "bash";
      const unkept = await inShell(other);
      expect(isCached(unkept)).toBe(false);
      expect(unkept.stdout === stdout).toBe(shell !== "fish");
    },
  );

  it("is cached for the shell that runs a script, not for the one that the script is called like", async () => {
    await Promise.all((await entryFiles(world.cacheDir)).map((path) => rm(path)));
    const script = join(world.folder, "fish");
    await writeFile(script, `#!/bin/bash\n${envLines}\n`, { mode: 0o755 });
    const ended = await run([script], { cwd: world.folder, env: world.env });
    expect(ended.stdout).toMatch(/^export AWS_ACCESS_KEY_ID=/m);
    const [path = "", ...others] = await entryFiles(world.cacheDir);
    expect(others).toEqual([]);
    const [, question = ""] = (await readFile(path, "utf8")).split("\n");
    expect(JSON.parse(question)).toMatchObject({ 4: "bash" });
  });
});

it("cached output is right beside an editor that empties the settings and writes them again", async () => {
  const home = await world.anotherHome();
  const cacheDir = join(home.HOME, ".cache/tegata");
  const settings = join(home.HOME, ".config/tegata/tegata.toml");
  await copyFile(world.settingsFile, settings);
  await world.signIn("dev", { env: home });
  const { answer: fresh } = await storeMarked(world, args, { env: home, cacheDir });
  const [path = ""] = await entryFiles(cacheDir);
  const marked = await readFile(path);
  const text = await readFile(settings, "utf8");
  const editing = { goesOn: true };
  const editor = (async () => {
    while (editing.goesOn) {
      await truncate(settings, 0);
      await writeFile(settings, text, { flag: "r+" });
    }
  })();
  const seen = new Map<string, number>();
  for (let round = 0; round < 20; round += 1) {
    const all = await Promise.all(Array.from({ length: 10 }, () => world.run(args, { env: home })));
    for (const { status, signal, stdout } of all) {
      // A half-written file may lack the profile, be no TOML, or name half a role: status 2 or 3, as without cached outputs.
      const fine = (status === 0 && (isCached({ stdout }) || stdout === fresh)) || (stdout === "" && status !== 70);
      const what = signal ?? (fine ? "fine" : `${status} ${stdout}`);
      seen.set(what, (seen.get(what) ?? 0) + 1);
    }
    await writeFile(path, marked);
  }
  editing.goesOn = false;
  await editor;
  expect([...seen.keys()]).toEqual(["fine"]);
});
