import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { run } from "../../cli/test/support/run.ts";
import { inputNames } from "../src/inputs.ts";
import { outputNames } from "../src/outputs.ts";
import { bundle } from "./support/runner.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const maxBytes = 1_500_000;

async function filesIn(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const names = (await readdir(folder)).toSorted();
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)));
}

describe("the bundle", () => {
  it("is not what the source makes of it: npm run bundle", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tegata-bundle-"));
    try {
      const made = await run([join(root, "node_modules/.bin/bun"), "scripts/bundle.ts", `--outdir=${folder}`], {
        cwd: root,
        env: { PATH: process.env["PATH"] ?? "" },
        limitSeconds: 60,
      });
      expect(made).toMatchObject({ status: 0 });
      const [fresh, committed] = [await filesIn(folder), await filesIn(bundle)];
      const differing = [...fresh].filter(([name, bytes]) => committed.get(name)?.equals(bytes) !== true);
      expect(differing.map(([name]) => name)).toEqual([]);
      expect([...committed.keys()], "a file of an older bundle was left").toEqual([...fresh.keys()]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, 90_000);

  it("tells where the checkout lay that it was made in, so that another checkout makes another one", async () => {
    const texts = [...(await filesIn(bundle)).values()].map(String);
    expect(texts.filter((text) => text.includes("node_modules/") || text.includes(root))).toEqual([]);
  });

  it("has grown beyond 1.5 MB", async () => {
    const files = [...(await filesIn(bundle)).values()];
    expect(files.reduce((bytes, file) => bytes + file.length, 0)).toBeLessThan(maxBytes);
  });
});

describe("action.yml", () => {
  const described = v.record(v.string(), v.looseObject({ description: v.string() }));
  const actionSchema = v.object({
    name: v.string(),
    description: v.string(),
    author: v.string(),
    branding: v.looseObject({}),
    inputs: described,
    outputs: described,
    runs: v.strictObject({ using: v.string(), main: v.string(), post: v.string() }),
  });
  const read = async () => v.parse(actionSchema, parse(await readFile(join(root, "action.yml"), "utf8")));

  it("names an input or an output that there is not, or lacks one", async () => {
    const { inputs, outputs } = await read();
    expect(Object.keys(inputs)).toEqual(inputNames);
    expect(Object.keys(outputs)).toEqual(outputNames);
  });

  it("names a file that is not in the bundle, or a Node that runners no longer have", async () => {
    const { runs } = await read();
    const names = new Set((await filesIn(bundle)).keys());
    expect(runs.using).toBe("node24");
    for (const path of [runs.main, runs.post]) {
      expect(path).toMatch(/^apps\/github-action\/bundle\//);
      expect(names).toContain(path.replace("apps/github-action/bundle/", ""));
    }
  });
});
