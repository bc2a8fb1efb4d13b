import { execFileSync } from "node:child_process";
import {
  chownSync,
  closeSync,
  openSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "@tegata/core";
import { failure, fakeClock } from "@tegata/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMachine, type MachineOptions } from "./machine.ts";
import { thisProcessIdentity } from "../files/process-identity.ts";
import { createLocks } from "../files/lock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tegata-machine-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (...names: string[]) => join(folder, ...names);
const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);
const noLocks: MachineOptions["fileLocks"] = { tryAcquire: async () => ({ release: async () => undefined }) };

function machineWith(changes: Partial<MachineOptions> = {}) {
  return createMachine({
    platform: process.platform,
    uid: process.getuid?.(),
    env: { EMPTY: "", SET: "yes" },
    parentPid: process.pid,
    clock: fakeClock(),
    random: () => 0.5,
    signal: new AbortController().signal,
    fileLocks: noLocks,
    readKeyringSecret: () => Promise.resolve(undefined),
    ...changes,
  });
}

describe("variable", () => {
  it("takes an empty variable for one that is not set", () => {
    const machine = machineWith();
    expect(["SET", "EMPTY", "MISSING"].map((name) => machine.variable(name))).toEqual(["yes", undefined, undefined]);
  });
});

function writeSecret(mode: number) {
  writeFileSync(at("secret"), "s3cret\n");
  chmodSync(at("secret"), mode);
}

describe.skipIf(process.platform === "win32")("readSecretFile", () => {
  it.each([0o400, 0o600, 0o440, 0o640])("reads a file of mode %o", async (mode) => {
    writeSecret(mode);
    expect(await machineWith().readSecretFile(at("secret"), 100)).toBe("s3cret\n");
  });

  it("reads through a link, and judges what it leads to", async () => {
    writeSecret(0o600);
    symlinkSync(at("secret"), at("link"));
    expect(await machineWith().readSecretFile(at("link"), 100)).toBe("s3cret\n");
    chmodSync(at("secret"), 0o644);
    await failure(machineWith().readSecretFile(at("link"), 100), "file_unreadable");
  });

  it.each([
    [0o604, "others on this machine can read it (mode 0604)"],
    [0o644, "others on this machine can read it (mode 0644)"],
    [0o602, "others on this machine can change it (mode 0602)"],
  ])("refuses a file of mode %o", async (mode, reason) => {
    writeSecret(mode);
    const { message, hint } = await failure(machineWith().readSecretFile(at("secret"), 100), "file_unreadable");
    expect(message).toContain(reason);
    expect(hint).toContain(`chmod 600 ${at("secret")}`);
  });

  it("refuses the file of another user, who is not root", async () => {
    writeSecret(0o600);
    const own = statSync(at("secret")).uid;
    if (own === 0) {
      chownSync(at("secret"), 65_534, 65_534);
    }
    const machine = machineWith({ uid: own === 0 ? 0 : own + 1 });
    const { message } = await failure(machine.readSecretFile(at("secret"), 100), "file_unreadable");
    expect(message).toContain("it belongs to another user");
  });

  it("says nothing of modes on Windows, which has none", async () => {
    writeSecret(0o644);
    expect(await machineWith({ platform: "win32", uid: undefined }).readSecretFile(at("secret"), 100)).toBe("s3cret\n");
  });

  it("takes a missing file for undefined, and refuses a folder", async () => {
    expect(await machineWith().readSecretFile(at("missing"), 100)).toBeUndefined();
    mkdirSync(at("folder"), { mode: 0o700 });
    await failure(machineWith().readSecretFile(at("folder"), 100), "file_unreadable");
  });
});

describe("readFile", () => {
  it("takes a missing file for undefined, and an empty one for an empty text", async () => {
    writeFileSync(at("empty"), "");
    const machine = machineWith();
    expect(await machine.readFile(at("empty"), 10)).toBe("");
    expect(await machine.readFile(at("missing"), 10)).toBeUndefined();
    expect(await machine.readFile(at("empty", "below"), 10)).toBeUndefined();
  });

  it("gives the text unchanged, up to the limit of bytes", async () => {
    writeFileSync(at("text"), "\ufeffé\r\n");
    const machine = machineWith();
    expect(await machine.readFile(at("text"), 7)).toBe("\ufeffé\r\n");
    const { message } = await failure(machine.readFile(at("text"), 6), "file_unreadable");
    expect(message).toBe(`${at("text")} cannot be read: it is longer than 6 bytes`);
  });

  it("refuses a pipe, a folder and what is not UTF-8", async () => {
    execFileSync("mkfifo", [at("pipe")]);
    writeFileSync(at("bytes"), Buffer.from([0xff, 0xfe, 0x00]));
    for (const path of [at("pipe"), folder, at("bytes")]) {
      await failure(machineWith().readFile(path, 10), "file_unreadable");
    }
  });
});

