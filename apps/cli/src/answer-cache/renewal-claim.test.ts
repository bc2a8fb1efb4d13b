import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ProcessIdentity, thisProcessIdentity } from "@tegata/engine/process-identity";
import { claimRenewal as claimAndWait, type FoundEntry } from "./renewal-claim.ts";

let folder: string;
let entryFile: string;
let claim: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tegata-claim-"));
  entryFile = join(folder, "0.output");
  claim = `${entryFile}.claim`;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const renewable: FoundEntry = { state: "renewable", stdout: "the old one" };
const changed: FoundEntry = { state: "changed", stdout: "the old one" };
const asBefore = () => renewable;
const claimRenewal = (file: string, found: FoundEntry, look: () => FoundEntry) =>
  claimAndWait(file, found, look, () => {
    throw new Error("nobody waits here");
  });

it("one process renews, and the next gets the old output until that one is done", async () => {
  const first = await claimRenewal(entryFile, renewable, asBefore);
  expect(Object.keys(first)).toEqual(["release"]);
  expect(await claimRenewal(entryFile, renewable, asBefore)).toEqual({ stdout: "the old one" });
  first.release?.();
  expect(Object.keys(await claimRenewal(entryFile, renewable, asBefore))).toEqual(["release"]);
});

const claimOf = ({ hostname, bootId = "", namespaces = "", pid, startedAt = "" }: ProcessIdentity) =>
  [hostname, bootId, namespaces, pid, startedAt].join("\n");

it.runIf(process.platform === "linux")(
  "a claim whose process id is another process's by now is taken over",
  async () => {
    await writeFile(claim, claimOf({ ...thisProcessIdentity(), startedAt: "1" }));
    expect(Object.keys(await claimRenewal(entryFile, renewable, asBefore))).toEqual(["release"]);
  },
);

it("a claim of another namespace, whose process cannot be seen, holds for a minute", async () => {
  await writeFile(claim, claimOf({ ...thisProcessIdentity(), namespaces: "pid:[1]", pid: 2 ** 22 + 1 }));
  expect(await claimRenewal(entryFile, renewable, asBefore)).toEqual({ stdout: "the old one" });
  const longAgo = Date.now() / 1000 - 61;
  await utimes(claim, longAgo, longAgo);
  expect(Object.keys(await claimRenewal(entryFile, renewable, asBefore))).toEqual(["release"]);
});

it.skipIf(process.platform === "win32")("a pipe in the claim's place is nobody's claim: it is taken over", async () => {
  expect(spawnSync("mkfifo", [claim]).status).toBe(0);
  const { release } = await claimRenewal(entryFile, changed, asBefore);
  expect((await stat(claim)).isFile()).toBe(true);
  release?.();
  await expect(readFile(claim)).rejects.toThrow("ENOENT");
});
