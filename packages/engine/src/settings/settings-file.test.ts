import { chmod, chown, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TegataError } from "@tegata/core";
import { idpAuth0 as auth0 } from "@tegata/idp-auth0";
import { idpOidc as oidc } from "@tegata/idp-oidc";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSettingsFile, type SettingsFileInput } from "./settings-file.ts";

const uid = process.getuid?.();
const host = { platform: process.platform, uid };
let base: string;
let path: string;

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "tegata-settings-")));
  path = join(base, "tegata.toml");
});
afterEach(() => rm(base, { recursive: true, force: true }));

const read = (change: Partial<SettingsFileInput> = {}) =>
  readSettingsFile({ path, namedBy: undefined, idps: [auth0, oidc], host, ...change });
async function write(content: string | Uint8Array): Promise<void> {
  await writeFile(path, content);
  await chmod(path, 0o644);
}
async function errorOf(content: string | Uint8Array, change: Partial<SettingsFileInput> = {}): Promise<TegataError> {
  await write(content);
  return read(change).then(
    () => expect.unreachable("the file was taken"),
    (error: TegataError) => error,
  );
}

const good = `default_profile = "dev"

[idp.acme]
type = "auth0"
domain = "acme.eu.auth0.com"
client_id = "8TZ4"

[profile.dev]
idp = "acme"
role_arn = "arn:aws:iam::123456789012:role/Developer"
region = "eu-central-1"
duration = 3600
browser = false
scope = "openid email"

[profile.plain]
idp = "oidc"
issuer = "https://id.example"
`;

test("the file of the documentation is read, and each key knows its line", async () => {
  await write(good);
  const file = await read();
  expect(file.defaultProfile).toBe("dev");
  expect(file.idps.get("acme")).toEqual({
    type: "auth0",
    values: new Map([
      ["domain", "acme.eu.auth0.com"],
      ["client_id", "8TZ4"],
    ]),
  });
  expect([...file.profiles.keys()]).toEqual(["dev", "plain"]);
  expect(file.profiles.get("dev")?.get("browser")).toBe(false);
  expect(await file.where(["profile", "dev", "region"])).toBe(`${path}:11:1`);
  expect(await file.where(["profile", "dev"])).toBe(`${path}:8:1`);
  expect(await file.where(["profile", "dev", "nothing"])).toBe(path);
});

test("inline tables and dotted keys have lines too", async () => {
  await write(`idp.acme.type = "oidc"\nprofile = { dev = { region = "eu-central-1" } }\n`);
  const file = await read();
  expect(await file.where(["idp", "acme", "type"])).toBe(`${path}:1:1`);
  expect(await file.where(["profile", "dev", "region"])).toBe(`${path}:2:21`);
});

test("a missing file is empty settings, unless somebody named it: then it is settings_not_found", async () => {
  const file = await read();
  expect([file.exists, file.profiles.size, file.path]).toEqual([false, 0, path]);
  expect((await read({ path: undefined })).path).toBeUndefined();
  for (const [namedBy, name] of [
    ["flag", "config"],
    ["variable", "TEGATA_CONFIG"],
  ] as const) {
    await expect(read({ namedBy })).rejects.toMatchObject({
      code: "settings_not_found",
      message: `there is no settings file ${path} (named by ${name})`,
    });
  }
});

test("an empty file, /dev/null, a byte order mark and a link of a dotfile manager are accepted", async () => {
  await write("");
  expect((await read()).exists).toBe(true);
  expect((await read({ path: "/dev/null", namedBy: "flag" })).profiles.size).toBe(0);
  await write(`\ufeff${good.replaceAll("\n", "\r\n")}`);
  expect(await (await read()).where(["profile", "dev", "region"])).toBe(`${path}:11:1`);
  await symlink(path, join(base, "link.toml"));
  expect((await read({ path: join(base, "link.toml") })).profiles.size).toBe(2);
});

test("a settings file below a file, as with a home of /dev/null, counts as missing", async () => {
  await writeFile(join(base, "file"), "");
  await expect(read({ path: join(base, "file", "x") })).resolves.toMatchObject({ exists: false });
});

