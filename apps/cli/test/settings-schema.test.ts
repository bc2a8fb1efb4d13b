import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { schemaLine } from "@tegata/engine/settings";
import { Ajv } from "ajv";
import { parse } from "smol-toml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { layerNames } from "../../../packages/engine/src/settings/layer.ts";
import { checkLayer, parseLayer } from "../../../packages/engine/src/settings/read-layer.ts";
import { noContent } from "../../../packages/engine/src/settings/settings-file-check.ts";
import { settingsSchema } from "../../../tools/schema-of-settings.ts";
import { defaultPlugins } from "../src/program/run.ts";
import { run } from "./support/run.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const schemaFile = join(root, "apps/cli/tegata.schema.json");
const arn = '"arn:aws:iam::123456789012:role/Developer"';

/** Files that the program takes, in the layer that they are for. */
const taken: readonly (readonly [string, string])[] = [
  ["an empty file", ""],
  [
    "the file of the documentation",
    `default_profile = "dev"\n[idp.acme]\ntype = "auth0"\ndomain = "acme.eu.auth0.com"\nclient_id = "8TZ4"\n[profile.dev]\nidp = "acme"\nrole_arn = ${arn}\nregion = "eu-central-1"\nduration = "4h"\n`,
  ],
  ["a duration in seconds", `[profile.dev]\nduration = 3600\nmax_age = "8h"\n`],
  ["blanks around values", `[idp.a]\ntype = "oidc"\nissuer = " https://id.acme.com "\nclient_id = " x "\n`],
  ["lists and tables", `[profile.dev]\nsession_tags = { team = "blue" }\nsession_policy_arns = ["ReadOnlyAccess"]\n`],
  ["ports", `[idp.a]\ntype = "oidc"\nredirect_ports = [8400, 8401]\n`],
  [
    "settings of a provider in a profile",
    `[profile.dev]\nissuer = "https://id.acme.com"\nclient_id = "x"\nflow = "browser"\n`,
  ],
  ["a workload", `[idp.ci]\ntype = "workload/github"\naudience = "sts.amazonaws.com"\n`],
  ["booleans", `[profile.dev]\nbrowser = false\nuse_fips_endpoint = true\n`],
  ["a name with a blank", `[profile."my dev"]\nregion = "eu-west-1"\n`],
  [
    "what is remembered of a team",
    `[team]\nurl = "https://acme.com/tegata.toml"\nsha256 = "${"0".repeat(64)}"\nfetched_at = "2026-11-29T12:00:00Z"\nversion = 3\n`,
  ],
  ["a version", "version = 3\n"],
  [
    "what is fixed",
    `[fixed]\nissuers = ["https://id.acme.com"]\nflow = "browser"\ntoken_store = "keyring"\naccount_domains = ["acme.com"]\nplugin_programs = false\n`,
  ],
];

/** Files that both refuse: by their structure, by kinds of values, by words and by forms. */
const refused: readonly (readonly [string, string])[] = [
  ["an unknown key at the top", 'regionn = "x"\n'],
  ["an unknown section", '[profiles.dev]\nregion = "eu-west-1"\n'],
  ["an unknown key of a profile", '[profile.dev]\nrole = "x"\n'],
  ["an unknown key of a provider", '[idp.a]\ntype = "oidc"\nissuerr = "x"\n'],
  ["a key of another provider", '[idp.a]\ntype = "oidc"\ndomain = "acme.eu.auth0.com"\n'],
  ["a key of a profile in a provider", `[idp.a]\ntype = "oidc"\nrole_arn = ${arn}\n`],
  ["a type that is a number", "[idp.a]\ntype = 3\n"],
  ["a profile that is a text", 'profile = "dev"\n'],
  ["a default profile that is a number", "default_profile = 3\n"],
  ["a word that is none of those", '[profile.dev]\nflow = "browse"\n'],
  ["a text for a boolean", '[profile.dev]\nbrowser = "no"\n'],
  ["a number for a text", "[profile.dev]\nregion = 3\n"],
  ["a text for a list", '[profile.dev]\nsession_policy_arns = "ReadOnlyAccess"\n'],
  ["a list for a table", '[profile.dev]\nsession_tags = ["a=b"]\n'],
  ["too many policies", `[profile.dev]\nsession_policy_arns = [${'"ReadOnlyAccess", '.repeat(11)}]\n`],
  ["a port that is none", '[idp.a]\ntype = "oidc"\nredirect_ports = [0]\n'],
  ["a team without a hash", '[team]\nurl = "https://acme.com/tegata.toml"\n'],
  ["a hash that is none", '[team]\nurl = "https://acme.com/x"\nsha256 = "x"\n'],
  ["an unknown key of what is fixed", '[fixed]\nissuer = "x"\n'],
  ["an empty list of issuers", "[fixed]\nissuers = []\n"],
  ["a domain that is an address", '[fixed]\naccount_domains = ["ann@acme.com"]\n'],
  ["a version that is no whole number", "version = 1.5\n"],
  ["a version below nothing", "version = -1\n"],
];

