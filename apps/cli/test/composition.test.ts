import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
  it("says another version or name than its own", async () => {
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

  it("does not say which default is in force, or takes it from nowhere", async () => {
    const defaults = `${own}export const defaults = { region: "eu-west-3", issuer: "https://tegata.example" };\n`;
    const { stdout } = await runComposed(["env", "--help"], defaults);
    expect(stdout).toMatch(/--region .*\[default: eu-west-3\]/);
    expect(stdout).toMatch(/\[default: https:\/\/tegata\.example\]/);
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
  ])("starts with %s", async (_name, plugins, message) => {
    const { status, stdout, stderr } = await runComposed(["profiles"], plugins);
    expect({ status, stdout }).toEqual({ status: 70, stdout: "" });
    expect(stderr).toMatch(/^acme: error: .*\n$/);
    expect(stderr.slice("acme: error: ".length, -1)).toMatch(message);
  });
});
