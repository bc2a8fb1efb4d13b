import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, chown, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inWords, plainVocabulary, type TegataError, wordingOf, type Words } from "@tegata/core";
import { idpAuth0 as auth0 } from "@tegata/idp-auth0";
import { idpOidc as oidc } from "@tegata/idp-oidc";
import { failure, fakeMachine } from "@tegata/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resolveIdp } from "./resolve-idp.ts";
import { resolveProfile } from "./resolve-profile.ts";
import { readSettingsFile, type SettingsFileInput } from "./settings-file.ts";

const uid = process.getuid?.() ?? 0;
const host = { platform: process.platform, uid: process.getuid?.() };
let base: string;
let own: string;
let team: string;
let machine: string;

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "tegata-layers-")));
  own = join(base, "tegata.toml");
  team = join(base, "team.toml");
  await mkdir(join(base, "etc"));
  machine = join(base, "etc", "tegata.toml");
});
afterEach(() => rm(base, { recursive: true, force: true }));

const read = (change: Partial<SettingsFileInput> = {}) =>
  readSettingsFile({
    path: own,
    namedBy: undefined,
    idps: [auth0, oidc],
    host,
    machineFile: { path: machine, owner: uid },
    ...change,
  });
const errorOf = (change: Partial<SettingsFileInput> = {}): Promise<TegataError> =>
  read(change).then(
    () => expect.unreachable("the files were taken"),
    (error: TegataError) => error,
  );

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

async function write(texts: { readonly own?: string; readonly team?: string; readonly machine?: string }) {
  if (texts.team !== undefined) {
    await writeFile(team, texts.team, { mode: 0o600 });
  }
  if (texts.machine !== undefined) {
    await writeFile(machine, texts.machine);
    await chmod(machine, 0o644);
  }
  const record =
    texts.team === undefined
      ? ""
      : `\n[team]\nurl = "https://acme.com/tegata.toml"\nsha256 = "${sha256(texts.team)}"\nfetched_at = "2026-11-29T12:00:00Z"\nversion = 3\n`;
  await writeFile(own, (texts.own ?? "") + record, { mode: 0o600 });
}

const acme = `[idp.acme]
type = "oidc"
issuer = "https://id.acme.com"
client_id = "team-client"
scope = "openid email"
`;

