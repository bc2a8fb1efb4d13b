import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isBesideRequestToSts } from "./support/aws-sdk-files.ts";
import { lateOnly, Metafile, packagesOf } from "./support/metafile.ts";
import { requireBuilt } from "./support/programs.ts";
import { run } from "./support/run.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

let folder: string;
beforeAll(async () => {
  requireBuilt();
  folder = await mkdtemp(join(tmpdir(), "tegata-composition-"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a program that somebody composed, on Node and from the built packages. `plugins` is the body of its plugins' module. */
async function runComposed(args: readonly string[], plugins: string) {
  await writeFile(
    join(folder, "plugins.mjs"),
    `import { defaultPlugins } from "@tegata/cli";\nimport { idpOidc } from "@tegata/idp-oidc";\n${plugins}`,
  );
  await writeFile(
    join(folder, "main.mjs"),
    `import { main } from "@tegata/cli/main";
await main({ name: "acme", version: "1.2.3", plugins: () => import("./plugins.mjs") });\n`,
  );
  return run([process.execPath, "main.mjs", ...args], { cwd: folder, env: { HOME: folder } });
}

const own = "export const { idps, formats } = defaultPlugins;\n";

describe("a program that somebody composed", () => {
  it("has a version and a name of its own", async () => {
    expect(await runComposed(["--version"], own)).toMatchObject({ status: 0, stdout: "1.2.3\n", stderr: "" });
    const help = await runComposed(["--help"], own);
    expect(help).toMatchObject({ status: 0, stderr: "" });
    expect(help.stdout).toMatch(/^acme <command> \[profile\] \[flags\]\n/);
    expect(help.stdout).not.toMatch(/^ +tegata /m);
    const wrong = await runComposed(["logn"], own);
    expect(wrong).toMatchObject({ status: 2, stdout: "" });
    expect(wrong.stderr).toBe('acme: error: there is no command "logn"; did you mean login?\nacme: hint: acme login\n');
    const json = await runComposed(["logn", "--error-format=json"], own);
    expect(JSON.parse(json.stderr)).toMatchObject({ hint: "acme login --error-format=json" });
  });

  it("says in its help which defaults are in force", async () => {
    const defaults = `${own}export const defaults = { region: "eu-west-3", issuer: "https://tegata.example" };\n`;
    const { stdout } = await runComposed(["help", "settings"], defaults);
    expect(stdout).toMatch(/--region .*\[default: eu-west-3\]/);
    expect(stdout).toMatch(/\[default:\s+https:\/\/tegata\.example\]/);
  });

  it.each([
    [
      "two identity providers of one id",
      "export const idps = [idpOidc, idpOidc]; export const formats = [];",
      "two plugins or commands are called oidc",
    ],
    [
      "a format that is called like a command",
      `${own.replace("formats", "formats: others")}export const formats = [{ ...others[0], id: "login" }];`,
      "two plugins or commands are called login",
    ],
    [
      "two formats that back one command",
      'export const idps = []; const json = (await import("@tegata/format-json")).formatJson; export const formats = [{ ...json, backs: "console" }, { ...json, id: "other", backs: "console" }];',
      "two formats back the command console: json and other",
    ],
    [
      "a default of a setting that there is not",
      `${own}export const defaults = { regoin: "eu-west-3" };`,
      "defaults: regoin is no setting that can have one; did you mean region?",
    ],
    [
      "a default that its setting does not take",
      `${own}export const defaults = { duration: "1 year" };`,
      /^defaults: duration "1 year" is not a duration/,
    ],
    [
      "a default of what belongs to one run",
      `${own}export const defaults = { profile: "dev" };`,
      /^defaults: profile is no setting that can have one/,
    ],
  ])("does not start with %s", async (_name, plugins, message) => {
    const { status, stdout, stderr } = await runComposed(["profiles"], plugins);
    expect({ status, stdout }).toEqual({ status: 70, stdout: "" });
    expect(stderr).toMatch(/^acme: error: .*\n$/);
    expect(stderr.slice("acme: error: ".length, -1)).toMatch(message);
  });
});

describe("a composed binary", () => {
  let meta: Metafile;
  beforeAll(async () => {
    await runComposed(["--version"], own);
    const compile = [
      process.execPath,
      join(root, "tools/compile/dist/main.js"),
      "main.mjs",
      "--outfile",
      "acme",
    ] as const;
    await run(compile, { cwd: folder, env: { PATH: process.env["PATH"] ?? "" } });
    meta = await Metafile.of(join(folder, "acme"));
  }, 60_000);

  it("runs under its own name", async () => {
    const ended = await run([join(folder, "acme"), "--version"], { cwd: folder, env: {} });
    expect(ended).toMatchObject({ status: 0, stdout: "1.2.3\n", stderr: "" });
  });

  it("loads for a cached output what tegata loads for one, and none of its plugins", () => {
    const allowed =
      /(^|\/)main\.mjs$|cli\/dist\/(program\/(main-bun|composition)|answer-cache\/(first-file(-bun)?|files-libc|entry))\.js$/;
    const inputs = meta.loadedWith("main.mjs");
    expect(inputs).toContainEqual(expect.stringMatching(/answer-cache\/entry\.js$/));
    expect(inputs.filter((path) => !allowed.test(path))).toEqual([]);
  });

  it("loads the AWS SDK, the browser opener and the parser for error positions only where they are needed", () => {
    const inputs = [...meta.loadedWith("program/rest-of-binary.js"), ...meta.loadedWith("plugins.mjs")];
    expect(inputs).toContainEqual(expect.stringMatching(/program\/compose\.js$/));
    expect(packagesOf(inputs).filter((name) => lateOnly.test(name))).toEqual([]);
    expect(
      packagesOf(meta.inputs)
        .filter((name) => lateOnly.test(name))
        .toSorted(),
    ).toEqual(expect.arrayContaining(["@aws-sdk/client-sts", "open", "toml-eslint-parser"]));
  });

  it("has no part of the AWS SDK that looks for settings or credentials, signs, or sends", () => {
    expect(meta.inputs.filter(isBesideRequestToSts)).toEqual([]);
    expect(meta.inputs).toContainEqual(expect.stringMatching(/@aws-sdk\/core\/.*\/AwsQueryProtocol\.js$/));
  });

  it("has the keyring's native library, and neither its loader nor Node's HTTP client", () => {
    const native = meta.inputs.filter((path) => path.includes("/@napi-rs/"));
    expect(native).toEqual([expect.stringMatching(/\/keyring-[\w-]+\/keyring\.[\w-]+\.node$/)]);
    expect(packagesOf(meta.inputs)).not.toContain("undici");
  });

  it("names no folder of the machine that it was made on, from which it could load something elsewhere", async () => {
    const binary = await readFile(join(folder, "acme"));
    expect(binary.includes("/$bunfs/root/")).toBe(true);
    expect(binary.includes(root)).toBe(false);
  });

  it("has nothing of what it was made and tested with", () => {
    const beside =
      /\/(tools\/compile|apps\/sandbox|packages\/(testkit|create-tegata))\/|node_modules\/(bun|vitest|typescript)\//;
    expect(meta.inputs.filter((path) => beside.test(path))).toEqual([]);
  });
});
