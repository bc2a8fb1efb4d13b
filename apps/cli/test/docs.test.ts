import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { errorCodes, shellWords } from "@tegata/core";
import { idpAuth0 } from "@tegata/idp-auth0";
import { idpEntra } from "@tegata/idp-entra";
import { idpGoogle } from "@tegata/idp-google";
import { idpOidc } from "@tegata/idp-oidc";
import { idpOkta } from "@tegata/idp-okta";
import { idpWorkload, workloadPlatforms } from "@tegata/idp-workload";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { holdsSecret, settingDefinitions } from "@tegata/engine/settings";
import { exitStatuses } from "../src/exit-status.ts";
import { completionShells } from "../src/shell/completion-scripts.ts";
import { hookShells } from "../src/shell/hook-scripts.ts";
import { programs, requireBuilt } from "./support/programs.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const read = (path: string) => readFile(join(root, path), "utf8");
const execute = promisify(execFile);

const versions = v.record(v.string(), v.string());
const manifestSchema = v.looseObject({
  name: v.string(),
  version: v.optional(v.string()),
  license: v.string(),
  exports: v.optional(v.record(v.string(), v.looseObject({ types: v.string(), default: v.string() }))),
  files: v.optional(v.array(v.string())),
  private: v.optional(v.boolean()),
  scripts: v.optional(versions),
  dependencies: v.optional(versions, {}),
  devDependencies: v.optional(versions, {}),
});

const licensed = v.looseObject({ license: v.string() });

async function manifestOf(folder: string) {
  return v.parse(manifestSchema, JSON.parse(await read(join(folder, "package.json"))));
}

async function foldersBelow(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${folder}/${name}`);
}

const packageFolders = [
  ...(await foldersBelow("packages")),
  ...(await foldersBelow("apps")),
  ...(await foldersBelow("tools")),
];

/** The cells of every table row below one heading, without the header and the line under it. */
function rowsBelow(markdown: string, heading: string): string[][] {
  const [, after = ""] = markdown.split(`\n${heading}\n`);
  const [section = ""] = after.split(/\n#{1,6} /, 1);
  const lines = section.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .slice(1, line.lastIndexOf("|"))
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}

/** What stands between backticks. */
function codesIn(cell = ""): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}

describe("docs/errors.md", () => {
  it("has every error code with its exit status, and no other", async () => {
    const rows = [...(await read("docs/errors.md")).matchAll(/^\| `([a-z_]+)` \| (\d+) \|/gm)];
    expect(rows).toHaveLength(errorCodes.length);
    expect(Object.fromEntries(rows.map(([, code = "", status]) => [code, Number(status)]))).toEqual(exitStatuses);
  });
});

describe("docs/config.md", () => {
  const idps = [idpAuth0, idpOidc, idpOkta, idpEntra, idpGoogle, idpWorkload, ...workloadPlatforms];
  const settings = [...settingDefinitions(idps).values()];

  it("describes every setting of the program as it is", async () => {
    const rows = rowsBelow(await read("docs/config.md"), "## Settings of the program");
    const documented = rows.map(([key, flag, variable, awsVariables, sections]) => ({
      key: codesIn(key),
      flag: codesIn(flag),
      variable: codesIn(variable),
      awsVariables: codesIn(awsVariables),
      sections: codesIn(sections),
    }));
    expect(documented).toEqual(
      settings
        .filter(({ idpSchemas }) => idpSchemas.size === 0)
        .map(({ name, flag, alias, variable, awsVariables, sections }) => ({
          key: [name],
          flag: [`--${flag}`, ...(alias === undefined ? [] : [`-${alias}`])],
          variable: [variable],
          awsVariables: [...awsVariables],
          sections: [...sections],
        })),
    );
  });

  it("describes every setting of the identity providers as it is", async () => {
    const rows = rowsBelow(await read("docs/config.md"), "## Settings of the identity provider");
    const documented = rows.map(([key, flag, variable, plugins, preset]) => ({
      key: codesIn(key),
      flag: codesIn(flag),
      variable: codesIn(variable),
      plugins: codesIn(plugins),
      default: codesIn(preset),
    }));
    expect(documented).toEqual(
      settings
        .filter(({ idpSchemas }) => idpSchemas.size > 0)
        .map(({ name, flag, variable, idpSchemas, defaultText }) => ({
          key: [name],
          flag: holdsSecret(name) ? [] : [`--${flag}`],
          variable: [variable],
          // Those of one place have sections that say which they are.
          plugins: [...idpSchemas.keys()].filter((id) => !id.startsWith("workload/")),
          default: defaultText === undefined ? [] : [defaultText],
        })),
    );
  });
});

describe("docs/config.md on the platforms with tokens of their own", () => {
  it.each(workloadPlatforms.map((idp) => [idp.id, Object.keys(idp.settings.entries)] as const))(
    "gives %s the settings that it has",
    async (id, names) => {
      const [, section = ""] = (await read("docs/config.md")).split(`\n### ${id}\n`);
      const [, listed = ""] = /Settings: ([^.]*)\./.exec(section.split("\n#", 1)[0] ?? "") ?? [];
      expect(codesIn(listed)).toEqual(names);
    },
  );
});