describe("settings of several files", () => {
  it("are, of each key, what the strongest file says: the person's, the team's, the machine's", async () => {
    await write({
      own: '[profile.dev]\nregion = "eu-west-1"\n',
      team: `version = 3\ndefault_profile = "dev"\n${acme}\n[profile.dev]\nidp = "acme"\nregion = "eu-central-1"\nduration = "4h"\n`,
      machine:
        '[profile.dev]\nregion = "us-east-1"\nhint = "tty"\n\n[profile.shared]\nrole_arn = "arn:aws:iam::123456789012:role/S"\n',
    });
    const file = await read();
    expect(Object.fromEntries(file.profiles.get("dev") ?? [])).toEqual({
      idp: "acme",
      region: "eu-west-1",
      duration: "4h",
    });
    expect([...file.profiles.keys()]).toEqual(["dev", "shared"]);
    expect(file.defaultProfile).toBe("dev");
    expect(file.layers.map(({ name }) => name)).toEqual(["person", "team", "machine"]);
    expect(await file.where(["profile", "dev", "region"])).toBe(`${own}:2:1`);
    expect(await file.where(["profile", "dev", "duration"])).toBe(`${team}:12:1`);
    expect([file.layerOf(["profile", "dev", "duration"]), file.layerOf(["profile", "dev", "region"])]).toEqual([
      "team",
      "person",
    ]);
    expect([file.fileOf(["profile", "shared", "role_arn"]), file.fileOf(["profile", "new", "role_arn"])]).toEqual([
      machine,
      own,
    ]);
  });

  it("are those of the machine where a person has none, and none where nobody has any", async () => {
    expect(await read()).toMatchObject({ exists: false, machinePath: machine, fixed: {} });
    await writeFile(machine, 'default_profile = "ci"\n[profile.ci]\n');
    const file = await read();
    expect(file).toMatchObject({ exists: true, path: own, defaultProfile: "ci" });
  });

  it("may name a provider and a default profile that a weaker file has", async () => {
    await write({ own: 'default_profile = "b"\n[profile.mine]\nidp = "acme"\n', team: `${acme}[profile.b]\n` });
    const file = await read();
    expect([file.defaultProfile, file.idps.get("acme")?.type]).toEqual(["b", "oidc"]);
  });

  it("may not name what only a stronger file has: a team's file has to hold together for everyone", async () => {
    await write({ own: acme, team: '[profile.x]\nidp = "acme"\n' });
    const error = await errorOf();
    expect(error.message).toContain(`${team}:2:1: profile.x.idp "acme" is neither`);
    expect(error.hint).toContain("delete the section [team]");
  });

  it("of a provider are all of one file, where that says its type: nothing of a weaker file gets in", async () => {
    await write({
      own: '[idp.acme]\ntype = "oidc"\nissuer = "https://mine.example"\nclient_id = "mine"\n',
      team: `${acme}audience = "https://aws.acme.com"\n`,
    });
    const file = await read();
    expect(Object.fromEntries(file.idps.get("acme")?.values ?? [])).toEqual({
      issuer: "https://mine.example",
      client_id: "mine",
    });
  });

  it("of a provider without a type are laid over those of a weaker file, key by key", async () => {
    await write({ own: '[idp.acme]\nscope = "openid"\naccount = "ann@acme.com"\n', team: acme });
    const file = await read();
    expect(Object.fromEntries(file.idps.get("acme")?.values ?? [])).toEqual({
      issuer: "https://id.acme.com",
      client_id: "team-client",
      scope: "openid",
      account: "ann@acme.com",
    });
  });

  it.each(["issuer", "client_id"])("never mix the %s of one file with a provider of another", async (key) => {
    await write({ own: `[idp.acme]\n${key} = "https://evil.example"\n`, team: acme });
    const error = await errorOf();
    expect([error.code, error.message]).toEqual([
      "settings_invalid",
      expect.stringContaining(`${own}:2:1: idp.acme.${key} stands without type`),
    ]);
  });

  it.each([
    ["idp", 'idp = "mine"'],
    ["source_profile", 'source_profile = "base"'],
    ["issuer", 'issuer = "https://mine.example"'],
    ["client_id", 'client_id = "mine"'],
  ])("of a profile that says whose sign-in it is by %s take nothing of a weaker file", async (_key, line) => {
    await write({
      own: `[idp.mine]\ntype = "oidc"\n[profile.base]\n[profile.dev]\n${line}\n`,
      team: '[profile.dev]\nsts_endpoint = "https://sts.evil.example"\n',
    });
    expect((await read()).profiles.get("dev")?.has("sts_endpoint")).toBe(false);
  });

  it.each([
    ["own", '[fixed]\nflow = "device"\n', "fixed is for the machine's settings file"],
    ["team", '[fixed]\nflow = "device"\n', "fixed is for the machine's settings file"],
    ["team", '[team]\nurl = "https://x.example"\n', "team is for a person's own settings file"],
    ["machine", '[team]\nurl = "https://x.example"\n', "team is for a person's own settings file"],
    ["own", "version = 3\n", "version is for a team's settings file"],
    ["machine", "version = 3\n", "version is for a team's settings file"],
    ["team", "version = -1\n", "version is the number -1, and must not be below 0"],
    ["machine", "[fixed]\nissuer = []\n", "did you mean issuers?"],
    ["machine", '[fixed]\nissuers = "https://id.acme.com"\n', "fixed.issuers"],
    ["machine", "[fixed]\nissuers = []\n", "must name an issuer"],
    ["machine", '[fixed]\nflow = "browse"\n', "did you mean browser?"],
    ["machine", '[fixed]\naccount_domains = ["ann@acme.com"]\n', "must be a domain such as acme.com"],
    ["machine", "fixed = 3\n", "must be a section: [fixed]"],
    ["own", '[team]\nurl = "http://acme.com/x"\nsha256 = "x"\n', "must be https"],
    ["own", '[team]\nurl = "https://acme.com/x"\n', "team.sha256 is missing"],
  ] as const)("with what is not for the file (%s: %j) are an error at its line", async (layer, text, words) => {
    await write({ [layer]: text });
    const error = await errorOf();
    expect([error.code, error.message]).toEqual(["settings_invalid", expect.stringContaining(words)]);
    expect(error.message).toContain({ own, team, machine }[layer]);
  });
});

