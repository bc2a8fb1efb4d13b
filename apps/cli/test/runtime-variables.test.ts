import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { storeMarked, entryMark } from "./support/answer-cache.ts";
import { matching } from "./support/matching.ts";
import { programs, type ProgramName } from "./support/programs.ts";
import { createWorld, type World } from "./support/world.ts";

const args = ["credential-process", "dev"];
/** Nobody listens there. */
const nowhere = "127.0.0.1:9";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
});
afterAll(() => world.close());

/** A run that only gives cached output, one that asks AWS, and the files that they left in the current folder. */
async function hitAndRenewal(program: ProgramName, env: Readonly<Record<string, string>>) {
  const before = await readdir(world.folder);
  const hit = await world.run(args, { program, env });
  const renewal = await world.run([...args, "--fresh"], { program, env });
  const after = await readdir(world.folder);
  return { hit, renewal, left: after.filter((name) => !before.includes(name)) };
}

const wellEnded = { status: 0, signal: null, stderr: "", stdout: matching(/^\{"Version":1,.*\}\n$/) };
const silent = { hit: wellEnded, renewal: wellEnded, left: [] };

/** Each with the value that makes it do something. Paths are relative: what is written would lie in the current folder. */
const ofBun: readonly (readonly [string, string])[] = [
  ["BUN_INSPECT", `ws://${nowhere}/x?wait=1`],
  ["BUN_INSPECT", `ws://${nowhere}/x?break=1`],
  ["BUN_INSPECT_CONNECT_TO", `ws://${nowhere}/x`],
  ["BUN_INSPECT_NOTIFY", `ws://${nowhere}/x`],
  ["BUN_INSPECT_PRELOAD", "./evil.ts"],
  ["BUN_OPTIONS", "--preload=./evil.ts"],
  ["BUN_OPTIONS", "--inspect-wait"],
  ["BUN_OPTIONS", "--cpu-prof"],
  ["BUN_BE_BUN", "1"],
  ["BUN_CONFIG_VERBOSE_FETCH", "curl"],
  ["BUN_CONFIG_VERBOSE_FETCH", "1"],
  ["BUN_CONFIG_MAX_HTTP_REQUESTS", "0"],
  ["BUN_CONFIG_MAX_HTTP_REQUESTS", "many"],
  ["BUN_BYTECODE_ORDER_OUT", "./order"],
  ["BUN_BYTECODE_DIGEST_OUT", "./digest"],
  ["BUN_JSC_logGC", "1"],
  ["BUN_JSC_dumpOptions", "1"],
  ["BUN_JSC_noSuchOption", "1"],
  ["BUN_DEBUG", "./debug"],
  ["BUN_DEBUG_ALL", "1"],
  ["BUN_RUNTIME_TRANSPILER_CACHE_PATH", "./cache"],
  ["BUN_TMPDIR", "./nowhere"],
  ["BUN_FEATURE_FLAG_EXPERIMENTAL_HTTP3_CLIENT", "1"],
  ["BUN_FEATURE_FLAG_EXPERIMENTAL_HTTP2_CLIENT", "1"],
  ["MIMALLOC_VERBOSE", "1"],
  ["MIMALLOC_SHOW_STATS", "1"],
  ["MIMALLOC_DISALLOW_OS_ALLOC", "1"],
  ["WTF_numberOfProcessorCores", "many"],
  ["JSC_logGC", "1"],
  ["JSC_SIGNAL_FOR_GC", "0"],
  ["MallocStackLogging", "1"],
  ["DO_NOT_TRACK", "1"],
  ["FORCE_COLOR", "3"],
];

const ofNode: readonly (readonly [string, string])[] = [
  ["NODE_TLS_REJECT_UNAUTHORIZED", "0"],
  ["NODE_DEBUG", "http,https,net,tls,undici,fetch"],
  ["NODE_PENDING_DEPRECATION", "1"],
  ["NODE_REDIRECT_WARNINGS", "./warnings"],
  ["NODE_USE_ENV_PROXY", "1"],
  ["NODE_USE_SYSTEM_CA", "1"],
  ["NODE_NO_WARNINGS", "0"],
  ["NODE_PATH", "."],
  ["NODE_COMPILE_CACHE", ""],
  ["NODE_ENV", "development"],
  ["NODE_UNIQUE_ID", "1"],
  ["UV_THREADPOOL_SIZE", "1"],
  ["SSLKEYLOGFILE", "./keys"],
  ["SSL_CERT_FILE", "./missing.pem"],
  ["SSL_CERT_DIR", "./missing"],
];