const ajv = new Ajv({ strict: true, strictTypes: false, allowUnionTypes: true });
const judge = ajv.compile(settingsSchema());

/** The program takes a file in one layer at least: each has a table of its own. */
async function programTakes(text: string): Promise<boolean> {
  const { idps } = defaultPlugins;
  const results = await Promise.allSettled(
    layerNames.map(async (layer) =>
      checkLayer(
        "/tegata.toml",
        { text, file: undefined },
        parseLayer("/tegata.toml", text, idps),
        { layer, below: noContent },
        idps,
        undefined,
      ),
    ),
  );
  return results.some(({ status }) => status === "fulfilled");
}

describe("the JSON Schema of a settings file", () => {
  it("is what npm run settings-schema writes", async () => {
    expect(JSON.parse(await readFile(schemaFile, "utf8"))).toEqual(settingsSchema());
  });

  it.each(taken)("takes %s, as the program does", async (_what, text) => {
    expect([await programTakes(text), judge(parse(text)), judge.errors]).toEqual([true, true, null]);
  });

  it.each(refused)("refuses %s, as the program does", async (_what, text) => {
    expect([await programTakes(text), judge(parse(text))]).toEqual([false, false]);
  });

  it("has a description for every key of every section", () => {
    const missing: string[] = [];
    const look = (schema: unknown, path: string) => {
      if (typeof schema !== "object" || schema === null) {
        return;
      }
      const properties: unknown = Reflect.get(schema, "properties");
      for (const [key, inner] of Object.entries(
        typeof properties === "object" && properties !== null ? properties : {},
      )) {
        missing.push(...(typeof Reflect.get(Object(inner), "description") === "string" ? [] : [`${path}.${key}`]));
        look(inner, `${path}.${key}`);
        look(Reflect.get(Object(inner), "additionalProperties"), `${path}.${key}.NAME`);
      }
    };
    look(settingsSchema(), "");
    expect(missing).toEqual([]);
  });
});

describe("Taplo, which editors ask", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tegata-taplo-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const lint = async (text: string) => {
    const file = join(folder, "tegata.toml");
    await writeFile(file, text);
    const taplo = join(root, "node_modules/.bin/taplo");
    return run([taplo, "lint", "--no-auto-config", file], { cwd: folder, env: { PATH: process.env["PATH"] ?? "" } });
  };
  // The published schema is on the network; here the line names the same file on the disk.
  const line = schemaLine.replace(/ .*$/, ` file://${schemaFile}`);

  it("finds the schema by the first line, takes a right file and refuses a wrong one", async () => {
    expect(schemaLine).toMatch(/^#:schema https:\/\//);
    const right = await lint(`${line}\n[profile.dev]\nregion = "eu-central-1"\n`);
    expect([right.status, right.stderr]).toEqual([0, expect.not.stringContaining("error")]);
    const wrong = await lint(`${line}\n[profile.dev]\nregionn = "eu-central-1"\n`);
    expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringContaining("regionn")]);
  });
});