describe("appendFile", () => {
  it("adds to what is there, and keeps its mode", async () => {
    writeFileSync(at("env"), "A=1\n", { mode: 0o644 });
    await machineWith().appendFile(at("env"), "B=2\n");
    expect(readFileSync(at("env"), "utf8")).toBe("A=1\nB=2\n");
    expect(modeOf(at("env"))).toBe("644");
  });

  it("makes a new file that only its owner can read", async () => {
    await machineWith().appendFile(at("new"), "secret");
    expect(modeOf(at("new"))).toBe("600");
  });

  it("says why a file cannot be written", async () => {
    for (const [path, reason] of [
      ["/dev/full", "it is not a regular file"],
      [at("missing", "file"), "no such file or folder (ENOENT)"],
      [folder, "it is a folder (EISDIR)"],
    ] as const) {
      const { message } = await failure(machineWith().appendFile(path, "x"), "file_unwritable");
      expect(message.split(" cannot be written: ")[1]).toBe(reason);
    }
  });
});

const update = (path: string, change: (text: string | undefined) => string | undefined, changes = {}) =>
  machineWith(changes).updateFile(path, 1000, change);

it("appendFile refuses a pipe in a file's place at once, with a reader and without", async () => {
  execFileSync("mkfifo", [at("pipe")]);
  const written = `${at("pipe")} cannot be written: `;
  expect((await failure(machineWith().appendFile(at("pipe"), "x"), "file_unwritable")).message).toBe(
    `${written}it is a pipe, a socket or a terminal, and nobody is at its other end (ENXIO)`,
  );
  const both = openSync(at("pipe"), "r+");
  expect((await failure(machineWith().appendFile(at("pipe"), "x"), "file_unwritable")).message).toBe(
    `${written}it is a pipe`,
  );
  closeSync(both);
});

