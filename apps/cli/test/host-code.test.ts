import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { shellNames, shellOfExecutable, shells } from "@tegata/core";
import { describe, expect, it } from "vitest";
import { mayDependOnShell, shellOf, tellsPerson } from "../src/answer-cache/entry.ts";
import { defaultPlugins } from "../src/program/run.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The list that puts tegata together; the first file, which is there before any plugin, and has a test below; and two more. */
const namesPlugins = new Set([
  "apps/cli/src/program/run.ts",
  "apps/cli/src/answer-cache/entry.ts",
  // The command that AWS clients start, and the one that writes their other file.
  "packages/engine/src/settings/aws-config-block.ts",
  // What is set up at a provider: its targets have names of their own, one of which is a plugin's too.
  "apps/cli/src/commands/setup/setup-flags.ts",
]);

/** Names that are words besides: a kind, a variable of Node, a member of a protocol. */
const plainWords = new Set(["env", "json", "oidc", "workload"]);

const hostFiles = ["apps/cli/src", "packages/engine/src", "packages/core/src"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => relative(root, join(root, folder, name))),
);

describe("the code that hosts plugins", () => {
  it("names none of them", () => {
    const ids = [...defaultPlugins.idps, ...defaultPlugins.formats].map(({ id }) => id);
    const named = ids.filter((id) => !plainWords.has(id)).map((id) => `"${id}"`);
    const found = hostFiles
      .filter((file) => !namesPlugins.has(file))
      .flatMap((file) => {
        const text = readFileSync(join(root, file), "utf8");
        const compared = /\.id === "|\(\{ id \}\) => id === "/.test(text) ? ["an id is compared"] : [];
        return [...compared, ...named.filter((name) => text.includes(name))].map((what) => `${file}: ${what}`);
      });
    expect(hostFiles.length).toBeGreaterThan(200);
    expect(found).toEqual([]);
  });
});

describe("the first file, which is there before any plugin", () => {
  it("takes the commands for those that a shell loads that the formats say they are", () => {
    const words = ["use", ...defaultPlugins.formats.map(({ id }) => id)];
    const loaded = ["use", ...defaultPlugins.formats.filter(({ backs }) => backs === "use").map(({ id }) => id)];
    expect(words.filter((word) => mayDependOnShell([word], {}))).toEqual(loaded);
    expect(words.filter((word) => tellsPerson([word]))).toEqual(loaded);
  });

  it("knows a program of the table of shells by its own name, or not at all", () => {
    const programs = shellNames.flatMap((name) => shells[name].programs);
    expect(programs.filter((program) => !["", program].includes(shellOf(`/bin/${program}`)))).toEqual([]);
    expect(programs.filter((program) => shellOf(`/bin/${program}`) !== "").length).toBeGreaterThan(10);
    // With its version: the table takes it off.
    expect(shellOfExecutable(shellOf("/bin/ksh93"))).toBe("ksh");
  });
});
