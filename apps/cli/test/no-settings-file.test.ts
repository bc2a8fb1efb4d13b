import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectClean, expectRefusal, like } from "./support/refusal.ts";
import { createWorld, settingsOf, type World } from "./support/world.ts";

let world: World;
let home: string;
beforeAll(async () => {
  world = await createWorld();
  home = await mkdtemp(join(world.folder, "nobody-"));
});
afterAll(() => world.close());

/** Where a settings file is looked for, by what the environment says. */
const places: readonly (readonly [string, (folder: string) => Record<string, string>, (folder: string) => string])[] = [
  ["the home folder", (folder) => ({ HOME: folder }), (folder) => join(folder, ".config/tegata/tegata.toml")],
  [
    "XDG_CONFIG_HOME",
    (folder) => ({ HOME: folder, XDG_CONFIG_HOME: join(folder, "xdg") }),
    (folder) => join(folder, "xdg/tegata/tegata.toml"),
  ],
  [
    "the home folder, because XDG_CONFIG_HOME is relative",
    (folder) => ({ HOME: folder, XDG_CONFIG_HOME: "xdg" }),
    (folder) => join(folder, ".config/tegata/tegata.toml"),
  ],
];

const none = (path: string) => `there is no settings file (none is named, and ${path} is not there)`;

describe.each(places)("without a settings file in %s", (_where, env, path) => {
  it.each([
    ["login"],
    ["env"],
    ["credential-process"],
    ["console"],
    ["exec", "--", "true"],
    ["use", "--shell", "bash"],
    ["console-url"],
    ["json"],
  ])("%s says that there is none, where it was looked for, and what to write there", async (...args) => {
    const ended = await world.run(args, { env: env(home) });
    expectRefusal(
      ended,
      {
        status: 3,
        error: `no identity provider is named, and ${none(path(home))}`,
        hint: new RegExp(
          `^tegata init asks for first settings, or pass --domain .*, or write \\[idp\\.corp\\] .* and \\[profile\\.dev\\] .* to ${path(home)}; `,
        ),
      },
      world,
    );
  });

  it.each([
    ["login", "prod"],
    ["env", "prod"],
    ["exec", "prod", "--", "true"],
    ["status", "prod"],
    ["use", "prod", "--shell", "sh"],
  ])("%s %s says that there is none instead of no such profile", async (...args) => {
    const ended = await world.run(args, { env: env(home) });
    const error = `the profile "prod" is not a section [profile.NAME]: ${none(path(home))}`;
    const hint = new RegExp(
      `^tegata init --profile prod asks for first settings, or leave it out, or write .* \\[profile\\.prod\\] .* to ${path(home)}$`,
    );
    expectRefusal(ended, { status: 2, error, hint }, world);
  });

  it("a role and a client that are missing are told with it", async () => {
    const idp = ["--domain", "acme.example"];
    const noClient = await world.run(["login", ...idp], { env: env(home) });
    expect(noClient.stderr).toContain(`lacks client_id, and ${none(path(home))}\n`);
    const noRole = await world.run(["env", ...idp, "--client-id", "x"], { env: env(home) });
    expect(noRole.stderr).toContain(`role_arn is not set, and ${none(path(home))}\n`);
  });

  it("profiles and status say so beside what they print, and --quiet hides it", async () => {
    const fresh = await mkdtemp(join(world.folder, "nothing-"));
    const profiles = await world.run(["profiles"], { env: env(fresh) });
    expect(profiles).toMatchObject({ status: 0, stdout: "" });
    expect(profiles.stderr).toContain(`tegata: ${none(path(fresh))}; tegata init asks for first settings\n`);
    const status = await world.run(["status"], { env: env(fresh) });
    expect(status).toMatchObject({ status: 0, stdout: "nothing is cached\n", stderr: profiles.stderr });
    const quiet = await world.run(["profiles", "--quiet"], { env: env(fresh) });
    expect(quiet).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expectClean(profiles.stderr, world);
  });

  it("the help names where it is looked for", async () => {
    for (const args of [["--help"], []]) {
      const { stdout } = await world.run(args, { env: env(home) });
      expect(stdout).toContain(`settings file: ${path(home)} (it is not there)\n`);
    }
  });
});

describe("with a settings file", () => {
  it.each([
    ["the usual one", [], () => ({})],
    ["that --config names", ["--config", "other.toml"], () => ({})],
    ["that TEGATA_CONFIG names", [], () => ({ TEGATA_CONFIG: join(world.folder, "other.toml") })],
  ])("profiles, status and the help name it: %s", async (what, flags, env) => {
    const other = join(world.folder, "other.toml");
    await world.writeSettings(settingsOf(world.sandbox), other);
    const path = what === "the usual one" ? world.settingsFile : flags.length > 0 ? "other.toml" : other;
    const run = (...args: string[]) => world.run([...args, ...flags], { env: env() });
    expect(await run("profiles")).toMatchObject({
      stderr: "",
      stdout: "dev\nplain\nreadonly\nbob\n",
    });
    for (const command of ["profiles", "status"]) {
      const { status, stderr } = await run(command, "--verbose");
      expect({ status, stderr }).toEqual({ status: 0, stderr: like(`tegata: settings file: ${path}\n`) });
    }
    expect(await run("profiles", "--json")).toMatchObject({ status: 0, stderr: "" });
    expect(await run("status", "--json")).toMatchObject({ status: 0, stderr: "" });
    expect((await run("--help")).stdout).toContain(`settings file: ${path}\n`);
  });

  it("a profile that it does not have gets the nearest name, the list and the file", async () => {
    const ended = await world.run(["login", "plai"]);
    const error =
      `the profile "plai" is not a section [profile.NAME] in ${world.settingsFile}; ` +
      "did you mean plain? (known: dev, plain, readonly, bob)";
    expectRefusal(ended, { status: 2, error, hint: /^tegata login plain$/ }, world);
    const byVariable = await world.run(["login"], { env: { TEGATA_PROFILE: "plai" } });
    const hint = `name a profile that is there, or add [profile.plai] to ${world.settingsFile}`;
    expectRefusal(byVariable, { status: 2, error: 'TEGATA_PROFILE "plai" is not', hint }, world);
  });

  it("a path that cannot be seen is shown in escapes", async () => {
    const folder = join(world.folder, "a\u00a0b");
    await mkdir(folder);
    const path = join(folder, "t.toml");
    await world.writeSettings(settingsOf(world.sandbox), path);
    const { stderr } = await world.run(["profiles", "--verbose", "--config", path]);
    expect(stderr).toContain(`settings file: ${JSON.stringify(path).replace("\u00a0", String.raw`\u00a0`)}\n`);
    await rm(folder, { recursive: true });
  });
});