describe("shells", () => {
  it("are all in the settings and in the README of the format", async () => {
    for (const page of ["docs/config.md", "packages/format-env/README.md"]) {
      const text = await read(page);
      expect(shellWords.filter((shell) => !text.includes(`\`${shell}\``))).toEqual([]);
    }
  });

  it("have a line that loads their hook and their completions, where there are any", async () => {
    const text = await read("docs/shells.md");
    const other: readonly string[] = ["pwsh", "nu"];
    const lines = [
      ...hookShells.map((shell) => `tegata hook ${shell}`),
      ...completionShells.map((shell) => `tegata completion ${shell}`),
    ];
    expect(lines.filter((line) => !text.includes(line) && !other.some((name) => line.endsWith(` ${name}`)))).toEqual(
      [],
    );
  });
});

describe("plugins", () => {
  it("are the same in the names of packages, in the registry and in the headings of docs/config.md", async () => {
    requireBuilt();
    const [command] = programs.binary;
    const { stdout } = await execute(command, ["plugins", "--json"], { env: {} });
    const list = v.parse(v.array(v.looseObject({ kind: v.string(), id: v.string() })), JSON.parse(stdout));
    // `workload/github` is one of the places of the package idp-workload.
    const ids = list.map(({ kind, id }) => `${kind}-${id.replace(/\/.*/, "")}`);
    const registered = [...new Set(ids)].toSorted();
    const suffixes = packageFolders.map((folder) => folder.replace("packages/", ""));
    expect(registered).toEqual(suffixes.filter((name) => /^(idp|format)-/.test(name)).toSorted());
    const headings = (await read("docs/config.md")).matchAll(/^### (.+)$/gm);
    const described = new Set([...headings].map(([, heading]) => heading));
    expect(list.map(({ id }) => id).filter((id) => !described.has(id))).toEqual([]);
  });
});

describe.each(packageFolders)("%s", (folder) => {
  it("has a README, exports, types, a licence and a version below 1", async () => {
    const manifest = await manifestOf(folder);
    const isPublished = manifest.private !== true;
    expect(existsSync(join(root, folder, "README.md")), "README.md").toBe(true);
    const licence = isPublished ? await read(`${folder}/LICENSE`).catch(() => "none") : await read("LICENSE");
    expect(licence === (await read("LICENSE")), "LICENSE is not a copy of the one at the root").toBe(true);
    expect(manifest.license).toBe("MIT");
    expect(manifest.version).toMatch(/^0\.\d+\.\d+$/);
    const entry = { types: "./dist/index.d.ts", default: "./dist/index.js" };
    // A private app that nobody imports needs none.
    const isImported = isPublished || manifest.exports !== undefined;
    expect(isImported ? manifest.exports?.["."] : entry).toMatchObject(entry);
    const further = existsSync(join(root, folder, "templates")) ? ["templates"] : [];
    const schema = manifest.name === "@tegata/cli" ? ["tegata.schema.json"] : [];
    expect(manifest.files ?? []).toEqual(isPublished ? ["dist", ...further, "README.md", ...schema] : []);
  });

  it("has dependencies of exact versions only", async () => {
    const { dependencies, devDependencies } = await manifestOf(folder);
    const inexact = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
    );
    expect(inexact).toEqual([]);
  });
});

