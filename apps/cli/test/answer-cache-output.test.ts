import { spawn } from "node:child_process";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { storeMarked, entryMark } from "./support/answer-cache.ts";
import { programs } from "./support/programs.ts";
import { createWorld, run, type World } from "./support/world.ts";

const args = ["credential-process", "dev"];
const { O_RDWR, O_WRONLY, O_NONBLOCK } = constants;

let world: World;
/** The marked answer: what a hit writes. */
let answer: string;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
});
beforeEach(async () => {
  await storeMarked(world);
  answer = (await world.run(args)).stdout;
  if (!answer.includes(entryMark)) {
    throw new Error("the cached output is not given");
  }
});
afterAll(() => world.close());

/** Runs the program with its stdout at a descriptor. */
function runInto(program: "binary" | "node", stdout: number, env: Readonly<Record<string, string>> = {}) {
  const [command, ...rest] = programs[program];
  const child = spawn(command, [...rest, ...args], {
    cwd: world.folder,
    env: { ...world.env, ...env },
    stdio: ["ignore", stdout, "pipe"],
  });
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  return new Promise<{ readonly status: number | null; readonly signal: string | null; readonly stderr: string }>(
    (resolve, reject) => {
      child.once("error", reject);
      child.once("close", (status, signal) => resolve({ status, signal, stderr }));
    },
  );
}

let pipes = 0;
/** A pipe with a name: its ends can be opened, filled and closed one by one. */
async function namedPipe(): Promise<string> {
  pipes += 1;
  const path = join(world.folder, `pipe-${pipes}`);
  expect(await run(["mkfifo", path], { cwd: world.folder, env: world.env })).toMatchObject({ status: 0 });
  return path;
}

const ended = { status: 0, signal: null, stderr: "" };

describe.each(["binary", "node"] as const)("cached output by %s", (program) => {
  it("arrives whole in a file", async () => {
    const path = join(world.folder, `answer-of-${program}`);
    const file = openSync(path, "w");
    expect(await runInto(program, file)).toEqual(ended);
    closeSync(file);
    expect(await readFile(path, "utf8")).toBe(answer);
  });

  it("arrives whole in a socket, which Node gives its children", async () => {
    expect(await world.run(args, { program })).toEqual({ ...ended, stdout: answer });
  });

  it.each([
    ["waits", 0],
    ["says that it is full, because somebody made it so", O_NONBLOCK],
  ])("arrives whole through a full pipe that %s", async (_what, flag) => {
    const path = await namedPipe();
    const both = openSync(path, O_RDWR | O_NONBLOCK);
    let filled = 0;
    try {
      for (;;) {
        filled += writeSync(both, Buffer.alloc(4096, "."));
      }
    } catch {
      // Full.
    }
    expect(filled).toBeGreaterThan(0);
    const writer = openSync(path, O_WRONLY | flag);
    const running = runInto(program, writer);
    closeSync(writer);
    const reader = run(["cat", path], { cwd: world.folder, env: world.env });
    // Both ends are held until the program is done, so that the reader sees no end before.
    expect(await running).toEqual(ended);
    closeSync(both);
    expect((await reader).stdout).toBe(".".repeat(filled) + answer);
  });

  it.each([
    ["text", {}, /^tegata: error: stdout cannot be written: its reader is gone\ntegata: hint: .*\n$/],
    [
      "JSON",
      { TEGATA_ERROR_FORMAT: "json" },
      /^\{"code":"output_failed","message":"stdout cannot be written[^\n]*\}\n$/,
    ],
  ])("is an error when its reader is gone, told as %s", async (_format, env, said) => {
    await storeMarked(world, args, { env });
    const path = await namedPipe();
    const both = openSync(path, O_RDWR | O_NONBLOCK);
    const writer = openSync(path, O_WRONLY);
    closeSync(both);
    const failed = await runInto(program, writer, env);
    closeSync(writer);
    expect(failed).toMatchObject({ status: 3, signal: null });
    expect(failed.stderr).toMatch(said);
  });

  it("is an error on a full disk", async () => {
    const full = openSync("/dev/full", "w");
    const failed = await runInto(program, full);
    closeSync(full);
    expect(failed).toMatchObject({ status: 3, signal: null });
    expect(failed.stderr).toMatch(/^tegata: error: stdout cannot be written: the disk is full\ntegata: hint: .*\n$/);
  });
});
