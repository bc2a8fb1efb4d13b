import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { instant, matching } from "./support/matching.ts";
import { need } from "./support/needs.ts";
import { programs } from "./support/programs.ts";
import { expectClean } from "./support/refusal.ts";
import { createWorld, run, settingsOf, type World } from "./support/world.ts";

const statusSchema = v.object({
  profiles: v.array(v.looseObject({ profile: v.optional(v.string()), lastFailure: v.optional(v.unknown()) })),
});

let world: World;
/** A home in which nobody has signed in. */
let env: { readonly HOME: string };
beforeAll(async () => {
  world = await createWorld();
});
beforeEach(async () => {
  env = await world.anotherHome();
});
afterAll(() => world.close());

const stateDir = () => join(env.HOME, ".local/state/tegata");
const failureFiles = async () => {
  const names = await readdir(stateDir()).catch(() => []);
  return names.filter((name) => name.includes(".failure")).map((name) => join(stateDir(), name));
};
const statusOf = async (profile: string | undefined, more: Readonly<Record<string, string>> = {}) => {
  const { stdout } = await world.run(["status", "--json"], { env: { ...env, ...more } });
  return v.parse(statusSchema, JSON.parse(stdout)).profiles.find((each) => each.profile === profile);
};
const needsSignIn = {
  at: instant,
  code: "sign_in_required",
  message: matching(/./),
  hint: "tegata login dev",
};

describe("a failure behind an AWS client", () => {
  it("is shown by status, and in its JSON", async () => {
    expect(await world.run(["credential-process", "dev"], { env })).toMatchObject({ status: 4 });
    expect(await statusOf("dev")).toMatchObject({ lastFailure: needsSignIn });
    expect(await statusOf("plain")).not.toHaveProperty("lastFailure");
    const { stdout } = await world.run(["status", "dev"], { env });
    expect(stdout).toMatch(/^ {2}last failure {2}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ: \S.*\n {16}tegata login dev$/m);
  });

  it("is stored where only its owner can read it, and holds no secret", async () => {
    await world.signIn("dev", { env });
    const denied = await world.run(["credential-process", "bob"], { env });
    expect(denied.status).not.toBe(0);
    const [path = "", ...others] = await failureFiles();
    expect(others).toEqual([]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expectClean(await readFile(path, "utf8"), world);
  });

  it("is forgotten after a sign-in, and after a success", async () => {
    await world.run(["credential-process", "dev"], { env });
    await world.signIn("dev", { env });
    expect(await statusOf("dev")).not.toHaveProperty("lastFailure");
    expect(await world.run(["credential-process", "dev"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(await failureFiles()).toEqual([]);
  });

  it("of a profile that is misspelt in the AWS client's settings is shown for the settings file of that run alone", async () => {
    await world.run(["credential-process", "deev"], { env });
    expect(await statusOf("deev")).toMatchObject({ lastFailure: { code: "usage_invalid" } });
    const other = join(world.folder, "another.toml");
    await world.writeSettings(settingsOf(world.sandbox), other);
    expect(await statusOf("deev", { TEGATA_CONFIG: other })).toBeUndefined();
  });

  it("is forgotten by logout --all", async () => {
    await world.run(["credential-process", "dev"], { env });
    expect(await world.run(["logout", "--all"], { env })).toMatchObject({ status: 0 });
    expect(await failureFiles()).toEqual([]);
  });

  it("is not stored for other commands, whose stderr a person sees", async () => {
    expect(await world.run(["env", "dev"], { env })).toMatchObject({ status: 4 });
    expect(await failureFiles()).toEqual([]);
  });

  it("ends the run with its error, and no output, where it cannot be stored", async () => {
    const usual = await world.run(["credential-process", "dev"], { env });
    const file = join(env.HOME, "file");
    await writeFile(file, "");
    for (const [TEGATA_STATE_DIR, status, error] of [
      [join(file, "below"), 4, "a sign-in in the browser is needed\n"],
      ["/proc/tegata", 4, "a sign-in in the browser is needed\n"],
      ["/dev/null", 3, "the folder /dev/null cannot be used: it is not a folder\n"],
    ] as const) {
      const ended = await world.run(["credential-process", "dev", "--quiet"], { env: { ...env, TEGATA_STATE_DIR } });
      expect(ended).toMatchObject({ status, stdout: "" });
      expect(ended.stderr).toMatch(new RegExp(`^tegata: error: ${error}tegata: hint: .*\n$`));
    }
    const nowhere = await run([programs.binary[0], "credential-process", "dev", "--config", world.settingsFile], {
      cwd: world.folder,
      env: { TEGATA_CACHE_DIR: join(env.HOME, "cache") },
    });
    expect(usual.status).toBe(4);
    expect(nowhere).toMatchObject({ status: 4, stdout: "" });
  });

  it("does not make status fail when its file is garbage, or a folder", async () => {
    await world.run(["credential-process", "dev"], { env });
    const [path = ""] = await failureFiles();
    await writeFile(path, "garbage");
    expect(await world.run(["status"], { env })).toMatchObject({ status: 0, stderr: "" });
    await mkdir(`${stateDir()}/${"0".repeat(32)}.failure`);
    expect(await world.run(["status"], { env })).toMatchObject({ status: 0, stderr: "" });
  });
});

/** `script` gives the program a terminal of its own, and shows what is written to it. */
const behindClient = (words: string, context: Parameters<typeof need>[1], more: Readonly<Record<string, string>>) => {
  const script = need("script", context);
  const command = `${programs.binary[0]} credential-process ${words} >out 2>err </dev/null`;
  return run([script, "-qec", command, "/dev/null"], {
    cwd: env.HOME,
    env: { ...world.env, ...env, SHELL: "/bin/sh", ...more },
  });
};

describe("hint", () => {
  it.for([
    ["is shown on the terminal with TEGATA_HINT=tty", "dev", { TEGATA_HINT: "tty" }, "tegata: hint: tegata login dev"],
    ["is shown on the terminal with --hint tty", "dev --hint tty", {}, "tegata: hint: tegata login dev --hint tty"],
    [
      "is shown on the terminal in the browser flow",
      "dev --flow browser --hint tty",
      {},
      "tegata: hint: tegata login dev --flow browser --hint tty",
    ],
    ["is not shown on the terminal by default", "dev", {}, ""],
    ["is not shown on the terminal with --hint stderr", "dev --hint stderr", { TEGATA_HINT: "tty" }, ""],
  ] as const)("%s", async ([_name, words, more, shown], context) => {
    const ended = await behindClient(words, context, more);
    expect(ended.stdout.trim().split(" --hint")[0]).toBe(shown.split(" --hint")[0]);
    expect(ended.status).toBe(4);
    expect(await readFile(join(env.HOME, "err"), "utf8")).toMatch(/^tegata: error: .*\ntegata: hint: tegata login dev/);
    expect(await readFile(join(env.HOME, "out"), "utf8")).toBe("");
  });

  it("of an unknown kind is refused, also where nothing fails", async () => {
    await world.signIn("dev", { env });
    const bad = await world.run(["credential-process", "dev"], { env: { ...env, TEGATA_HINT: "loud" } });
    expect(bad).toMatchObject({ status: 2, stdout: "" });
    expect(bad.stderr).toContain("TEGATA_HINT");
  });

  it("does not stop a run that has no terminal", async () => {
    const ended = await world.run(["credential-process", "dev", "--hint", "tty"], { env });
    expect(ended).toMatchObject({ status: 4, stdout: "" });
  });
});