test("a folder, bytes that are not UTF-8, more than 1 MiB and /dev/zero are settings_unreadable", async () => {
  await mkdir(join(base, "folder"));
  await expect(read({ path: join(base, "folder") })).rejects.toMatchObject({
    code: "settings_unreadable",
    message: `the settings file ${join(base, "folder")} cannot be read: it is a folder`,
  });
  expect(await errorOf(new Uint8Array([0xff, 0xfe, 0x61, 0]))).toMatchObject({
    code: "settings_unreadable",
    hint: "save it as UTF-8",
  });
  expect(await errorOf("#".repeat(1_048_577))).toMatchObject({
    code: "settings_unreadable",
    message: expect.stringContaining("larger than 1 MiB") as unknown,
  });
  await expect(read({ path: "/dev/zero" })).rejects.toMatchObject({ code: "settings_unreadable" });
});

test.each(["0662", "0646", "0666"])("a file of mode %s, which others can write to, is refused", async (mode) => {
  await write(good);
  await chmod(path, mode);
  await expect(read()).rejects.toMatchObject({
    code: "storage_unsafe",
    message: `the settings file ${path} can be written to by others (mode ${mode})`,
    hint: expect.stringContaining(`chmod go-w ${path}`) as unknown,
  });
  expect((await read({ host: { platform: "win32", uid: undefined } })).exists).toBe(true);
});

test.skipIf(uid !== 0)("a file of root is trusted, and one of another user is refused (needs root)", async () => {
  await write(good);
  expect((await read({ host: { platform: "linux", uid: 4242 } })).exists).toBe(true);
  await chown(path, 4243, 4243);
  expect((await read({ host: { platform: "linux", uid: 4243 } })).exists).toBe(true);
  await expect(read({ host: { platform: "linux", uid: 4242 } })).rejects.toMatchObject({
    code: "storage_unsafe",
    message: expect.stringContaining("belongs to uid 4243") as unknown,
  });
});

test("a syntax error has its line, and quotes nothing of the file", async () => {
  const error = await errorOf(`[idp.acme]\ntype = "auth0"\nclient_secret = hunter2\n`);
  expect(error).toMatchObject({ code: "settings_syntax", details: { line: 3, column: 17 } });
  expect(error.message).toBe(`${path}:3:17: not TOML: invalid value`);
  expect(error.message).not.toContain("hunter2");
  expect((await errorOf(`a = 1\na = 2\n`)).message).toContain(`${path}:2:`);
  expect((await errorOf(`[profile.__proto__]\n`)).code).toBe("settings_syntax");
  expect((await errorOf(`a = ${"[".repeat(100_000)}`)).code).toBe("settings_syntax");
});

