import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it, type TestContext } from "vitest";
import { storeMarked, entryMark } from "./support/answer-cache.ts";
import { need } from "./support/needs.ts";
import { programs } from "./support/programs.ts";
import { createWorld, run, type World } from "./support/world.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

let world: World;
let empty: string;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
  empty = join(world.folder, "empty");
  const compile = [programs.bun[0], "tools/compile-tegata.ts", "--entry=bench/empty.ts", `--outfile=${empty}`] as const;
  const built = await run(compile, { cwd: root, env: world.env });
  if (built.status !== 0) {
    throw new Error(`the empty binary does not compile: ${built.stderr}`);
  }
});
afterAll(() => world.close());

/** What a run asks of the kernel that leaves the process: files by name, folders, sockets, locks, other programs. */
async function callsOf(command: readonly string[], context: TestContext) {
  const strace = need("strace", context);
  const log = join(world.folder, "strace.log");
  const filter = "trace=%file,%network,getdents,getdents64,flock,fcntl,execve";
  const traced = [strace, "-f", "-qq", "-s", "4096", "-e", filter, "-o", log, ...command] as const;
  const ended = await run(traced, { cwd: world.folder, env: world.env });
  if (ended.stdout === "") {
    context.skip(`strace cannot trace here: ${ended.stderr.trim()}`);
  }
  const calls = (await readFile(log, "utf8")).split("\n").map((line) => line.replace(/^\d+ +/, ""));
  const paths = calls.flatMap((call) => {
    const [, name = "", path = ""] = /^(\w+)\([^"]*"([^"]*)"/.exec(call) ?? [];
    return path === "" ? [] : [`${name} ${path === command[0] ? "(itself)" : path}`];
  });
  const others = calls.filter((call) =>
    /^(socket|connect|bind|listen|sendto|sendmsg|getdents|flock)|F_SETLK/.test(call),
  );
  return { ended, paths: new Set(paths), others };
}

it.for([
  ["credential-process", ["credential-process", "dev"]],
  ["env", ["env", "dev", "--shell", "sh"]],
] as const)(
  "a hit of %s touches what an empty program does, its own file, the settings and the credentials, and nothing else",
  async ([, words], context) => {
    const { path } = await storeMarked(world, words);
    const [, , credentialsFile = ""] = (await readFile(path, "utf8")).split("\n");
    const floor = await callsOf([empty], context);
    const hit = await callsOf([programs.binary[0], ...words], context);
    expect(hit.ended).toMatchObject({ status: 0, stderr: "" });
    expect(hit.ended.stdout).toContain(entryMark);
    const more = [...hit.paths].filter((each) => !floor.paths.has(each));
    const touched = more.map((each) => each.replace(/^(open|openat) /, "read ").replace(/^\w*stat\w* /, "stat "));
    expect(new Set(touched)).toEqual(
      new Set([
        `read ${path}`,
        `read ${world.settingsFile}`,
        `stat ${credentialsFile}`,
        // It is not there: one look at its name says so.
        "stat /etc/tegata/tegata.toml",
      ]),
    );
    expect(hit.others.filter((call) => !floor.others.includes(call))).toEqual([]);
    // The trap works: a run without cached output does all of it.
    const miss = await callsOf([programs.binary[0], ...words, "--fresh"], context);
    expect(miss.others.some((call) => /^connect.*127\.0\.0\.1/.test(call))).toBe(true);
  },
);
