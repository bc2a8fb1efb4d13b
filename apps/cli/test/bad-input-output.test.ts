import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { need } from "./support/needs.ts";
import { programs } from "./support/programs.ts";
import { like, createWorldSignedIn, expectClean, expectRefusal, keepingFiles } from "./support/refusal.ts";
import { run, start } from "./support/run.ts";
import type { World } from "./support/world.ts";

// The harness gives a program 20 s, and says what it printed: more than a test has by default.

let world: World;
beforeAll(async () => {
  world = await createWorldSignedIn("dev");
});
beforeEach(() => {
  world.sandbox.faults.clear();
  world.sandbox.requests.clear();
});
afterAll(() => world.close());

/** `$TEGATA …` in a shell, whose redirections say what stdout is. */
const shell = (script: string) =>
  run(["/bin/bash", "-c", script], { env: { ...world.env, TEGATA: programs.binary[0] }, cwd: world.folder });

const lost = (reason: string) => ({
  status: 3,
  error: `stdout cannot be written: ${reason}`,
  hint: "nothing is lost: run the same command again",
});

describe("stdout", () => {
  it.skipIf(process.platform !== "linux")("that is closed is an error, for a cached output as well", async () => {
    for (const words of [
      "env dev --shell sh",
      "credential-process dev",
      "profiles",
      "--version",
      "hook bash",
      "--help",
    ]) {
      for (let round = 0; round < 2; round += 1) {
        expectRefusal(await shell(`"$TEGATA" ${words} >&-`), lost("it is closed"), world);
      }
      expect(await shell(`"$TEGATA" ${words}`)).toMatchObject({ status: 0 });
      expectRefusal(await shell(`"$TEGATA" ${words} >&-`), lost("it is closed"), world);
      expect(await shell(`"$TEGATA" ${words} > /dev/null`)).toMatchObject({ status: 0, stdout: "", stderr: "" });
      expect(await shell(`"$TEGATA" ${words} 1<> /dev/null`)).toMatchObject({ status: 0, stdout: "", stderr: "" });
    }
    expect(await shell('"$TEGATA" exec dev -- sh -c "echo lost; exit 7" >&-; echo $?')).toMatchObject({
      stdout: "7\n",
    });
    expect(await shell('"$TEGATA" exec dev -- true >&-')).toMatchObject({ status: 0, stderr: "" });
    expect(await shell('"$TEGATA" env nosuch >&-')).toMatchObject({ status: 2 });
  });

  it("whose reader is gone is an error, and no signal kills the program", async () => {
    // The reader ends before the writer begins: `wait` on a process substitution.
    const ended = await shell('exec 3> >(exit 0); wait $!; "$TEGATA" env dev >&3');
    expectRefusal(ended, lost("its reader is gone"), world);
  });

  it.runIf(existsSync("/dev/full"))(
    "on a full disk is an error, and the credentials are in the cache before",
    async () => {
      await rm(world.cacheDir, { recursive: true });
      const ended = await shell('"$TEGATA" env dev > /dev/full');
      expectRefusal(ended, lost("the disk is full"), world);
      expect(world.sandbox.requests.count("sts")).toBe(1);
      expect(await world.run(["env", "dev"])).toMatchObject({ status: 0 });
      expect(world.sandbox.requests.count("sts")).toBe(1);
    },
  );

  it("that is closed lends its number to no file that is opened meanwhile", async () => {
    // The runtimes put /dev/null in its place before a line of the program runs, so that it cannot tell.
    // Its answer is kept for the shell.
    await shell('"$TEGATA" env dev >/dev/null');
    const ended = await keepingFiles(world, () => shell('"$TEGATA" env dev >&-'));
    expect(ended).toMatchObject({ status: process.platform === "linux" ? 3 : 0, stdout: "" });
    expect(await world.run(["env", "dev"])).toMatchObject({ status: 0, stderr: "" });
  });

  it("that is full for a while gets everything in the end", async () => {
    const expected = await world.run(["env", "dev"]);
    const fifo = join(world.folder, "fifo");
    // 64 KiB fill the pipe; what the program writes waits until the reader has begun.
    const script = `mkfifo "${fifo}"; exec 3<>"${fifo}"; head -c 65536 /dev/zero >&3
      "$TEGATA" env dev >&3 & writer=$!
      head -c ${65_536 + Buffer.byteLength(expected.stdout)} <&3 | tail -c +65537; wait $writer`;
    expect(await shell(script)).toMatchObject({ status: 0, stderr: "", stdout: expected.stdout });
  });

  it("that is a full pipe which never waits gets everything as well", async (context) => {
    const python = need("python3", context);
    const expected = await world.run(["env", "dev"]);
    const script = `import os, subprocess, sys, time
r, w = os.pipe()
os.set_blocking(w, False)
try:
    while True: os.write(w, b"x" * 4096)
except BlockingIOError: pass
child = subprocess.Popen([os.environ["TEGATA"], "env", "dev"], stdout=w)
os.close(w)
text = b""
while chunk := os.read(r, 512): text += chunk
sys.stdout.write(text.lstrip(b"x").decode())
sys.exit(child.wait())`;
    const path = join(world.folder, "nonblocking.py");
    await writeFile(path, script);
    expect(await shell(`"${python}" "${path}"`)).toMatchObject({ status: 0, stderr: "", stdout: expected.stdout });
  });
});

