/// <reference types="node" />
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { describe, expect, it } from "vitest";

const names = v.optional(v.record(v.string(), v.string()), {});
const lockSchema = v.object({
  packages: v.record(
    v.string(),
    v.object({
      link: v.optional(v.boolean()),
      resolved: v.optional(v.string()),
      dependencies: names,
      optionalDependencies: names,
      peerDependencies: names,
    }),
  ),
});

const root = fileURLToPath(new URL("../../..", import.meta.url));
const { packages } = v.parse(lockSchema, JSON.parse(readFileSync(`${root}package-lock.json`, "utf8")));

/** Where a package is found from a folder, as Node looks for it: a link leads to the folder of the workspace. */
function folderOf(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/")))) {
    const place = `${folder === "" ? "" : `${folder}/`}node_modules/${name}`;
    const found = packages[place];
    if (found !== undefined) {
      return found.link === true ? found.resolved : place;
    }
    if (folder === "") {
      return undefined;
    }
  }
}

/** Everything that npm installs beside a package for those who use it. */
function treeOf(start: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const visit = (folder: string) => {
    const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = packages[folder] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      const found = folderOf(name, folder);
      if (found !== undefined && !seen.has(found)) {
        seen.add(found);
        visit(found);
      }
    }
  };
  visit(start);
  return seen;
}

const nameOf = (place: string) => place.replace(/^.*node_modules\//, "");

describe("the dependencies of the library", () => {
  const tree = [...treeOf("packages/credential-provider")].map(nameOf);

  it("are those of the engine and of the identity providers", () => {
    expect(tree).toEqual(expect.arrayContaining(["packages/engine", "packages/core", "valibot", "smol-toml", "jose"]));
  });

  it("hold no argument parser, no QR code, nothing that opens a browser or measures a terminal, and not the command line", () => {
    // Those of the command line are found in the same way: the test would see them.
    const ofCommandLine = new Set([...treeOf("apps/cli")].map(nameOf));
    const unwanted = ["yargs-parser", "uqr", "open", "string-width", "apps/cli"];
    expect(unwanted.filter((name) => ofCommandLine.has(name))).toEqual(unwanted.slice(0, -1));
    expect(tree.filter((name) => unwanted.includes(name))).toEqual([]);
  });
});
