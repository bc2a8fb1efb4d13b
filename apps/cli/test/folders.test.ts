import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, type World } from "./support/world.ts";

let world: World;
let here: string;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
  here = join(world.folder, "here");
  await mkdir(here);
});
afterAll(() => world.close());

const programNames = ["binary", "node"] as const;

describe("a folder for secrets", () => {
  it.each([
    ["TEGATA_STATE_DIR", "state", 'export TEGATA_STATE_DIR="$PWD"/state'],
    ["TEGATA_CACHE_DIR", "./cache", 'export TEGATA_CACHE_DIR="$PWD"/cache'],
    ["TEGATA_CACHE_DIR", "~bob/cache", "name the whole path in TEGATA_CACHE_DIR"],
    ["TEGATA_STATE_DIR", " /state", "export TEGATA_STATE_DIR=/state"],
    ["TEGATA_CACHE_DIR", '"/the cache"', "export TEGATA_CACHE_DIR='/the cache'"],
    ["HOME", ".", 'export HOME="$PWD"/.'],
    ["HOME", "home", 'export HOME="$PWD"/home'],
  ])("is refused where %s is %s: it would be below the current folder", async (variable, value, hint) => {
    for (const program of programNames) {
      for (const words of [["login", "dev"], ["credential-process", "dev"], ["logout", "dev"], ["status"]]) {
        const ended = await world.run(words, { env: { [variable]: value }, cwd: here, program });
        expect(ended).toMatchObject({ status: 2, stdout: "" });
        expect(ended.stderr).toContain(`${variable} is ${JSON.stringify(value)}, which is relative`);
        expect(ended.stderr).toContain(hint);
      }
    }
    expect(await readdir(here)).toEqual([]);
  });

  it("begins at the home folder where it is written with ~/, for a cached output as well", async () => {
    const env = { TEGATA_CACHE_DIR: "~/by-tilde/cache", TEGATA_STATE_DIR: "~/by-tilde/state" };
    await world.signIn("dev", { env, cwd: here });
    for (const program of programNames) {
      const first = await world.run(["credential-process", "dev"], { env, cwd: here, program });
      const { requests } = world.sandbox;
      requests.clear();
      expect(await world.run(["credential-process", "dev"], { env, cwd: here, program })).toEqual(first);
      expect(first).toMatchObject({ status: 0, stderr: "" });
      expect(requests.all()).toEqual([]);
    }
    const folder = join(world.folder, "home/by-tilde");
    expect((await readdir(folder)).toSorted()).toEqual(["cache", "state"]);
    expect((await readdir(join(folder, "cache"))).some((name) => name.endsWith(".output"))).toBe(true);
    expect(await readdir(here)).toEqual([]);
  });

  it("is not closed to others where it holds other folders, such as / or a home", async () => {
    const shared = join(world.folder, "shared");
    await mkdir(join(shared, "something"), { recursive: true });
    await chmod(shared, 0o755);
    for (const variable of ["TEGATA_STATE_DIR", "TEGATA_CACHE_DIR"]) {
      const refused = await world.run(["credential-process", "dev", "--fresh"], { env: { [variable]: shared } });
      expect(refused).toMatchObject({ status: 3, stdout: "" });
      expect(refused.stderr).toContain(`${shared} can be read by others (mode 0755) and holds other folders`);
    }
    expect((await stat(shared)).mode & 0o777).toBe(0o755);
  });

  it("ignores XDG variables that are relative, as their specification says", async () => {
    const env = { XDG_CACHE_HOME: "cache", XDG_STATE_HOME: "./state", XDG_CONFIG_HOME: "config" };
    expect(await world.run(["credential-process", "dev"], { env, cwd: here })).toMatchObject({ status: 0 });
    expect(await readdir(here)).toEqual([]);
  });
});

it("a settings file is found by ~/ in TEGATA_CONFIG and in --config, and by a path from the current folder", async () => {
  const tilde = "~/.config/tegata/tegata.toml";
  const elsewhere = { XDG_CONFIG_HOME: here };
  const expected = { status: 0, stdout: "dev\nplain\nreadonly\nbob\n" };
  expect(await world.run(["profiles"], { env: { ...elsewhere, TEGATA_CONFIG: tilde } })).toMatchObject(expected);
  expect(await world.run(["profiles", `--config=${tilde}`], { env: elsewhere })).toMatchObject(expected);
  const relative = ["profiles", "--config", "../home/.config/tegata/tegata.toml"];
  expect(await world.run(relative, { env: elsewhere, cwd: here })).toMatchObject(expected);
});

const namesOf = (text: string) => text.split("\n").flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? []);

describe.each(["binary", "node", "deno"] as const)("nothing that tegata sets for itself on %s", (program) => {
  it("reaches the command of exec or a token_command", async () => {
    const { stdout } = await world.run(["exec", "dev", "--", "env"], { program });
    expect(
      namesOf(stdout)
        .filter((name) => !name.startsWith("TEGATA_"))
        .toSorted(),
    ).toEqual([
      "AWS_ACCESS_KEY_ID",
      "AWS_ACCOUNT_ID",
      "AWS_CREDENTIAL_EXPIRATION",
      "AWS_DEFAULT_REGION",
      "AWS_REGION",
      "AWS_SECRET_ACCESS_KEY",
      "AWS_SESSION_TOKEN",
      "HOME",
      "PATH",
      "TZ",
    ]);
    const seen = join(world.folder, `seen-${program}`);
    const script = join(world.folder, "env-of.sh");
    await writeFile(script, '#!/bin/sh\nenv >"$1"\n', { mode: 0o755 });
    const config = join(world.folder, "by-command.toml");
    const idp = `[idp.job]\ntype = "workload"\ntoken_command = "${script} ${seen}"\n`;
    await writeFile(
      config,
      `${idp}[profile.job]\nidp = "job"\nrole_arn = "${world.sandbox.roles.developer}"\nregion = "us-east-1"\n`,
    );
    expect((await world.run(["credential-process", "job", "--config", config], { program })).status).not.toBe(0);
    // The shell that runs the script may set some of its own.
    const ofShells = new Set(["PWD", "OLDPWD", "SHLVL", "_"]);
    const names = namesOf(await readFile(seen, "utf8")).filter((name) => !ofShells.has(name));
    expect(names.toSorted()).toEqual(["HOME", "PATH", "TEGATA_INSIDE", "TZ"]);
  });
});