describe("docs/decisions/0001-dependencies.md", () => {
  it("has every runtime dependency with its licence, and no other", async () => {
    const used = new Set<string>();
    for (const folder of packageFolders) {
      const { dependencies, ...manifest } = await manifestOf(folder);
      if (manifest.private !== true) {
        Object.keys(dependencies).forEach((name) => used.add(name));
      }
    }
    const names = [...used].filter((name) => !name.startsWith("@tegata/"));
    const licences = await Promise.all(
      names.map(async (name) => [
        name,
        v.parse(licensed, JSON.parse(await read(`node_modules/${name}/package.json`))).license,
      ]),
    );
    const page = await read("docs/decisions/0001-dependencies.md");
    const rows = page.split("\n").filter((line) => line.startsWith("| `"));
    const documented = rows
      .map((row) => row.split(" | "))
      .map(([name = "", , , , licence]) => [codesIn(name)[0] ?? name, licence]);
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(licences));
  });
});

const skippedFolders = new Set(["node_modules", "dist", ".git", ".turbo", "coverage"]);

async function pagesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        return skippedFolders.has(entry.name) ? [] : pagesBelow(path);
      }
      return entry.name.endsWith(".md") ? [path] : [];
    }),
  );
  return found.flat();
}

/** TypeScript that a person wrote: no build, no bundle, and not the file that names the words. */
async function sourcesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        return skippedFolders.has(entry.name) || entry.name === "bundle" ? [] : sourcesBelow(path);
      }
      return entry.name.endsWith(".ts") && entry.name !== "docs.test.ts" ? [path] : [];
    }),
  );
  return found.flat();
}

const pages = (await pagesBelow(root)).map((path) => relative(root, path));

