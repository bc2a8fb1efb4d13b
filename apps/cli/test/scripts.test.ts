import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { need } from "./support/needs.ts";
import { programs, requireBuilt } from "./support/programs.ts";
import { start } from "./support/run.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const manifest = v.parse(
  v.object({ scripts: v.record(v.string(), v.string()) }),
  JSON.parse(await readFile(`${root}package.json`, "utf8")),
);

function check(...args: string[]) {
  const [bun] = programs.bun;
  return start([bun, "scripts/check.ts", ...args], { cwd: root, env: { PATH: process.env["PATH"] ?? "" } }).ended;
}

describe("the npm scripts", () => {
  it("run turbo without its telemetry", async () => {
    const { turbo, ...others } = manifest.scripts;
    expect(turbo).toContain("--env-file=scripts/turbo.env");
    expect(await readFile(`${root}scripts/turbo.env`, "utf8")).toMatch(/^TURBO_TELEMETRY_DISABLED=1$/m);
    const direct = Object.entries(others).filter(([, command]) => /(?:^|&& )(?:npx )?turbo\b/.test(command));
    expect(direct).toEqual([]);
  });

  it.each(["lint", "typecheck"])("%s --help says how to check one package", async (part) => {
    const { status, stdout } = await check(part, "--help");
    expect(status).toBe(0);
    expect(stdout).toContain(`npm run ${part} -- PACKAGE`);
    expect(stdout).toContain("\n  core\n");
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("lint names a package that is not there", async () => {
    const { status, stderr } = await check("lint", "kore");
    expect(status).toBe(2);
    expect(stderr).toContain('lint: no package and no path is called "kore"');
  });
});

describe("docs/pictures/sign-in.svg", () => {
  it("shows what the binary prints today: npm run picture draws it", async (context) => {
    requireBuilt();
    need("aws", context);
    const [bun] = programs.bun;
    const { status, stdout, stderr } = await start(
      [bun, "--conditions=@tegata/source", "tools/sign-in-picture.ts", "--print"],
      { cwd: root, env: { PATH: process.env["PATH"] ?? "" }, limitSeconds: 100 },
    ).ended;
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toBe(await readFile(`${root}docs/pictures/sign-in.svg`, "utf8"));
  }, 110_000);
});