test.each<[string, string, string | RegExp]>([
  [
    "a misspelt key",
    `[profile.dev]\nrole_anr = "x"`,
    `:2:1: profile.dev.role_anr is not a key of [profile.NAME]; did you mean role_arn?`,
  ],
  [
    "a key that resembles nothing",
    `[profile.dev]\ncolour = "x"`,
    /:2:1: profile\.dev\.colour is not a key of \[profile\.NAME\] \(known: idp, role_arn, /,
  ],
  [
    "a misspelt section",
    `[profiles.dev]\nregion = "x"`,
    `:1:1: profiles is not a section of a settings file: write [profile.dev]`,
  ],
  ["a key outside of a section", `region = "eu-central-1"`, `:1:1: region must be in a section: [profile.NAME]`],
  [
    "a section without a name",
    `[profile]\nregion = "eu-central-1"`,
    `:2:1: profile.region must be in a section with a name: [profile.NAME]`,
  ],
  [
    "a section that is a list",
    `[[profile]]\nregion = "eu-central-1"`,
    `:1:1: profile must be sections: [profile.NAME]`,
  ],
  [
    "a misspelt type",
    `[idp.acme]\ntype = "aut0"`,
    `:2:1: idp.acme.type "aut0" is not an identity provider plugin; did you mean auth0? (known: auth0, oidc)`,
  ],
  ["no type", `[idp.acme]\ndomain = "x.example"`, `:1:1: idp.acme lacks the key type (one of auth0, oidc)`],
  [
    "a role in an IdP",
    `[idp.acme]\ntype = "oidc"\nrole_arn = "x"`,
    `:3:1: idp.acme.role_arn does not belong into [idp.NAME]: move it to [profile.NAME]`,
  ],
  [
    "another plugin's key",
    `[idp.acme]\ntype = "oidc"\ndomain = "x"`,
    `:3:1: idp.acme.domain is a setting of auth0, not of oidc`,
  ],
  [
    "another plugin's key in a profile",
    `[idp.acme]\ntype = "oidc"\n[profile.dev]\nidp = "acme"\ndomain = "x"`,
    `:5:1: profile.dev.domain is a setting of auth0, not of oidc`,
  ],
  [
    "a flag in the file",
    `[profile.dev]\nfresh = true`,
    `:2:1: profile.dev.fresh is not allowed in a settings file: it is a flag (--fresh) or a variable (TEGATA_FRESH)`,
  ],
  [
    "an unknown IdP",
    `[idp.acme]\ntype = "oidc"\n[profile.dev]\nidp = "amce"`,
    `:4:1: profile.dev.idp "amce" is neither a section [idp.NAME] nor a plugin; did you mean acme? (known: acme, auth0, oidc)`,
  ],
  [
    "an unknown default profile",
    `default_profile = "prod"\n[profile.prd]\nidp = "oidc"`,
    `:1:1: default_profile "prod" is not a section [profile.NAME]; did you mean prd? (known: prd)`,
  ],
  [
    "a default profile of no kind",
    `default_profile = 5`,
    `:1:1: default_profile is the number 5, not the name of a section [profile.NAME] (there is none)`,
  ],
  [
    "a bad region",
    `[profile.dev]\nregion = "eu-central-1a"`,
    `:2:1: profile.dev.region "eu-central-1a" is an availability zone: its region is eu-central-1`,
  ],
  ["a bad duration", `[profile.dev]\nduration = 60`, /:2:1: profile\.dev\.duration is 60 seconds/],
  ["text for a boolean", `[profile.dev]\nbrowser = "yes"`, `:2:1: profile.dev.browser "yes" must be true or false`],
  [
    "a word that is not one of a few",
    `[profile.dev]\nprompt = "allways"`,
    `:2:1: profile.dev.prompt "allways" must be one of auto, always, never, tty; did you mean always?`,
  ],
  [
    "a number for text",
    `[idp.acme]\ntype = "oidc"\naudience = 5`,
    `:3:1: idp.acme.audience is the number 5, and must be text`,
  ],
  ["nothing for text", `[idp.acme]\ntype = "oidc"\naudience = ""`, `:3:1: idp.acme.audience "" must not be empty`],
  [
    "a date for an idp",
    `[profile.dev]\nidp = 2026-01-01`,
    `:2:1: profile.dev.idp is the date 2026-01-01, and must be a name`,
  ],
  [
    "plain http",
    `[profile.dev]\nsts_endpoint = "http://sts.example"`,
    /:2:1: profile\.dev\.sts_endpoint "http:\/\/sts\.example" must be https/,
  ],
  [
    "a name with a quote and a control character",
    `[profile."a\\u001b\\"b"]\ncolour = 1`,
    /:2:1: profile\."a\\u001b\\"b"\.colour is not a key/,
  ],
])("%s is an error with its line", async (_what, content, expected) => {
  const error = await errorOf(content);
  expect(error.code).toBe("settings_invalid");
  const message = error.message.replace(path, "");
  expect(typeof expected === "string" ? message : expected.test(message)).toBe(
    typeof expected === "string" ? expected : true,
  );
});

test("all problems are told at once, in the order of their lines", async () => {
  const error = await errorOf(
    `[profile.dev]\nrole_anr = "x"\nregion = "nowhere"\n\n[idp.acme]\ntype = "okta"\n\n[profile.b]\nidp = "amce"\n`,
  );
  expect(error.details).toMatchObject({ problems: 4, line: 2 });
  expect(error.message.split("\n").map((line) => line.replace(path, "").trim().slice(0, 23))).toEqual([
    "the settings file has 4",
    ":2:1: profile.dev.role_",
    ":3:1: profile.dev.regio",
    ':6:1: idp.acme.type "ok',
    ':9:1: profile.b.idp "am',
  ]);
});

test("a credential in a URL is not shown", async () => {
  const error = await errorOf(`[profile.dev]\nsts_endpoint = "https://ann:hunter2@sts.example"`);
  expect(error.code).toBe("settings_invalid");
  expect(error.message).not.toContain("hunter2");
});

test.skipIf(uid === 0)("a file without permissions is settings_unreadable (root may do everything)", async () => {
  await write(good);
  await chmod(path, 0o000);
  await expect(read()).rejects.toMatchObject({
    code: "settings_unreadable",
    message: `the settings file ${path} cannot be read: permission denied (EACCES)`,
  });
});