describe("an endpoint in a team's file", () => {
  const mine = acme.replaceAll("team", "mine");
  const toElsewhere = `role_arn = "arn:aws:iam::123456789012:role/R"\nsts_endpoint = "https://sts.elsewhere.example"\n`;
  it("of STS gets no token of a person's own provider, which has the name of the team's or is named for the run", async () => {
    const refused =
      /team\.toml:\d+:1: profile\.x\.sts_endpoint would get the token of acme, a provider of the settings file$/;
    await write({ own: mine, team: `${acme}\n[profile.x]\nidp = "acme"\n${toElsewhere}` });
    expect(wordingOf(await failure(idpOf(), "settings_invalid")).message).toSatisfy(matches(refused));
    await write({ own: mine, team: `[profile.x]\n${toElsewhere}` });
    expect(wordingOf(await failure(idpOf({ idp: "acme" }), "settings_invalid")).message).toSatisfy(matches(refused));
  });

  it("of the console sign-in gets no credentials from a person's own provider, at the end of a role chain neither", async () => {
    const refused =
      /profile\.x\.federation_endpoint would get the credentials of acme, a provider of the settings file$/;
    const console =
      'role_arn = "arn:aws:iam::123456789012:role/R"\nfederation_endpoint = "https://elsewhere.example"\n';
    await write({ own: mine, team: `${acme}\n[profile.x]\nidp = "acme"\n${console}` });
    expect(wordingOf(await failure(idpOf(), "settings_invalid")).message).toSatisfy(matches(refused));
    const hub = '[profile.hub]\nidp = "acme"\nrole_arn = "arn:aws:iam::123456789012:role/Hub"\n';
    await write({ own: `${mine}\n${hub}`, team: `${acme}\n${hub}\n[profile.x]\nsource_profile = "hub"\n${console}` });
    expect(wordingOf(await failure(idpOf(), "settings_invalid")).message).toSatisfy(matches(refused));
  });

  it("of STS gets that of the team's, and a person's own endpoint, or a typed one, gets any", async () => {
    const text = `${acme}\n[profile.x]\nidp = "acme"\n${toElsewhere}`;
    await write({ team: text });
    expect((await idpOf()).name).toBe("acme");
    await write({ own: `${mine}\n[profile.x]\nsts_endpoint = "https://mine.example"\n`, team: text });
    expect((await idpOf()).name).toBe("acme");
    await write({ own: mine, team: text });
    expect((await idpOf({ "sts-endpoint": "https://typed.example" })).name).toBe("acme");
  });
});

/** The identity provider of the profile `x`. */
async function idpOf(flags: Readonly<Record<string, string>> = {}) {
  const input = { flags, env: {}, positionalProfile: "x", file: await read(), idps: [auth0, oidc], defaults: {} };
  return resolveIdp(await resolveProfile({ ...input, machine: fakeMachine() }));
}

/** In the words of a surface without any of its own. */
const matches = (pattern: RegExp) => (message: string | Words) => pattern.test(inWords(message, plainVocabulary));

describe("the team's file", () => {
  it("does not count without a section [team] that remembers it", async () => {
    await writeFile(team, "this is no TOML [");
    expect(await read()).toMatchObject({ exists: false });
  });

  it.each<[string, () => Promise<void>, string, string]>([
    ["has changed", () => writeFile(team, `${acme}# and more`), "settings_invalid", "has changed: its SHA-256 is"],
    ["is gone", () => rm(team), "settings_not_found", 'is not there; it came from "https://acme.com/tegata.toml"'],
    ["can be written to by others", () => chmod(team, 0o666), "storage_unsafe", "can be written to by others"],
    [
      "is a folder",
      () =>
        rm(team)
          .then(() => mkdir(team))
          .then(() => undefined),
      "settings_unreadable",
      "it is a folder",
    ],
  ])("that %s is an error with the way out", async (_what, change, code, words) => {
    await write({ team: acme });
    await change();
    const error = await errorOf();
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(words)]);
    expect(error.message).toContain(`the team's settings file ${team}`);
    expect(error.hint).toContain(`delete the section [team] of ${own}`);
  });

  it("that is no TOML, or larger than 1 MiB, is an error with the way out, under the right hash too", async () => {
    await write({ team: "[idp" });
    const { code, hint } = await errorOf();
    expect([code, hint]).toEqual(["settings_syntax", expect.stringContaining("[team]")]);
    await write({ team: `# ${"x".repeat(1_048_576)}` });
    expect((await errorOf()).message).toContain("larger than 1 MiB");
  });
});