describe("updateFile", () => {
  it("makes a file and folders that only their owner can read", async () => {
    await update(at("a", "b", "keys"), (text) => `${text} and more`);
    expect(readFileSync(at("a", "b", "keys"), "utf8")).toBe("undefined and more");
    expect([modeOf(at("a")), modeOf(at("a", "b")), modeOf(at("a", "b", "keys"))]).toEqual(["700", "700", "600"]);
  });

  it.each([
    ["600", "600"],
    ["640", "600"],
    ["644", "600"],
    ["400", "400"],
    ["666", "600"],
  ])("leaves keys readable for their owner alone: mode %s becomes %s", async (mode, after) => {
    writeFileSync(at("keys"), "old");
    chmodSync(at("keys"), Number.parseInt(mode, 8));
    await update(at("keys"), () => "new");
    expect(modeOf(at("keys"))).toBe(after);
  });

  it("keeps the owner and the group of the file", async (context) => {
    if (process.getuid?.() !== 0) {
      context.skip("only root may give files away");
    }
    writeFileSync(at("keys"), "old");
    execFileSync("chown", ["12345:23456", at("keys")]);
    await update(at("keys"), () => "new");
    expect(statSync(at("keys"))).toMatchObject({ uid: 12345, gid: 23456 });
  });

  it("writes through a link, and keeps it", async () => {
    mkdirSync(at("dotfiles"));
    writeFileSync(at("dotfiles", "keys"), "old");
    symlinkSync("dotfiles/keys", at("keys"));
    await update(at("keys"), (text) => `${text}, new`);
    expect(lstatSync(at("keys")).isSymbolicLink()).toBe(true);
    expect(readFileSync(at("dotfiles", "keys"), "utf8")).toBe("old, new");
  });

  it("writes nothing and makes no folder when there is nothing to change", async () => {
    writeFileSync(at("keys"), "old");
    const { ino, mtimeMs } = statSync(at("keys"));
    await update(at("keys"), (text) => text);
    await update(at("keys"), () => undefined);
    await update(at("none", "keys"), () => undefined);
    expect(statSync(at("keys"))).toMatchObject({ ino, mtimeMs });
    expect(existsSync(at("none"))).toBe(false);
  });

  it("keeps what another program writes at the last moment", async () => {
    writeFileSync(at("keys"), "1");
    let calls = 0;
    await update(at("keys"), (text) => {
      calls += 1;
      if (calls <= 2) {
        writeFileSync(at("keys"), `${text}${text}`);
      }
      return `${text}+ours`;
    });
    expect(readFileSync(at("keys"), "utf8")).toBe("1111+ours");
    expect(readdirSync(folder)).toEqual(["keys"]);
  });

  it("gives up when another program keeps writing", async () => {
    let calls = 0;
    const changing = update(at("keys"), () => {
      calls += 1;
      writeFileSync(at("keys"), `theirs ${calls}`);
      return "ours";
    });
    const { message } = await failure(changing, "storage_locked");
    expect(message).toBe(`another program keeps changing ${at("keys")}`);
    expect(readFileSync(at("keys"), "utf8")).toBe("theirs 5");
    expect(readdirSync(folder)).toEqual(["keys"]);
  });

  it("keeps every one of ten changes that are made at once", async () => {
    const clock: Clock = {
      now: () => Date.now(),
      monotonic: () => performance.now(),
      sleep: (milliseconds, signal) => delay(milliseconds, undefined, signal === undefined ? {} : { signal }),
    };
    const host = { platform: process.platform, uid: process.getuid?.() };
    const fileLocks = (pid: number) =>
      createLocks(
        { path: at("cache"), variable: "TEGATA_CACHE_DIR" },
        { ...host, identity: () => ({ ...thisProcessIdentity(), pid }), isGone: () => false },
        clock,
      );
    const all = Array.from({ length: 10 }, (_, pid) =>
      update(at("keys"), (text = "") => `${text}${pid}\n`, { clock, fileLocks: fileLocks(pid) }),
    );
    await Promise.all(all);
    const lines = readFileSync(at("keys"), "utf8").trim().split("\n");
    expect(lines.map(Number).toSorted((one, other) => one - other)).toEqual([...all.keys()]);
    expect(readdirSync(at("cache"))).toEqual([]);
  });

  it("gives up on a lock that is never given back", async () => {
    const fileLocks: MachineOptions["fileLocks"] = { tryAcquire: async () => undefined };
    const { message } = await failure(
      update(at("keys"), () => "new", { fileLocks }),
      "storage_locked",
    );
    expect(message).toBe(`another process is busy with ${at("keys")}`);
    expect(existsSync(at("keys"))).toBe(false);
  });

  it("says why a file cannot be changed, and leaves nothing beside it", async () => {
    writeFileSync(at("file"), "old");
    const below = await failure(
      update(at("file", "keys"), () => "new"),
      "file_unwritable",
    );
    expect(below.message).toMatch(/^.*\/file\/keys cannot be written: .+\((ENOTDIR|EEXIST)\)$/);
    await failure(
      update(folder, () => "new"),
      "file_unreadable",
    );
    writeFileSync(at("long"), "x".repeat(1001));
    await failure(
      update(at("long"), () => "new"),
      "file_unreadable",
    );
    expect(readdirSync(folder).toSorted()).toEqual(["file", "long"]);
  });

  it("deletes, after a time, the keys that a killed process left beside the file, and no other file", async () => {
    const ending = "01234567-89ab-cdef-0123-456789abcdef.tmp";
    const names = [`keys.${ending}`, `keys2.${ending}`, "keys.tmp", "keys.bak"];
    for (const name of names) {
      writeFileSync(at(name), "secret");
    }
    const now = Date.now();
    const clock = (milliseconds: number) => ({ ...fakeClock(), now: () => now + milliseconds });
    await update(at("keys"), () => "1", { clock: clock(1000) });
    expect(readdirSync(folder).toSorted()).toEqual(["keys", ...names].toSorted());
    await update(at("keys"), () => "2", { clock: clock(120_000) });
    expect(readdirSync(folder).toSorted()).toEqual(["keys", ...names.slice(1)].toSorted());
  });

  it("leaves the file as it was when the change is refused", async () => {
    writeFileSync(at("keys"), "old");
    const refusal = new Error("refused");
    await expect(
      update(at("keys"), () => {
        throw refusal;
      }),
    ).rejects.toBe(refusal);
    expect(readFileSync(at("keys"), "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["keys"]);
  });
});
