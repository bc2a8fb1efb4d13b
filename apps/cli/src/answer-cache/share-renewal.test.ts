import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FileState } from "./file-state.ts";
import type { FoundEntry } from "./renewal-claim.ts";
import { shareRenewal } from "./share-renewal.ts";

let folder: string;
let entryFile: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tegata-share-"));
  entryFile = join(folder, "0.output");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ended: FoundEntry = { state: "ended", stdout: "the old one" };
const renewable: FoundEntry = { state: "renewable", stdout: "the old one" };
const renewed: FoundEntry = { state: "right", stdout: "the new one" };
const claimOf = (ageMilliseconds: number): FileState => ({
  uid: 0,
  gid: 0,
  mode: 0o100_600,
  bytes: 1,
  writtenAt: Date.now() - ageMilliseconds,
});

describe("a process that finds a claim which was made a moment ago", () => {
  it("prints the old output while its credentials are valid", async () => {
    const shared = await shareRenewal(
      entryFile,
      renewable,
      () => renewable,
      () => claimOf(5),
    );
    expect(shared).toEqual({ stdout: "the old one" });
  });

  it("prints the new output once the claim is gone", async () => {
    const claims = [claimOf(5), claimOf(5), undefined];
    const shared = await shareRenewal(
      entryFile,
      ended,
      () => renewed,
      () => claims.shift(),
    );
    expect(shared).toEqual({ stdout: "the new one" });
    expect(claims).toEqual([]);
  });

  it("claims the renewal where the claim is gone and has left nothing", async () => {
    const claims = [claimOf(5), undefined];
    const { release, stdout } = await shareRenewal(
      entryFile,
      ended,
      () => ended,
      () => claims.shift(),
    );
    expect(stdout).toBeUndefined();
    expect(await readFile(`${entryFile}.claim`, "utf8")).toContain(String(process.pid));
    release?.();
    await expect(readFile(`${entryFile}.claim`)).rejects.toThrow("ENOENT");
  });
});

describe("an older claim, and one of the future", () => {
  it.each([600, -600])("of an age of %d ms is judged by who holds it", async (age) => {
    await writeFile(`${entryFile}.claim`, "elsewhere\n\n\n1\n");
    const shared = await shareRenewal(
      entryFile,
      renewable,
      () => renewable,
      () => claimOf(age),
    );
    expect(shared).toEqual({ stdout: "the old one" });
    await rm(`${entryFile}.claim`);
    const { release } = await shareRenewal(
      entryFile,
      renewable,
      () => renewable,
      () => claimOf(age),
    );
    expect(release).toBeDefined();
  });
});