const withoutCode = (markdown: string) => markdown.replace(/^```[^]*?^```/gm, "").replace(/`[^`\n]*`/g, "");

/** The anchors that a host of repositories makes of a page's headings. */
function anchorsOf(markdown: string): string[] {
  const headings = markdown.replace(/^```[^]*?^```/gm, "").match(/(?<=^#{1,6} ).+$/gm) ?? [];
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-"),
  );
}

async function isBroken(page: string, target: string): Promise<boolean> {
  const [path = "", anchor] = target.split("#");
  const linked = path === "" ? page : relative(root, resolve(root, dirname(page), path));
  if (linked.startsWith("..") || !existsSync(join(root, linked))) {
    return true;
  }
  return anchor !== undefined && !anchorsOf(await read(linked)).includes(anchor);
}

describe("every page", () => {
  it("has only relative links that lead somewhere", async () => {
    const broken: string[] = [];
    for (const page of pages) {
      const text = withoutCode(await read(page));
      const links = [...text.matchAll(/\]\(([^)\s]+)\)/g), ...text.matchAll(/^\[[^\]]+\]: (\S+)$/gm)];
      for (const [, target = ""] of links) {
        if (!/^[a-z]+:/.test(target) && (await isBroken(page, target))) {
          broken.push(`${page}: ${target}`);
        }
      }
    }
    expect(broken).toEqual([]);
  });

  it("names only npm scripts that are there", async () => {
    const { scripts = {} } = await manifestOf(".");
    const unknown: string[] = [];
    for (const page of pages) {
      const named = [...(await read(page)).matchAll(/\bnpm run (?:--silent )?([a-z][a-z:-]*)/g)];
      const missing = named.filter(([, script = ""]) => !Object.hasOwn(scripts, script));
      unknown.push(...missing.map(([words]) => `${page}: ${words}`));
    }
    expect(unknown).toEqual([]);
  });
});

describe("pages for contributors", () => {
  it.each(["ARCHITECTURE.md", "CONTRIBUTING.md", "packages/engine/README.md", "packages/core/README.md"])(
    "%s names files and folders that are there",
    async (page) => {
      const named = [...(await read(page)).matchAll(/`((?:apps|packages|tools|docs|scripts|bench)\/[\w./-]+)`/g)];
      const isExample = /NAME|NNNN/;
      const paths = named.map(([, path = ""]) => path).filter((path) => !isExample.test(path));
      expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    },
  );
});

describe("docs/plugins/reference.md", () => {
  it("is what npm run reference writes", async () => {
    requireBuilt();
    const [bun] = programs.bun;
    const { stdout } = await execute(bun, ["tools/plugin-reference.ts", "--print"], { cwd: root });
    expect(await read("docs/plugins/reference.md")).toBe(stdout);
  });
});

describe("plain English", () => {
  /** Words that a reader with plain English would have to read twice, and that have a common word in their place. */
  const retired = /\b(?:whoever|whatever|anew|rests|mint(?:s|ed|ing)?|to the letter)\b/gi;

  it("is what pages are in: they have none of the retired words", async () => {
    // CONTRIBUTING lists them, and changelogs stay as they were written.
    const written = pages.filter((page) => !/CHANGELOG|^CONTRIBUTING/.test(page));
    const found: string[] = [];
    for (const page of written) {
      found.push(...[...withoutCode(await read(page)).matchAll(retired)].map(([word]) => `${page}: ${word}`));
    }
    expect(found).toEqual([]);
  });

  it("is what sources are in: they have neither the retired words nor the old names of things", async () => {
    /** Each of these had several meanings, or did not say what it is: ARCHITECTURE has the words of today. */
    const oldNames =
      /\b(?:\w+Facts|Outside|lookAt|placeOf|startProgram|mintedAt|restsIn|[Hh]otAnswer|[Kk]ept answers?|fast path|long way|kept-sign-in|program_failed|device_denied|device_code_expired|idp_device_grant_disabled|deviceFlowIdp)\b/g;
    const found: string[] = [];
    for (const path of await sourcesBelow(root)) {
      const text = await readFile(path, "utf8");
      const words = [...text.matchAll(retired), ...text.matchAll(oldNames)];
      found.push(...words.map(([word]) => `${relative(root, path)}: ${word}`));
    }
    expect(found).toEqual([]);
  });

  it("is what --help is in", async () => {
    requireBuilt();
    const [command] = programs.binary;
    const { stdout: overview } = await execute(command, ["--help"], { env: {} });
    const commands = [...overview.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name = ""]) => name);
    expect(commands).toContain("login");
    const helps = await Promise.all(commands.map((name) => execute(command, [name, "--help"], { env: {} })));
    const words = [overview, ...helps.map(({ stdout }) => stdout)].join("\n").matchAll(retired);
    expect([...words].map(([word]) => word)).toEqual([]);
  });
});

describe.each(["docs/config.md", "docs/plugin-protocol.md", "docs/plugins/reference.md", "docs/plugins/tutorial.md"])(
  "the table of contents of %s",
  (page) => {
    it("leads to every section", async () => {
      const text = withoutCode(await read(page));
      const [contents = ""] = text.split("\n## ", 1);
      const linked = new Set([...contents.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor));
      const sections = anchorsOf(text.replace(/^#{3,} .*$/gm, "").replace(/^# .*$/m, ""));
      expect(sections.filter((anchor) => !linked.has(anchor))).toEqual([]);
    });
  },
);