/** On Node these act before the first line of a program does; in the binary nothing obeys them. */
const beforeNode: readonly (readonly [string, string])[] = [
  ["NODE_OPTIONS", "--inspect-brk"],
  ["NODE_OPTIONS", "--require=./evil.cjs"],
  ["NODE_CHANNEL_FD", "3"],
  ["NODE_CHANNEL_FD", "none"],
  ["NODE_V8_COVERAGE", "./coverage"],
  ["NODE_DEBUG", "module,fs,timer,stream,child_process"],
  ["NODE_DEBUG_NATIVE", "COMPILE_CACHE"],
  ["NODE_REPL_EXTERNAL_MODULE", "./evil.cjs"],
  ["OPENSSL_CONF", "./missing.cnf"],
];

const ofDeno: readonly (readonly [string, string])[] = [
  ["DENO_NO_UPDATE_CHECK", ""],
  ["DENO_TRACE_PERMISSIONS", "1"],
  ["DENO_TLS_CA_STORE", "mozilla"],
  ["RUST_LOG", "trace"],
  ["RUST_BACKTRACE", "full"],
];

describe("a hit and a renewal are silent, and end", () => {
  it.each([...ofBun, ...ofNode, ...beforeNode, ...ofDeno])("in the binary under %s=%s", async (name, value) => {
    expect(await hitAndRenewal("binary", { [name]: value })).toEqual(silent);
  });

  it.each(["1", `ws://${nowhere}/x?wait=1`, "--inspect-wait"])(
    "in the binary under every variable that its runtime knows, at once: %s",
    async (value) => {
      const names = await namesInRuntime();
      expect(names).toContain("BUN_INSPECT");
      expect(names.length).toBeGreaterThan(50);
      expect(await hitAndRenewal("binary", Object.fromEntries(names.map((name) => [name, value])))).toEqual(silent);
    },
  );

  it("on Node under all of them at once", async () => {
    expect(await hitAndRenewal("node", Object.fromEntries(ofNode))).toEqual(silent);
  });

  it("on Deno under all of them at once", async () => {
    // Deno writes the secrets of TLS down where SSLKEYLOGFILE says before a program can prevent it: SECURITY.md names it.
    const { SSLKEYLOGFILE: _, ...env } = Object.fromEntries([...ofNode, ...ofDeno]);
    expect(await hitAndRenewal("deno", env)).toEqual(silent);
  });
});

describe("a variable of the runtime", () => {
  it("does not make the hit a renewal", async () => {
    await storeMarked(world, args);
    const env = { BUN_INSPECT: `ws://${nowhere}/x?wait=1`, BUN_OPTIONS: "--preload=./evil.ts" };
    expect((await world.run(args, { env })).stdout).toContain(entryMark);
  });

  it("reaches the command of exec as it is, unless it loads other code", async () => {
    const env = { BUN_JSC_logGC: "3", NODE_TLS_REJECT_UNAUTHORIZED: "0" };
    const words = ["exec", "dev", "--", "/usr/bin/env"];
    const { stdout } = await world.run(words, { env: { ...env, BUN_INSPECT: "ws://one" } });
    const passedOn = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    expect(stdout.split("\n")).toEqual(expect.arrayContaining(passedOn));
    expect(stdout).not.toContain("BUN_INSPECT");
  });
});

/** The names in Bun's own executable, from which the binary is made. */
async function namesInRuntime(): Promise<string[]> {
  const runtime = await readFile(join(programs.bun[0], "../../bun/bin/bun.exe"), "latin1");
  const found = runtime.matchAll(/\0((?:BUN|NODE|JSC|WTF|MIMALLOC)_[A-Za-z_]+)(?=\0)/g);
  const names = new Set([...found].map(([, name = ""]) => name));
  // What is trusted is the person's to say.
  return [...names].filter((name) => name !== "NODE_EXTRA_CA_CERTS");
}
