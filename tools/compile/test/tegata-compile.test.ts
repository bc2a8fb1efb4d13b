import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../../apps/cli/test/support/run.ts";

const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const bunFolder = fileURLToPath(new URL("../../../node_modules/.bin", import.meta.url));

let empty: string;
let folder: string;
beforeAll(async () => {
  if (!existsSync(program)) {
    throw new Error(`${program} is not there: npm run build`);
  }
  empty = await mkdtemp(join(tmpdir(), "tegata-empty-"));
  folder = await mkdtemp(join(tmpdir(), "tegata-compiled-"));
});
afterAll(() => Promise.all([empty, folder].map((path) => rm(path, { recursive: true, force: true }))));

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

/**
 * Says how often the runtime has compiled a function that ran 300 times. What runs without end is compiled after it, so that
 * its turn has come.
 */
const countsCompiles = `import { numberOfDFGCompiles } from "bun:jsc";
const add = (a, b) => a + b;
const some = (count) => { let sum = 0; for (let i = 0; i < count; i += 1) sum = add(sum, i); return sum; };
const without = (count) => { let sum = 1; for (let i = 0; i < count; i += 1) sum = add(sum, i); return sum; };
for (let run = 0; run < 300; run += 1) some(3);
while (numberOfDFGCompiles(without) === 0) without(3);
console.log(numberOfDFGCompiles(some));
`;

describe("a compiled binary", () => {
  it("leaves what runs a few hundred times to the interpreter, which Bun itself does not", async () => {
    const env = { PATH: `${bunFolder}:${process.env["PATH"] ?? ""}` };
    await writeFile(join(folder, "main.mjs"), countsCompiles);
    // Without a thread of the compiler's own: beside other work that would come too late, and the function never be compiled.
    const atOnce = { ...env, BUN_JSC_useConcurrentJIT: "0" };
    const bun = await run([join(bunFolder, "bun"), "main.mjs"], { cwd: folder, env: atOnce });
    expect(bun).toMatchObject({ status: 0, stdout: "1\n", stderr: "" });
    const made = await run([process.execPath, program, "main.mjs", "--outfile", "made"], { cwd: folder, env });
    expect(made.status).toBe(0);
    const binary = await run([join(folder, "made")], { cwd: folder, env: {} });
    expect(binary).toMatchObject({ status: 0, stdout: "0\n", stderr: "" });
  });
});