describe("the machine's file", () => {
  it.each<[string, () => Promise<unknown>, string]>([
    [
      "can be written to by its group",
      () => chmod(machine, 0o664),
      "can be written to by others than the administrator (mode 0664)",
    ],
    [
      "can be written to by everybody",
      () => chmod(machine, 0o646),
      "can be written to by others than the administrator",
    ],
    [
      "is in a folder in which others can replace it",
      () => chmod(join(base, "etc"), 0o757),
      "others than the administrator can replace the machine's settings file",
    ],
    ["is a folder", () => rm(machine).then(() => mkdir(machine)), "it is a folder"],
    ["is no TOML", () => writeFile(machine, "flow browser"), "not TOML"],
    ["is larger than 1 MiB", () => writeFile(machine, `# ${"x".repeat(1_048_576)}`), "larger than 1 MiB"],
    ["is not UTF-8", () => writeFile(machine, new Uint8Array([0x23, 0xff])), "it is not UTF-8"],
    [
      "is a pipe, which nobody waits for",
      () => rm(machine).then(() => execFileSync("mkfifo", ["-m", "644", machine])),
      "it is no file",
    ],
  ])("that %s is an error that names it", async (_what, change, words) => {
    await write({ machine: "" });
    await change();
    const { message } = await errorOf();
    expect([message.includes(machine), message]).toEqual([true, expect.stringContaining(words)]);
  });

  it("of somebody else than the administrator is an error, and one of the administrator by a symbolic link is taken", async (context) => {
    await write({ machine: '[fixed]\nflow = "browser"\n' });
    const foreign = await errorOf({ machineFile: { path: machine, owner: uid + 1 } });
    expect([foreign.code, foreign.message]).toEqual([
      "storage_unsafe",
      `the machine's settings file ${machine} belongs to uid ${uid}, not to the administrator (uid ${uid + 1})`,
    ]);
    const link = join(base, "etc", "link.toml");
    await symlink(machine, link);
    expect((await read({ machineFile: { path: link, owner: uid } })).fixed).toEqual({ flow: "browser" });
    if (uid !== 0) {
      context.skip("only root can give a file away");
    }
    await chown(machine, 4242, 0);
    expect((await errorOf()).message).toContain("belongs to uid 4242, not to the administrator (uid 0)");
  });

  it("fixes what its section [fixed] says", async () => {
    await write({
      machine: `[fixed]
issuers = ["https://id.acme.com"]
flow = "browser"
token_store = "keyring"
account_domains = ["ACME.com"]
plugin_programs = false
`,
    });
    expect((await read()).fixed).toEqual({
      issuers: ["https://id.acme.com"],
      flow: "browser",
      token_store: "keyring",
      account_domains: ["acme.com"],
      plugin_programs: false,
    });
  });

  it("counts where no settings file of a person can be", async () => {
    await writeFile(machine, "[profile.ci]\n");
    expect([...(await read({ path: undefined })).profiles.keys()]).toEqual(["ci"]);
  });
});

it("five hundred profiles of a team are read, laid under those of a person, and located", async () => {
  const profiles = Array.from(
    { length: 500 },
    (_each, index) => `[profile.p${index}]\nidp = "acme"\nduration = "1h"\n`,
  );
  await write({ own: '[profile.p499]\nregion = "eu-west-1"\n', team: acme + profiles.join("\n") });
  const file = await read();
  expect([file.profiles.size, file.profiles.get("p499")?.get("duration")]).toEqual([500, "1h"]);
  expect(await file.where(["profile", "p0", "idp"])).toBe(`${team}:7:1`);
});
