import { copyFile, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isBesideRequestToSts } from "./support/aws-sdk-files.ts";
import { matching } from "./support/matching.ts";
import { lateOnly, Metafile, packagesOf } from "./support/metafile.ts";
import { programs, requireBuilt } from "./support/programs.ts";
import { run } from "./support/run.ts";

/**
 * Bun's builder takes flags that it does not know without a word, so each of `tools/compile/src/compile.ts` is proved by what
 * it does. That nothing is loaded from the current folder is proved in `hostile-folder.test.ts`.
 */
let meta: Metafile;
let binary: Buffer;
let folder: string;
beforeAll(async () => {
  requireBuilt();
  meta = await Metafile.of(programs.binary[0]);
  binary = await readFile(programs.binary[0]);
  folder = await mkdtemp(join(tmpdir(), "tegata-binary-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const count = (needle: string) => {
  let found = 0;
  for (let at = binary.indexOf(needle); at !== -1; at = binary.indexOf(needle, at + 1)) {
    found += 1;
  }
  return found;
};

it("the binary runs alone: no Node, no Bun, no node_modules beside it, nothing in the environment", async () => {
  const alone = join(folder, "tegata");
  await copyFile(programs.binary[0], alone);
  expect((await stat(alone)).mode & 0o111).not.toBe(0);
  const ended = await run([alone, "--version"], { cwd: folder, env: {} });
  expect(ended).toMatchObject({ status: 0, stdout: matching(/^\d+\.\d+\.\d+\n$/), stderr: "" });
});

describe("splitting: the binary", () => {
  it("loads nothing but the way to a cached output, before it is known what is asked for", () => {
    // Every file here is on the way of every AWS command that a person runs: think twice before adding one.
    const allowed = /^apps\/cli\/(bun\/main|src\/answer-cache\/(first-file(-bun)?|files-libc|entry))\.ts$/;
    const inputs = meta.loadedWith("apps/cli/bun/main.ts");
    expect(inputs.length).toBeGreaterThan(0);
    expect(inputs.filter((path) => !allowed.test(path))).toEqual([]);
  });

  it("loads the AWS SDK, the browser opener and the parser for error positions only where they are needed", () => {
    const inputs = meta.loadedWith("apps/cli/src/program/run.ts");
    expect(inputs).toContain("apps/cli/src/program/compose.ts");
    expect(packagesOf(inputs).filter((name) => lateOnly.test(name))).toEqual([]);
    expect(meta.chunkCount).toBeGreaterThan(5);
  });
});

it("conditions: the binary has no part of the AWS SDK that looks for settings or credentials, or sends", () => {
  const { inputs } = meta;
  expect(inputs.filter(isBesideRequestToSts)).toEqual([]);
  expect(inputs).toContain("node_modules/@aws-sdk/core/dist-es/submodules/protocols/query/AwsQueryProtocol.js");
});

it("the binary loads what signs only where a role assumes another", () => {
  const late = packagesOf(meta.loadedWith("packages/core/src/aws/sts-request.ts"));
  expect(packagesOf(meta.inputs)).toContain("@smithy/signature-v4");
  expect(late).not.toContain("@smithy/signature-v4");
});

it("the binary loads what runs plugin programs only when one is named", () => {
  const early = meta
    .loadedWith("apps/cli/src/program/run.ts")
    .filter((path) => /^(apps\/cli\/src\/commands\/plugins-check|packages\/engine\/src\/plugin-programs)\//.test(path));
  expect(early).toEqual(["packages/engine/src/plugin-programs/plugin-name.ts"]);
  const { inputs } = meta;
  expect(inputs).toContain("apps/cli/src/commands/plugins-check/stand-in-provider.ts");
});

it("define: the binary holds the native library for keyrings, in a chunk of its own, and not the loader that looks for others", () => {
  const { inputs } = meta;
  expect(inputs.filter((path) => path.includes("/@napi-rs/"))).toEqual([
    matching(/\/keyring-[\w-]+\/keyring\.[\w-]+\.node$/),
  ]);
  expect(inputs).toContain("packages/engine/src/storage/keyring-child.ts");
  const early = meta.loadedWith("apps/cli/src/program/run.ts");
  expect(early.filter((path) => /keyring(-child)?\.ts$/.test(path))).toEqual([]);
});

it("conditions: the binary is made of the sources, not of what npm run build left behind", () => {
  const { inputs } = meta;
  expect(inputs).toContain("packages/core/src/sign-in/sign-in.ts");
  expect(inputs.filter((path) => /^(packages|apps)\/[^/]+\/dist\//.test(path))).toEqual([]);
});

it("minify: the binary holds no name of a local function, and no comment that names a file", async () => {
  const source = await readFile(
    join(dirname(fileURLToPath(import.meta.url)), "../src/command-line/command-line.ts"),
    "utf8",
  );
  expect(source).toContain("function refuseUnknownFlags(");
  expect(count("refuseUnknownFlags")).toBe(0);
  expect(count("// apps/cli/src/")).toBe(0);
  // The words of the program are there, so this looks at the right place.
  expect(count("sign in at your OpenID Connect provider")).toBeGreaterThan(0);
});

it("bytecode: the binary has every chunk as bytecode", () => {
  expect(count("// @bun @bytecode\n")).toBeGreaterThanOrEqual(meta.chunkCount);
});