describe("stderr", () => {
  it("that is closed changes nothing about the output", async () => {
    expect(await shell('"$TEGATA" env dev 2>&-')).toMatchObject({
      status: 0,
      stdout: like(/^export AWS_SECRET_ACCESS_KEY=/m),
    });
  });

  it("that is full or closed changes nothing about the exit status", async () => {
    expect(await shell('"$TEGATA" env nope 2>/dev/full')).toMatchObject({ status: 2, stdout: "false\n" });
    expect(await shell('"$TEGATA" env nope 2>&-')).toMatchObject({ status: 2, stdout: "false\n" });
  });
});

describe.each(["SIGINT", "SIGTERM"] as const)("%s", (signal) => {
  it.each([["binary"], ["node"]] as const)(
    "while a person decides ends %s with 130, and nothing is kept",
    async (program) => {
      const running = world.start(["login", "plain"], { program });
      await running.stderrMatching(/and check that it shows/);
      const ended = await keepingFiles(world, async () => {
        running.child.kill(signal);
        return running.ended;
      });
      expect(ended).toMatchObject({ status: 130, signal: null, stdout: "" });
      expect(ended.stderr).toMatch(/tegata: error: \S+/);
      expectClean(ended.stderr, world);
    },
  );

  it("while the identity provider is silent ends with 130 at once", async () => {
    world.sandbox.faults.set({ kind: "slow", area: "discovery", milliseconds: 8000 });
    const running = world.start(["login", "plain"], { limitSeconds: 4 });
    await expect.poll(() => world.sandbox.requests.count("discovery")).toBe(1);
    running.child.kill(signal);
    expect(await running.ended).toMatchObject({ status: 130, signal: null, stdout: "" });
  });
});

it("login --json writes one JSON error event on stdout, and one JSON object on stderr", async () => {
  world.sandbox.faults.set({ kind: "status", area: "device_authorization", status: 503, times: 1 });
  const running = start([...programs.binary, "login", "dev", "--json", "--error-format", "json"], {
    env: world.env,
    cwd: world.folder,
  });
  const { status, stdout, stderr } = await running.ended;
  expect(status).toBe(6);
  const { event, ...error } = v.parse(v.record(v.string(), v.unknown()), JSON.parse(stdout));
  expect(event).toBe("error");
  expect(JSON.parse(stderr)).toEqual(error);
  expect(error).toMatchObject({ code: "idp_unavailable", details: { httpStatus: 503 } });
});

it("no run leaves a core dump where it was started", async () => {
  await expect(readFile(join(world.folder, "core"))).rejects.toThrow("ENOENT");
});

describe("a standard stream that is closed", () => {
  it.each([">&-", "2>&-", "<&-", ">&- 2>&- <&-", ">&- <&-"])(
    "lends its number to no file of tegata: %s",
    async (closed) => {
      const before = (await world.storedFiles()).map(({ path }) => path);
      const words = ["credential-process dev --fresh", "env dev", "status", "profiles --json", "aws-credentials dev"];
      const commands = [...words, "exec dev -- true", "exec --refresh dev --fresh -- sh -c 'echo said 2>&-; true'"];
      const ended = await shell(
        `rm -rf "$HOME/.aws"; for words in ${commands.map((each) => JSON.stringify(each)).join(" ")}; do ` +
          `eval '"$TEGATA"' "$words" ${closed} || echo "$words: $?" >&2; done`,
      );
      // On Linux what is to be printed and cannot be is an error.
      const isLost = closed.startsWith(">&-") && process.platform === "linux";
      const failed = isLost ? words.slice(0, 4).map((each) => `${each}: 3`) : [];
      const lines = ended.stderr
        .split("\n")
        .filter((line) => line !== "" && !/^tegata: (profile dev in|hint|error: stdout cannot)/.test(line));
      expect(lines).toEqual(failed);
      const after = await world.storedFiles();
      for (const { content } of after.filter((each) => /\.(json|document)$/.test(each.path))) {
        expect(() => JSON.parse(content) as unknown).not.toThrow();
      }
      expect(after.map(({ content }) => content).filter((content) => content.includes("said"))).toEqual([]);
      expect(before.filter((path) => !after.some((each) => each.path === path && each.content !== ""))).toEqual([]);
    },
  );
});
