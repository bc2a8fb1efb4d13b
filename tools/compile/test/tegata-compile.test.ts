import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../../apps/cli/test/support/run.ts";

const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));

let empty: string;
beforeAll(async () => {
  if (!existsSync(program)) {
    throw new Error(`${program} is not there: npm run build`);
  }
  empty = await mkdtemp(join(tmpdir(), "tegata-empty-"));
});
afterAll(() => rm(empty, { recursive: true, force: true }));

describe("tegata-compile", () => {
  it.each([
    [["main.mjs"], /^tegata-compile: error: name one file and an --outfile\n/],
    [["--outfile", "x"], /^tegata-compile: error: name one file and an --outfile\n/],
    [["a.ts", "b.ts", "--outfile", "x"], /^tegata-compile: error: name one file and an --outfile\n/],
    [["main.mjs", "--outfiel=x"], /^tegata-compile: error: unknown option '--outfiel'\n/],
    // Neither the project nor PATH has one.
    [["main.mjs", "--outfile", "x"], /^tegata-compile: error: bun is not installed here\n.*npm install --save-dev/],
  ])("says what is wrong with %j, and what to do", async (args, complaint) => {
    const { status, stdout, stderr } = await run([process.execPath, program, ...args], { cwd: empty, env: {} });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(complaint);
    expect(stderr).toMatch(/^tegata-compile: error: [^\n]+\ntegata-compile: hint: [^\n]+\n$/);
  });
});
