import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "../src/run.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const dependencies = v.optional(v.record(v.string(), v.string()), {});
const manifestSchema = v.object({ name: v.optional(v.string()), dependencies, devDependencies: dependencies });

async function manifestAt(path: string) {
  return v.parse(manifestSchema, JSON.parse(await readFile(path, "utf8")));
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "create-tegata-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** @param answers lines that a person types, one for each question; left out, nobody is there */
async function create(args: readonly string[], answers?: readonly string[]) {
  const said = { stdout: "", stderr: "" };
  const console = answers === undefined ? undefined : person(answers, (text) => (said.stdout += text));
  const status = await run(args, {
    console,
    say: (text) => (said.stdout += text),
    complain: (text) => (said.stderr += text),
  });
  return { status, ...said };
}

function person(answers: readonly string[], hear: (text: string) => void) {
  const input = new PassThrough();
  const output = new PassThrough();
  const left = [...answers];
  output.on("data", (chunk: Buffer) => {
    const text = chunk.toString();
    hear(text);
    if (text.endsWith(") ")) {
      const answer = left.shift();
      if (answer === undefined) {
        input.end();
      } else {
        input.write(`${answer}\n`);
      }
    }
  });
  return { input, output };
}

async function contentOf(directory: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(path, "utf8")] as const)));
}

describe("a project", () => {
  it.each(["idp", "format"])("of kind %s holds neither the name of the template nor an open version", async (kind) => {
    const directory = join(folder, "new/project");
    expect(await create(["--kind", kind, "--name", "corp-sso2", "--directory", directory])).toMatchObject({
      status: 0,
    });
    const files = await contentOf(directory);
    expect([...files.keys()].map((path) => path.slice(directory.length + 1))).toEqual(
      expect.arrayContaining([".gitignore", "package.json", "tsconfig.json", `src/${kind}-corp-sso2.ts`]),
    );
    for (const [path, text] of files) {
      expect(`${path}\n${text}`).not.toMatch(/acme|": "0\.0\.0"/i);
    }
    expect(files.get(join(directory, `src/${kind}-corp-sso2.ts`))).toContain(`export const ${kind}CorpSso2 = `);
  });

  it("depends on the versions that everything here is tested with", async () => {
    const directory = join(folder, "project");
    await create(["--kind", "idp", "--name", "acme", "--directory", directory]);
    const project = await manifestAt(join(directory, "package.json"));
    const workspace = await manifestAt(join(root, "package.json"));
    const named = { ...project.dependencies, ...project.devDependencies };
    const tested = Object.keys(named).map((name) => [name, workspace.devDependencies[name]]);
    expect(named).toEqual({ ...Object.fromEntries(tested), ...(await ownVersions(Object.keys(named))) });
  });

  it("is refused in a folder that is not empty", async () => {
    await writeFile(join(folder, "README.md"), "mine");
    const ended = await create(["--kind", "idp", "--name", "acme", "--directory", folder]);
    expect(ended).toMatchObject({ status: 2, stdout: "" });
    expect(ended.stderr).toBe(
      `create-tegata: error: ${folder} is not empty: it has README.md\ncreate-tegata: hint: name another --directory\n`,
    );
    expect(await readdir(folder)).toEqual(["README.md"]);
  });

  it("may go into a folder that only git has been in", async () => {
    await mkdir(join(folder, ".git"));
    expect(await create(["--kind", "format", "--name", "acme", "--directory", folder])).toMatchObject({ status: 0 });
  });

  it("is refused where a file is, and below one", async () => {
    await writeFile(join(folder, "file"), "");
    for (const path of ["file", "file/below"]) {
      const ended = await create(["--kind", "idp", "--name", "acme", "--directory", join(folder, path)]);
      expect(ended).toMatchObject({ status: 2, stdout: "" });
      expect(ended.stderr).toMatch(/^create-tegata: error: \S+ is not a folder that it can write to \(ENOTDIR\)\n/);
    }
  });
});

/** Versions of this repository's own packages, as their manifests have them. */
async function ownVersions(names: readonly string[]): Promise<Record<string, string>> {
  const versionSchema = v.object({ version: v.string() });
  const own = names.filter((name) => name.startsWith("@tegata/"));
  const found = own.map(async (name) => {
    const text = await readFile(join(root, "node_modules", name, "package.json"), "utf8");
    return [name, v.parse(versionSchema, JSON.parse(text)).version] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

describe("a bad word on the command line", () => {
  it.each([
    [["--kind", "plugin"], /the kind "plugin" is neither idp nor format/],
    [["--kind", ""], /the kind "" is neither/],
    [["--kind", "idp", "--name", "Acme"], /the name "Acme" cannot be a plugin's id/],
    [["--kind", "idp", "--name", "2fa"], /the name "2fa" cannot/],
    [["--kind", "idp", "--name", "corp--sso"], /the name "corp--sso" cannot/],
    [["--kind", "idp", "--name", "../up"], /the name "\.\.\/up" cannot/],
    [["--kind", "idp", "--name", "a\u001b[2J"], /the name "a\?\[2J" cannot/],
    [["--kind", "idp", "--name", "a".repeat(41)], /cannot be a plugin's id/],
    [["--kind", "idp"], /--name must be given where there is no terminal to ask at/],
    [[], /--kind and --name must be given/],
    [["--name", "acme", "--directory", ""], /--directory is empty/],
    [["--colour"], /unknown option '--colour'/],
    [["acme"], /unexpected argument 'acme'/],
  ])("is an error with a hint: %j", async (args, complaint) => {
    const { status, stdout, stderr } = await create(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(complaint);
    expect(stderr).toMatch(/^create-tegata: error: [^\n]+\ncreate-tegata: hint: [^\n]+\n$/);
  });

  it("is not --help, which prints the options", async () => {
    const { status, stdout } = await create(["--help"]);
    expect(status).toBe(0);
    expect(stdout).toContain("--kind");
  });
});

describe("a person who leaves something out", () => {
  it("is asked for it, and asked again after an answer that does not do", async () => {
    const answers = ["both", "format", "My Format", " my-format "];
    const { status, stdout } = await create(["--directory", join(folder, "p")], answers);
    expect(status).toBe(0);
    expect(stdout).toContain('the kind "both" is neither idp nor format; choose --kind idp or --kind format\n');
    expect(stdout).toContain('the name "My Format" cannot be a plugin\'s id');
    expect([...(await contentOf(join(folder, "p"))).keys()]).toContain(join(folder, "p/src/format-my-format.ts"));
  });

  it("is not asked for what a flag said", async () => {
    const { status, stdout } = await create(["--name", "acme", "--directory", join(folder, "p")], ["idp"]);
    expect(status).toBe(0);
    expect(stdout).not.toContain("what is it called?");
  });

  it("ends the program by going away, and nothing is written", async () => {
    const ended = await create(["--directory", join(folder, "p")], ["idp"]);
    expect(ended.status).toBe(2);
    expect(ended.stderr).toMatch(/^create-tegata: error: there was no answer\n/);
    expect(await readdir(folder)).toEqual([]);
  });
});
