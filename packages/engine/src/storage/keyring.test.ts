import { tmpdir } from "node:os";
import { heldClock } from "@tegata/testkit";
import { expect, test } from "vitest";
import { createKeyring, type KeyringOptions } from "./keyring.ts";

const id = "ab".repeat(16);
const key = new Uint8Array(32).fill(0xcd);
const hex = "cd".repeat(32);

/** The program that is started, as a few words of JavaScript. */
const running = (code: string): KeyringOptions["self"] => [process.execPath, "-e", code, "--"];

function keyringOf(options: Partial<KeyringOptions> = {}) {
  const clock = heldClock();
  const keyring = createKeyring({
    self: running("process.exit(9)"),
    platform: "linux",
    env: { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere" },
    clock,
    signal: new AbortController().signal,
    folder: tmpdir(),
    ...options,
  });
  return { keyring, clock };
}

/** Lets time pass as soon as somebody waits for it, until there is an answer. */
async function answered<Value>(answer: Promise<Value>, pass: () => void): Promise<Value> {
  const timer = setInterval(pass, 5);
  try {
    return await answer;
  } finally {
    clearInterval(timer);
  }
}

const echo = `process.stdin.on("data", (text) => process.stdout.write("ready\\n" + JSON.stringify({
  kind: "done", key: JSON.parse(text).key ?? "${hex}"
})))`;

test("a key is read, written and removed, and no timer is left behind", async () => {
  const { keyring, clock } = keyringOf({ self: running(echo) });
  expect(await keyring.read(id)).toEqual({ kind: "done", value: Buffer.from(key) });
  expect(await keyring.write(id, key)).toEqual({ kind: "done", value: undefined });
  expect(await keyring.remove([id])).toEqual({ kind: "done", value: undefined });
  expect(clock.sleepers).toBe(0);
});

test("a secret of a person is asked for on stdin, and no name of it is in the arguments", async () => {
  const tell = `process.stdin.on("data", (text) => process.stdout.write("ready\\n" + JSON.stringify({
    kind: "done", secret: JSON.stringify([JSON.parse(text), process.argv.slice(1)])
  })))`;
  const { keyring } = keyringOf({ self: running(tell) });
  expect(await keyring.secret("acme", "backup")).toEqual({
    kind: "done",
    value: JSON.stringify([{ do: "secret", service: "acme", account: "backup" }, ["__keyring"]]),
  });
});

test("the child has no secret in its arguments, no variable that moves its library, and unpacks in the state folder", async () => {
  const tell = `process.stdin.resume().on("end", () => process.stdout.write("ready\\n" + JSON.stringify({
    kind: "trouble", reason: JSON.stringify([process.argv.slice(1), process.env.NAPI_RS_NATIVE_LIBRARY_PATH, process.env.TMPDIR])
  })))`;
  const env = { DBUS_SESSION_BUS_ADDRESS: "x", NAPI_RS_NATIVE_LIBRARY_PATH: "/tmp/evil.node", TMPDIR: "/tmp" };
  const { keyring } = keyringOf({ self: running(tell), env, folder: "/home/ann/state" });
  expect(await keyring.write(id, key)).toEqual({
    kind: "trouble",
    reason: JSON.stringify([["__keyring"], null, "/home/ann/state"]),
  });
});

test.each([
  ["hangs in the keyring", 'process.stdout.write("ready\\n"); setInterval(() => {}, 1e6)', 2000, /within 2 s$/],
  ["does not even start", "setInterval(() => {}, 1e6)", 8000, /did not start in time$/],
])("a child that %s is given up after a limit", async (_what, code, limit, reason) => {
  const { keyring, clock } = keyringOf({ self: running(code) });
  const before = clock.monotonic();
  const answer = await answered(keyring.read(id), () => clock.advance(100));
  expect(answer).toEqual({ kind: "trouble", reason: expect.stringMatching(reason) as unknown });
  expect(clock.monotonic() - before).toBeGreaterThanOrEqual(limit);
  expect(clock.sleepers).toBe(0);
});

test("Ctrl-C ends the wait for the keyring", async () => {
  const controller = new AbortController();
  const { keyring } = keyringOf({ self: running("setInterval(() => {}, 1e6)"), signal: controller.signal });
  const answer = keyring.read(id);
  controller.abort(new Error("interrupted"));
  expect(await answer).toEqual({ kind: "trouble", reason: "interrupted" });
});

test.each([
  ["fails", "process.exit(70)"],
  ["says nothing", 'process.stdout.write("ready\\n")'],
  ["says something else", 'process.stdout.write("ready\\n{}")'],
  ["is another program", 'process.stdout.write("hello")'],
])("a child that %s is reported as a failure", async (_what, code) => {
  const { keyring } = keyringOf({ self: running(code) });
  expect(await keyring.read(id)).toEqual({ kind: "trouble", reason: "the process that asks the keyring failed" });
});

test.each([
  ["program", { self: ["/nowhere/tegata"] as const }, /^the process that asks the keyring cannot be started/],
  ["way to start it", { self: undefined }, /^this runtime/],
  ["D-Bus session", { env: {} }, /^there is no D-Bus session$/],
  ["bus in the runtime folder", { env: { XDG_RUNTIME_DIR: "/nowhere" } }, /^there is no D-Bus session$/],
])("without a %s the keyring is missing, with the reason", async (_what, options, reason) => {
  const { keyring } = keyringOf(options);
  expect(await keyring.read(id)).toEqual({ kind: "missing", reason: expect.stringMatching(reason) as unknown });
});

test.each(["darwin", "win32"] as const)("%s needs no D-Bus", async (platform) => {
  const { keyring } = keyringOf({ self: running(echo), platform, env: { PATH: process.env["PATH"] } });
  expect(await keyring.read(id)).toMatchObject({ kind: "done" });
});
