import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requireBuilt } from "./support/programs.ts";
import { type Registry, startRegistry } from "./support/registry.ts";
import { run, start } from "./support/run.ts";
import { follow, stepsOf } from "./support/tutorial.ts";

/**
 * A newcomer's way: `npm create tegata` and `npm install` from packed packages, tests, a compiled binary, a sign-in. Nothing
 * of this repository is reached but through the registry on loopback.
 */
let folder: string;
let registry: Registry;
let env: Readonly<Record<string, string>>;
let page: string;
beforeAll(async () => {
  requireBuilt();
  page = await readFile(fileURLToPath(new URL("../../../docs/plugins/tutorial.md", import.meta.url)), "utf8");
  folder = await mkdtemp(join(tmpdir(), "tegata-tutorial-"));
  await mkdir(join(folder, "packed"));
  registry = await startRegistry(join(folder, "packed"));
  env = {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    HOME: folder,
    npm_config_registry: registry.url,
    npm_config_cache: join(folder, "npm-cache"),
    npm_config_audit: "false",
    npm_config_fund: "false",
    npm_config_update_notifier: "false",
    NO_COLOR: "1",
  };
}, 60_000);
afterAll(async () => {
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

const exportsSchema = v.record(v.string(), v.record(v.string(), v.unknown()));

describe("a packed package", () => {
  it("has every file that it names, its licence and its README, and no sources or tests", () => {
    const problems: string[] = [];
    for (const [name, { files, manifest }] of registry.packed) {
      const { "@tegata/source": _source, ...entry } = v.parse(exportsSchema, manifest["exports"])["."] ?? {};
      const bins = Object.values(v.parse(v.optional(v.record(v.string(), v.string()), {}), manifest["bin"]));
      const named = [...Object.values(entry), ...bins].map((path) => String(path).replace("./", ""));
      const wanted = [...named, "LICENSE", "README.md"].filter((path) => !files.includes(path));
      const unwanted = files.filter((path) => path.startsWith("src/") || /^dist\/.*\.test\./.test(path));
      problems.push(...[...wanted, ...unwanted].map((path) => `${name}: ${path}`));
    }
    expect(registry.packed.size).toBeGreaterThan(0);
    expect(problems).toEqual([]);
  });
});

describe("docs/plugins/tutorial.md", () => {
  it("leads a newcomer to an identity provider", { timeout: 120_000 }, async () => {
    const project = await follow(stepsOf(page, "An identity provider"), folder, env);
    const binary = join(project, "dist/corp-sso-tegata");
    const inFolder = (args: readonly string[], cwd: string, more: Readonly<Record<string, string>> = {}) =>
      run([binary, ...args], { cwd, env: { PATH: env["PATH"] ?? "", HOME: folder, ...more } });

    // Its own name, wherever it calls itself something.
    expect((await inFolder(["--version"], project)).stdout).toBe("0.1.0\n");
    expect((await inFolder(["completion", "bash"], project)).stdout).toContain("-F _corp-sso-tegata corp-sso-tegata\n");
    const settings = await readFile(join(project, "sandbox.toml"), "utf8");
    const settingsFile = join(folder, "kept.toml");
    await writeFile(settingsFile, settings, { mode: 0o600 });
    const nobody = await inFolder(["credential-process", "dev"], project, {
      TEGATA_CONFIG: settingsFile,
      TEGATA_STATE_DIR: join(folder, "empty"),
      TEGATA_CACHE_DIR: join(folder, "empty"),
    });
    expect(nobody.status).toBe(4);
    expect(nobody.stderr).toMatch(/^corp-sso-tegata: error: .*\ncorp-sso-tegata: hint: corp-sso-tegata login dev\n$/);

    // Cached output is given as it was kept, and nothing else is looked at.
    const ask = (cwd: string) => inFolder(["credential-process", "dev"], cwd, { TEGATA_CONFIG: settingsFile });
    const answered = await ask(project);
    expect(answered).toMatchObject({ status: 0, stderr: "" });
    const cache = join(folder, ".cache/tegata");
    for (const name of (await readdir(cache)).filter((each) => each.endsWith(".output"))) {
      const text = await readFile(join(cache, name), "utf8");
      await writeFile(join(cache, name), text.replace("ASIA", "KEPT"));
    }
    const keptAnswer = { ...answered, stdout: answered.stdout.replace("ASIA", "KEPT") };
    expect(await ask(project)).toEqual(keptAnswer);

    // In its place, as the product's own binary does on Linux.
    const command = start([binary, "exec", "dev", "--", "sh", "-c", 'echo "$$ $AWS_REGION"'], {
      cwd: project,
      env: { PATH: env["PATH"] ?? "", HOME: folder, TEGATA_CONFIG: settingsFile },
    });
    const pid = process.platform === "linux" ? String(command.child.pid) : "\\d+";
    expect((await command.ended).stdout).toMatch(new RegExp(`^${pid} us-east-1\n$`));

    // Anyone who wrote the folder that it is started in runs nothing in it.
    const hostile = join(folder, "hostile");
    await mkdir(hostile);
    await writeFile(join(hostile, "evil.ts"), `require("node:fs").writeFileSync("canary", "");`);
    await writeFile(join(hostile, "bunfig.toml"), `preload = ["./evil.ts"]\n`);
    expect(await ask(hostile)).toEqual(keptAnswer);
    expect((await inFolder(["profiles"], hostile, { TEGATA_CONFIG: settingsFile })).stdout).toBe("dev\n");
    await expect(access(join(hostile, "canary"))).rejects.toThrow("ENOENT");
  });

  it("leads a newcomer to an output format", { timeout: 120_000 }, async () => {
    const project = await follow(stepsOf(page, "An output format"), folder, env);
    expect(await readdir(join(project, "dist"))).toContain("java-properties-tegata");
  });
});
