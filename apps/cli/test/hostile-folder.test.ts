import { existsSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { need } from "./support/needs.ts";
import { programs } from "./support/programs.ts";
import { createWorld, run, type World } from "./support/world.ts";

let world: World;
/** As a repository that somebody cloned: its author would like to run code where AWS keys are. */
let cwd: string;
let canary: string;
beforeAll(async () => {
  world = await createWorld();
  cwd = join(world.folder, "cloned");
  canary = join(cwd, "canary");
  await world.signIn("dev");
  await furnish();
});
afterAll(() => world.close());

async function furnish(): Promise<void> {
  const put = async (path: string, content: string) => {
    await mkdir(dirname(join(cwd, path)), { recursive: true });
    await writeFile(join(cwd, path), content);
  };
  const evil = `require("node:fs").appendFileSync(${JSON.stringify(canary)}, __filename + "\\n");\n`;
  const evilModule = `import { appendFileSync } from "node:fs";\nappendFileSync(${JSON.stringify(canary)}, import.meta.url + "\\n");\n`;
  await put("evil.cjs", evil);
  await put("evil.ts", evilModule);
  const variables = [
    "TEGATA_REGION=eu-west-3",
    "TEGATA_CONFIG=./tegata.toml",
    "TEGATA_CACHE_DIR=./cache",
    "TEGATA_STATE_DIR=./state",
    "TEGATA_VERBOSE=1",
    "AWS_REGION=eu-west-3",
    "AWS_ENDPOINT_URL_STS=http://127.0.0.1:9",
    "HTTPS_PROXY=http://127.0.0.1:9",
    "HTTP_PROXY=http://127.0.0.1:9",
    "NODE_TLS_REJECT_UNAUTHORIZED=0",
    `NODE_OPTIONS=--require=${join(cwd, "evil.cjs")}`,
    `BUN_OPTIONS=--preload=${join(cwd, "evil.ts")}`,
    `BROWSER=${join(cwd, "evil.sh")}`,
    "",
  ].join("\n");
  for (const name of [".env", ".env.local", ".env.production", ".env.development", ".env.test"]) {
    await put(name, variables);
  }
  await put("evil.sh", `#!/bin/sh\necho browser >>${canary}\n`);
  await put(
    "bunfig.toml",
    'preload = ["./evil.ts"]\n[run]\npreload = ["./evil.ts"]\n[install]\nauto = "force"\nregistry = "http://127.0.0.1:9"\n[define]\n"process.env.HOME" = "\'/nonexistent\'"\n',
  );
  await put(".npmrc", "registry=http://127.0.0.1:9\n");
  await put("tegata.toml", "[[[ not read");
  await put("dist/evil.js", evilModule);
  const names = [
    "@aws-sdk/client-sts",
    "@smithy/core",
    "yargs-parser",
    "open",
    "valibot",
    "smol-toml",
    "toml-eslint-parser",
  ];
  for (const name of [...names, "uqr", "@tegata/core", "@tegata/cli"]) {
    await put(`node_modules/${name}/package.json`, JSON.stringify({ name, version: "1.0.0", main: "index.js" }));
    await put(`node_modules/${name}/index.js`, evil);
  }
  const evilPaths = Object.fromEntries(names.map((name) => [name, ["./evil.ts"]]));
  await put(
    "tsconfig.json",
    JSON.stringify({ compilerOptions: { baseUrl: ".", paths: evilPaths, jsxImportSource: "evil" } }),
  );
  await put(
    "package.json",
    JSON.stringify({
      name: "evil",
      type: "commonjs",
      imports: { "#*": "./evil.cjs" },
      browser: Object.fromEntries(names.map((name) => [name, "./evil.cjs"])),
      tegata: { region: "eu-west-3" },
      scripts: { preinstall: "sh evil.sh" },
    }),
  );
}

const commands = [
  ["--version"],
  ["--help"],
  ["profiles", "--json"],
  ["status", "--json"],
  ["credential-process", "dev"],
  ["env", "dev"],
  ["__complete", "zsh", "--", "env", "--sh"],
  ["env", "no-such-profile"],
] as const;

describe("tegata, started in a hostile folder,", () => {
  it.each(commands.map((args) => ({ args })))("gives by $args what it gives elsewhere", async ({ args }) => {
    const elsewhere = await world.run(args);
    expect(await world.run(args, { cwd })).toEqual(elsewhere);
  });

  it("gets new credentials", async () => {
    world.sandbox.requests.clear();
    const ended = await world.run(["env", "dev", "--fresh"], { cwd });
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    expect(ended.stdout).toContain("export AWS_REGION='us-east-1';");
    expect(world.sandbox.requests.count("sts")).toBe(1);
  });

  it("reports a settings file that cannot be read", async () => {
    const ended = await world.run(["profiles", "--config", join(cwd, "tegata.toml")], { cwd });
    expect(ended).toMatchObject({ status: 3, stdout: "" });
  });

  it("signs in, and puts no folder there", async () => {
    const ended = await world.login("dev", { cwd });
    expect(ended).toMatchObject({ status: 0 });
    expect(existsSync(join(cwd, "cache"))).toBe(false);
    expect(existsSync(join(cwd, "state"))).toBe(false);
  });

  it("has run none of the folder's code, after all these commands", () => {
    expect(existsSync(canary)).toBe(false);
  });

  it("is not kept busy by a package.json without an end", async () => {
    const endless = join(world.folder, "endless");
    await mkdir(endless);
    await symlink("/dev/zero", join(endless, "package.json"));
    const [version, answer] = await Promise.all([
      world.run(["--version"], { cwd: endless, limitSeconds: 3 }),
      world.run(["credential-process", "dev"], { cwd: endless, limitSeconds: 3 }),
    ]);
    expect([version.status, answer.status]).toEqual([0, 0]);
  });

  it("opens no file of it", async (context) => {
    const strace = need("strace", context);
    const env = { ...world.env };
    const log = join(world.folder, "strace.log");
    const trace = (args: readonly string[]) =>
      run([strace, "-f", "-qq", "-e", "trace=open,openat,execve", "-o", log, programs.binary[0], ...args], {
        cwd,
        env,
      });
    const probe = await trace(["--version"]);
    if (probe.status !== 0) {
      context.skip(`strace cannot trace here: ${probe.stderr.trim()}`);
    }
    expect(await trace(["credential-process", "dev", "--fresh"])).toMatchObject({ status: 0, stderr: "" });
    const calls = (await readFile(log, "utf8")).split("\n");
    expect(calls.some((call) => call.includes(world.settingsFile))).toBe(true);
    // A relative path, or one below the folder; the folder itself may be looked at.
    const opened = calls.flatMap((call) => /(?:open|openat|execve)\([^"]*"([^"]*)"/.exec(call)?.[1] ?? []);
    const own = opened.filter((path) => !path.startsWith("/") || path.startsWith(`${cwd}/`));
    expect(own.filter((path) => path !== "." && path !== "")).toEqual([]);
  });
});

it("the trap is real: Bun itself, started in the same folder, runs the code", async () => {
  await writeFile(join(cwd, "harmless.ts"), "process.stdout.write(String(process.env['TEGATA_REGION']))");
  const [bun] = programs.bun;
  const ended = await run([bun, "harmless.ts"], { cwd, env: world.env });
  expect(ended.stderr).toBe("");
  expect(ended.stdout).toBe("eu-west-3");
  expect(await readFile(canary, "utf8")).toContain("evil.ts");
});
