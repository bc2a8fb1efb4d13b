import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { isBesideRequestToSts } from "../../cli/test/support/aws-sdk-files.ts";
import { run } from "../../cli/test/support/run.ts";
import { inputNames } from "../src/inputs.ts";
import { outputNames } from "../src/outputs.ts";
import { bundle } from "./support/runner.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const maxBytes = 1_500_000;
const metaSchema = v.object({ outputs: v.record(v.string(), v.object({ inputs: v.record(v.string(), v.unknown()) })) });

async function filesIn(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const names = (await readdir(folder)).toSorted();
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)));
}

describe("the bundle", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tegata-bundle-"));
    const places = [`--outdir=${join(folder, "bundle")}`, `--metafile=${join(folder, "meta.json")}`];
    const made = await run([join(root, "node_modules/.bin/bun"), "tools/bundle.ts", ...places], {
      cwd: root,
      env: { PATH: process.env["PATH"] ?? "" },
      limitSeconds: 60,
    });
    if (made.status !== 0) {
      throw new Error(`the bundle cannot be made: ${made.stderr}`);
    }
  }, 90_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("is what the source makes of it: npm run bundle writes it", async () => {
    const [made, committed] = [await filesIn(join(folder, "bundle")), await filesIn(bundle)];
    const differing = [...made].filter(([name, bytes]) => committed.get(name)?.equals(bytes) !== true);
    expect(differing.map(([name]) => name)).toEqual([]);
    expect([...committed.keys()], "a file of an older bundle was left").toEqual([...made.keys()]);
  });

  it("has no part of the AWS SDK that looks for settings or credentials, signs, or sends", async () => {
    const meta = v.parse(metaSchema, JSON.parse(await readFile(join(folder, "meta.json"), "utf8")));
    const inputs = Object.values(meta.outputs).flatMap((output) => Object.keys(output.inputs));
    expect(inputs.filter(isBesideRequestToSts)).toEqual([]);
    expect(inputs).toContain("node_modules/@aws-sdk/core/dist-es/submodules/protocols/query/AwsQueryProtocol.js");
  });

  it("does not tell where the checkout lay that it was made in", async () => {
    const texts = [...(await filesIn(bundle)).values()].map(String);
    expect(texts.filter((text) => text.includes("node_modules/") || text.includes(root))).toEqual([]);
  });

  it("is smaller than 1.5 MB", async () => {
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

  it("names every input and every output, and no other", async () => {
    const { inputs, outputs } = await read();
    expect(Object.keys(inputs)).toEqual(inputNames);
    expect(Object.keys(outputs)).toEqual(outputNames);
  });

  it("names files that are in the bundle, and a Node that runners have", async () => {
    const { runs } = await read();
    const names = new Set((await filesIn(bundle)).keys());
    expect(runs.using).toBe("node24");
    for (const path of [runs.main, runs.post]) {
      expect(path).toMatch(/^apps\/github-action\/bundle\//);
      expect(names).toContain(path.replace("apps/github-action/bundle/", ""));
    }
  });
});
