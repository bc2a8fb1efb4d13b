import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, type TestContext } from "vitest";
import { entryMark, storeMarked } from "./support/answer-cache.ts";
import { programs } from "./support/programs.ts";
import { createWorld, run, settingsOf, type World } from "./support/world.ts";

const words = ["credential-process", "dev"] as const;
const path = "/etc/tegata/tegata.toml";

let world: World;
/** Stands in for `/etc`, in a namespace of its own. */
let etc: string;
let file: string;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
  etc = join(world.folder, "etc");
  file = join(etc, "tegata/tegata.toml");
  await cp("/etc", etc, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (each) => !/shadow|ssl|\.d(\/|$)/.test(each),
  });
  await mkdir(join(etc, "tegata"), { recursive: true });
});
beforeEach(() => rm(file, { force: true }));
afterAll(() => world.close());

/** A run of the binary, which sees that folder as `/etc`. */
async function runThere(context: TestContext, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const mount = ["unshare", "--mount", "sh", "-c", 'mount --bind "$ETC" /etc && exec "$@"', "sh"] as const;
  const all = { ...world.env, ...env, ETC: etc };
  if (process.getuid?.() !== 0 || spawnSync(mount[0], [...mount.slice(1), "true"], { env: all }).status !== 0) {
    context.skip("nothing can be mounted here");
  }
  return run([...mount, ...programs.binary, ...args], { cwd: world.folder, env: all });
}

describe("cached output", () => {
  it("is given until the machine has a settings file, and again once that has been read", async (context) => {
    await storeMarked(world, words);
    expect((await runThere(context, words)).stdout).toContain(entryMark);
    await writeFile(file, "# nothing yet\n");
    const first = await runThere(context, words);
    expect([first.status, first.stdout.includes(entryMark), first.stdout.includes("SecretAccessKey")]).toEqual([
      0,
      false,
      true,
    ]);
    await rm(file);
    // The entry is the one with the file now, of which nothing is there.
    expect((await runThere(context, words)).stdout).not.toContain(entryMark);
  });

  it.for<[string, () => Promise<void>, string]>([
    ["can be written to by others", () => chmod(file, 0o666), "can be written to by others than the administrator"],
    [
      "is a folder",
      () =>
        rm(file)
          .then(() => mkdir(file))
          .then(() => undefined),
      "it is a folder",
    ],
    ["cannot be understood", () => writeFile(file, "[fixed\n"), "not TOML"],
    ["fixes an issuer", () => writeFile(file, '[fixed]\nissuers = ["https://id.acme.com"]\n'), "is not one of those"],
  ])("is not given where the machine's file %s: the run says why", async ([, change, said], context) => {
    await writeFile(file, "# nothing\n");
    await storeMarked(world, words);
    await change();
    const { status, stdout, stderr } = await runThere(context, words);
    await rm(file, { recursive: true });
    expect([status, stdout]).toEqual([3, ""]);
    expect([stderr, stderr]).toEqual([expect.stringContaining(path), expect.stringContaining(said)]);
  });
});

describe("what the machine's file fixes", () => {
  it("counts for every settings file that a person names, and for every home", async (context) => {
    await writeFile(file, '[fixed]\nissuers = ["https://id.acme.com"]\n');
    const other = join(world.folder, "other.toml");
    await writeFile(other, settingsOf(world.sandbox));
    const runs = [
      await runThere(context, [...words, "--config", other]),
      await runThere(context, words, { TEGATA_CONFIG: other }),
      await runThere(context, words, { XDG_CONFIG_HOME: world.folder, TEGATA_CONFIG: other }),
      await runThere(context, [
        "credential-process",
        "--config",
        "/dev/null",
        "--issuer",
        "https://id.example",
        "--client-id",
        "x",
      ]),
      await runThere(context, ["login", "dev"]),
    ];
    const ends = runs.map(({ status, stdout, stderr }) => [
      status,
      stdout,
      stderr.includes(`${path}:2:1: fixed.issuers`),
    ]);
    expect(ends).toEqual(runs.map(() => [3, "", true]));
  });

  it("turns plugins off that are programs", async (context) => {
    await writeFile(file, "[fixed]\nplugin_programs = false\n");
    const bin = join(world.folder, "bin");
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, "tegata-format-acme"), "#!/bin/sh\ntouch started\n", { mode: 0o755 });
    const { status, stderr } = await runThere(context, ["acme", "dev"], { PATH: `${bin}:${world.env["PATH"] ?? ""}` });
    expect([status, stderr]).toEqual([3, expect.stringContaining(`(${path}: fixed.plugin_programs)`)]);
  });

  it("keeps plugins check from starting a program", async (context) => {
    await writeFile(file, "[fixed]\nplugin_programs = false\n");
    const started = join(world.folder, "started-by-check");
    for (const name of ["tegata-format-acme", "tegata-idp-acme"]) {
      const program = join(world.folder, name);
      await writeFile(program, `#!/bin/sh\n: > '${started}'\n`, { mode: 0o755 });
      const { status, stdout, stderr } = await runThere(context, ["plugins", "check", program]);
      expect([status, stdout, existsSync(started)]).toEqual([3, "", false]);
      expect(stderr).toContain(`(${path}: fixed.plugin_programs)`);
    }
  });

  it("counts for a sign-in that went another way before, and names no other token store as a way out", async (context) => {
    expect((await runThere(context, words)).status).toBe(0);
    await writeFile(file, '[fixed]\nflow = "browser"\n');
    const { status, stdout, stderr } = await runThere(context, words);
    expect([status, stdout, stderr]).toEqual([4, "", expect.stringContaining("a sign-in in the browser is needed")]);
    await writeFile(file, '[fixed]\ntoken_store = "keyring"\n');
    const login = await runThere(context, ["login", "dev"], { DBUS_SESSION_BUS_ADDRESS: "" });
    expect([login.status, login.stderr]).toEqual([3, expect.stringContaining("ask the administrator")]);
    expect(login.stderr).not.toContain("token-store");
  });

  it("is shown with its file and line, at 80 columns and in JSON", async (context) => {
    await writeFile(file, '[fixed]\ntoken_store = "file"\n');
    const { stdout } = await runThere(context, ["settings", "token_store", "--profile", "dev"]);
    expect(stdout).toBe(`token_store  file (machine: ${path}:2:1)\n`);
    const json = await runThere(context, ["settings", "token_store", "--profile", "dev", "--json"]);
    expect(JSON.parse(json.stdout)).toEqual([{ key: "token_store", value: "file", origin: `machine: ${path}:2:1` }]);
  });
});
