import { chmod, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineIdp, type ErrorCode, TegataError } from "@tegata/core";
import { idpAuth0 as auth0 } from "@tegata/idp-auth0";
import { idpOidc as oidc } from "@tegata/idp-oidc";
import { failure, fakeMachine } from "@tegata/testkit";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { resolveAsking } from "./resolve-asking.ts";
import { resolveIdp } from "./resolve-idp.ts";
import { resolveProfile } from "./resolve-profile.ts";
import { resolveRole } from "./resolve-role.ts";
import { emptySettings, readSettingsFile, type SettingsFile } from "./settings-file.ts";
import type { SettingsInput } from "./setting-sources.ts";

/** What is said where there is no settings file. */
function nowhere(place: string | undefined): string {
  const where = place === undefined ? "no home folder is known to look in" : `${place} is not there`;
  return `there is no settings file (none is named, and ${where})`;
}

const roleArn = "arn:aws:iam::123456789012:role/Developer";
const odd = defineIdp({
  kind: "interactive",
  id: "odd",
  summary: "for tests",
  settings: v.strictObject({
    loud: v.optional(v.boolean(), false),
    tries: v.optional(v.number(), 3),
    odd_secret: v.optional(
      v.pipe(
        v.string(),
        v.check(() => false, "must be right"),
      ),
    ),
  }),
  expectations: () => ({ issuer: "https://odd.example", audience: "x" }),
  acquire: () => Promise.reject(new TegataError("internal", "not here")),
});
/** Found where a variable says so. */
const here = defineIdp({
  kind: "workload",
  id: "here",
  summary: "a place for tests",
  settings: v.strictObject({ audience: v.optional(v.string(), "sts.amazonaws.com") }),
  find: async ({ audience }, machine) => {
    const job = machine.variable("JOB");
    return job === undefined
      ? undefined
      : {
          platform: "here",
          fingerprint: `${job} ${audience}`,
          acquire: () => Promise.reject(new TegataError("internal", "not here")),
        };
  },
});
const idps = [auth0, oidc, odd, here];

let base: string;
let path: string;
let file: SettingsFile;

beforeAll(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "tegata-resolve-")));
  path = join(base, "tegata.toml");
  file = await fileOf(`[idp.acme]
type = "auth0"
domain = "acme.eu.auth0.com"
client_id = "of-idp"

[idp.bare]
type = "oidc"

[profile.dev]
idp = "acme"
role_arn = "${roleArn}"
region = "eu-central-1"
duration = "4h"
client_id = "of-profile"
browser = false
use_fips_endpoint = false

[profile.china]
idp = "acme"
role_arn = "arn:aws-cn:iam::123456789012:role/Developer"

[profile.loose]
role_arn = "${roleArn}"
`);
});
afterAll(() => rm(base, { recursive: true, force: true }));

async function fileOf(content: string): Promise<SettingsFile> {
  await writeFile(path, content);
  await chmod(path, 0o600);
  return readSettingsFile({
    path,
    namedBy: undefined,
    idps,
    host: { platform: process.platform, uid: process.getuid?.() },
  });
}
type Flags = Record<string, unknown>;
type Env = Record<string, string>;
const input = (flags: Flags = {}, env: Env = {}, change: Partial<SettingsInput> = {}): SettingsInput => ({
  flags,
  env,
  positionalProfile: undefined,
  file,
  idps,
  machine: fakeMachine(),
  defaults: {},
  ...change,
});
const none = () => ({ file: emptySettings(path) });
const idpOf = async (...args: Parameters<typeof input>) => resolveIdp(await resolveProfile(input(...args)));
const roleOf = async (...args: Parameters<typeof input>) => resolveRole(await resolveProfile(input(...args)));
const profileNameOf = async (...args: Parameters<typeof input>) => (await resolveProfile(input(...args))).name;
const regionOf = async (...args: Parameters<typeof input>) => (await roleOf(...args)).region;
const askingOf = async (...args: Parameters<typeof input>) => resolveAsking(await resolveProfile(input(...args)));
const idpNameOf = async (...args: Parameters<typeof input>) => {
  const idp = await idpOf(...args);
  return idp.kind === "interactive" ? [idp.name, idp.plugin.id] : [idp.name, idp.identity.fingerprint];
};

const inJob = (change: Partial<SettingsInput> = {}) => ({
  ...none(),
  machine: fakeMachine({ variables: { JOB: "42" } }),
  ...change,
});

describe("the platform that the process runs on", () => {
  test("is used where nothing names an identity provider", async () => {
    expect(await idpNameOf({}, {}, inJob())).toEqual(["here", "42 sts.amazonaws.com"]);
    expect(await idpNameOf({ audience: "mine" }, {}, inJob())).toEqual(["here", "42 mine"]);
  });

  test("comes after an identity provider that is named", async () => {
    expect(await idpNameOf({ domain: "acme.example", "client-id": "x" }, {}, inJob())).toEqual(["auth0", "auth0"]);
    expect(await idpNameOf({ profile: "dev" }, {}, inJob({ file }))).toEqual(["acme", "auth0"]);
  });

  test("is an error when it is named and is not there", async () => {
    const error = await failure(idpOf({ idp: "here" }, {}, none()), "workload_not_found");
    expect(error.message).toBe("there is no token here for the identity provider here (a place for tests)");
  });

  test("may have no token where nothing is named either: the error says what to name", async () => {
    expect(await failure(idpOf({}, {}, none()), "settings_incomplete")).toMatchObject({
      message: `no identity provider is named, and ${nowhere(path)}`,
      hint: expect.stringMatching(/domain .*; for the token of a job or a pod, idp here$/) as unknown,
    });
  });
});

test("a profile is named by --profile, then the argument, then TEGATA_PROFILE, then default_profile, and the only one needs no name", async () => {
  expect(await profileNameOf({ profile: "dev" }, { TEGATA_PROFILE: "china" })).toBe("dev");
  expect(await profileNameOf({}, { TEGATA_PROFILE: "china" })).toBe("china");
  expect(await profileNameOf({}, { TEGATA_PROFILE: "china" }, { positionalProfile: "dev" })).toBe("dev");
  expect(await profileNameOf({ profile: "dev" }, {}, { positionalProfile: "dev" })).toBe("dev");
  expect(await profileNameOf({}, { TEGATA_PROFILE: "" })).toBeUndefined();
  expect(await profileNameOf({}, {}, { file: { ...file, defaultProfile: "china" } })).toBe("china");
  const only = new Map([...file.profiles].slice(0, 1));
  expect(await profileNameOf({}, {}, { file: { ...file, profiles: only } })).toBe("dev");
  expect(await profileNameOf({}, {}, none())).toBeUndefined();
});

test.each<[Flags, Env, Partial<SettingsInput>, string]>([
  [
    {},
    {},
    { positionalProfile: "dve" },
    `the profile "dve" is not a section [profile.NAME] in FILE; did you mean dev? (known: dev, china, loose)`,
  ],
  [
    {},
    { TEGATA_PROFILE: "prod" },
    {},
    `TEGATA_PROFILE "prod" is not a section [profile.NAME] in FILE (known: dev, china, loose)`,
  ],
  [
    { profile: "dev" },
    {},
    { file: emptySettings(undefined) },
    `the profile "dev" is not a section [profile.NAME]: ${nowhere(undefined)}`,
  ],
  [{ profile: ["a", "b"] }, {}, {}, `profile is given more than once`],
])("a profile that does not exist, or is given twice, is refused: %o %o %#", async (flags, env, change, message) => {
  const error = await resolveProfile(input(flags, env, change)).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "usage_invalid", message: message.replace(/\bFILE\b/, path) });
});

test("the order is flag, TEGATA_ variable, profile, identity provider's section, AWS variable, default", async () => {
  const asked = async (...args: Parameters<typeof input>) => (await idpOf(...args)).settings["client_id"];
  const dev = { profile: "dev" };
  expect(await asked({ ...dev, "client-id": "of-flag" }, { TEGATA_CLIENT_ID: "of-variable" })).toBe("of-flag");
  expect(await asked(dev, { TEGATA_CLIENT_ID: "of-variable" })).toBe("of-variable");
  expect(await asked(dev)).toBe("of-profile");
  expect(await asked({ profile: "china" })).toBe("of-idp");
  expect((await idpOf(dev)).settings["scope"]).toBe("openid email offline_access");

  const aws = { AWS_REGION: "eu-west-1", AWS_DEFAULT_REGION: "eu-west-2" };
  expect(await regionOf({ ...dev, region: "eu-west-3" }, { ...aws, TEGATA_REGION: "eu-north-1" })).toBe("eu-west-3");
  expect(await regionOf(dev, { ...aws, TEGATA_REGION: "eu-north-1" })).toBe("eu-north-1");
  expect(await regionOf(dev, aws)).toBe("eu-central-1");
  expect(await regionOf({ profile: "loose" }, aws)).toBe("eu-west-1");
  expect(await regionOf({ profile: "loose" }, { AWS_REGION: "", AWS_DEFAULT_REGION: "eu-west-2" })).toBe("eu-west-2");
  expect(await regionOf({ profile: "loose" })).toBe("us-east-1");
  expect(await regionOf({ profile: "china" })).toBe("cn-northwest-1");
});

test("a role is what flags, variables and file say together", async () => {
  const { steps, ...rest } = await roleOf(
    { profile: "dev" },
    { AWS_ROLE_ARN: "nonsense", AWS_ROLE_SESSION_NAME: "ann", AWS_USE_FIPS_ENDPOINT: "true" },
  );
  expect(rest).toEqual({
    role: { arn: roleArn, partition: "aws", accountId: "123456789012", roleName: "Developer" },
    region: "eu-central-1",
    federationEndpoint: undefined,
    dependsOnFile: false,
  });
  expect(steps.map(({ identity }) => identity)).toEqual([
    {
      step: "web-identity",
      roleArn,
      roleSessionName: "ann",
      durationSeconds: 14_400,
      region: "eu-central-1",
      stsEndpoint: undefined,
      useFipsEndpoint: false,
      useDualstackEndpoint: false,
    },
  ]);
  const env = {
    AWS_ROLE_ARN: roleArn,
    AWS_ENDPOINT_URL: "http://127.0.0.1:4566",
    AWS_ENDPOINT_URL_STS: "https://sts.example",
  };
  expect(await roleOf({ "federation-endpoint": "https://c.example" }, env, none())).toMatchObject({
    federationEndpoint: "https://c.example",
    steps: [{ identity: { stsEndpoint: "https://sts.example", durationSeconds: 3600 } }],
  });
  const dualstack = await roleOf(
    { profile: "loose" },
    { AWS_USE_DUALSTACK_ENDPOINT: "TRUE", TEGATA_USE_FIPS_ENDPOINT: "Yes" },
  );
  expect(dualstack.steps[0].identity).toMatchObject({ useFipsEndpoint: true, useDualstackEndpoint: true });
});

test.each<[string, Flags, Env, string, string | RegExp]>([
  ["flag", { region: "frankfurt" }, {}, "usage_invalid", /^region "frankfurt" is not an AWS region/],
  ["flag without a value", { region: "" }, {}, "usage_invalid", /^region "" is not an AWS region/],
  ["flag given twice", { region: ["a", "b"] }, {}, "usage_invalid", "region is given more than once"],
  ["variable", {}, { TEGATA_DURATION: "5" }, "usage_invalid", /^TEGATA_DURATION "5" is 5 seconds/],
  ["AWS variable", {}, { AWS_REGION: "here" }, "usage_invalid", /^AWS_REGION "here" is not an AWS region/],
  [
    "boolean",
    {},
    { AWS_USE_FIPS_ENDPOINT: "maybe" },
    "usage_invalid",
    `AWS_USE_FIPS_ENDPOINT "maybe" must be 1, true, yes, 0, false or no`,
  ],
  ["session name", { "role-session-name": "a b" }, {}, "usage_invalid", /^role_session_name "a b" must be 2 to 64/],
  [
    "endpoint in the open",
    { "sts-endpoint": "http://sts.example" },
    {},
    "usage_invalid",
    /^sts_endpoint "http:\/\/sts.example" must be https/,
  ],
  ["role", {}, { TEGATA_ROLE_ARN: "Developer" }, "usage_invalid", /^TEGATA_ROLE_ARN "Developer" is not an ARN/],
  [
    "region of another partition",
    { region: "cn-north-1" },
    {},
    "usage_invalid",
    new RegExp(
      `^region "cn-north-1" is of the partition aws-cn, but ${roleArn} is of aws: .*\\(the role is from .*tegata\\.toml:23:1: profile\\.loose\\.role_arn\\)$`,
    ),
  ],
  [
    "FIPS at an endpoint of one's own",
    { "sts-endpoint": "https://sts.example", "use-fips-endpoint": true },
    {},
    "usage_invalid",
    /^use_fips_endpoint and sts_endpoint exclude each other/,
  ],
  [
    "dual-stack at an endpoint of one's own",
    {},
    { AWS_USE_DUALSTACK_ENDPOINT: "1", AWS_ENDPOINT_URL: "https://x.example" },
    "usage_invalid",
    /^AWS_USE_DUALSTACK_ENDPOINT and AWS_ENDPOINT_URL exclude/,
  ],
  [
    "role of a look-alike without its endpoint",
    { "role-arn": "arn:minio:iam:::role/abc" },
    {},
    "settings_incomplete",
    /^arn:minio:iam:::role\/abc is a role that AWS's own STS does not know/,
  ],
])("a bad %s is refused, and the error says where it is from", async (_what, flags, env, code, message) => {
  const error = await roleOf({ profile: "loose", ...flags }, env).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) as unknown });
});

test("a region of the file in another partition than the role's is the file's error", async () => {
  const arn = "arn:aws-cn:iam::123456789012:role/Developer";
  await expect(roleOf({ profile: "dev", "role-arn": arn })).rejects.toMatchObject({
    code: "settings_invalid",
    message: expect.stringMatching(
      /tegata\.toml:12:1: profile\.dev\.region "eu-central-1" is of .*\(the role is from role_arn\)$/,
    ) as unknown,
  });
});

test("a missing role is an error that says where to name one", async () => {
  await expect(roleOf({}, {}, none())).rejects.toMatchObject({
    code: "settings_incomplete",
    message: `no role is named: role_arn is not set, and ${nowhere(path)}`,
    hint: `pass role_arn ARN, or set role_arn in a section [profile.NAME] of ${path}`,
  });
  await expect(roleOf()).rejects.toMatchObject({ hint: "pass role_arn ARN, or name a profile (dev, china, loose)" });
  await expect(roleOf({}, {}, { file: emptySettings(undefined) })).rejects.toMatchObject({
    hint: "pass role_arn ARN",
  });
});

test("the identity provider is the one that is named, or else the one that the settings imply", async () => {
  const client = { "client-id": "x" };
  expect(await idpNameOf({ profile: "dev" })).toEqual(["acme", "auth0"]);
  expect(await idpNameOf({ idp: "acme" })).toEqual(["acme", "auth0"]);
  expect(await idpNameOf({ idp: "oidc", issuer: "https://i.example", ...client })).toEqual(["oidc", "oidc"]);
  expect(await idpNameOf({ domain: "a.example", ...client }, {}, none())).toEqual(["auth0", "auth0"]);
  expect(await idpNameOf({ issuer: "https://i.example", ...client }, {}, none())).toEqual(["oidc", "oidc"]);
  expect(await idpNameOf(client, { TEGATA_ISSUER: "https://i.example" }, none())).toEqual(["oidc", "oidc"]);
  expect(await idpNameOf({ ...client, domain: "a.example" }, { TEGATA_ISSUER: "https://i.example" }, none())).toEqual([
    "auth0",
    "auth0",
  ]);
});

test("a profile's settings do not go to an identity provider that a flag names instead", async () => {
  await expect(idpOf({ profile: "dev", idp: "bare", issuer: "https://i.example" })).rejects.toMatchObject({
    code: "settings_incomplete",
    message: "the identity provider bare (oidc) lacks client_id",
    hint: `pass client_id CLIENT_ID, or set client_id in [idp.bare] of ${path}`,
  });
});

test.each<[string, Flags, Env, Partial<SettingsInput>, string, RegExp]>([
  [
    "no IdP",
    {},
    {},
    { file: emptySettings(undefined) },
    "settings_incomplete",
    /^no identity provider is named, and there is no settings file \(none is named/,
  ],
  ["no profile", {}, {}, {}, "settings_incomplete", /^neither a profile nor an identity provider is named$/],
  [
    "a misspelt IdP",
    { idp: "amce" },
    {},
    {},
    "usage_invalid",
    /^idp "amce" is neither .*; did you mean acme\? \(known: acme, bare, auth0, oidc, odd, here\)$/,
  ],
  ["a misspelt IdP in a variable", {}, { TEGATA_IDP: "ocid" }, {}, "usage_invalid", /^TEGATA_IDP "ocid" is neither/],
  [
    "two that are implied",
    { domain: "a.example", issuer: "https://i.example" },
    {},
    { file: emptySettings(undefined) },
    "usage_invalid",
    /^domain means the identity provider auth0, issuer means oidc$/,
  ],
  [
    "another IdP's flag",
    { idp: "acme", issuer: "https://i.example" },
    {},
    {},
    "usage_invalid",
    /^issuer is not a setting of the identity provider auth0$/,
  ],
  [
    "everything missing",
    { idp: "auth0" },
    {},
    {},
    "settings_incomplete",
    /^the identity provider auth0 lacks domain and client_id$/,
  ],
  ["a bad flag", { idp: "acme", domain: "a b" }, {}, {}, "usage_invalid", /^domain "a b" must be a host name/],
  [
    "a bad variable",
    { idp: "acme" },
    { TEGATA_SCOPE: "email" },
    {},
    "usage_invalid",
    /^TEGATA_SCOPE "email" must hold openid/,
  ],
  [
    "a bad secret",
    { idp: "odd", "odd-secret": "hunter2" },
    {},
    {},
    "usage_invalid",
    /^odd_secret the value must be right$/,
  ],
  ["a bad number", { idp: "odd", tries: "many" }, {}, {}, "usage_invalid", /^tries "many" must be a number$/],
])("%s is an error that says what to change", async (_what, flags, env, change, code, message) => {
  const error = await idpOf(flags, env, change).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code,
    message: expect.stringMatching(message) as unknown,
    hint: expect.any(String) as unknown,
  });
});

test("a variable for another identity provider is ignored", async () => {
  expect((await idpOf({ profile: "dev" }, { TEGATA_ISSUER: "https://i.example" })).name).toBe("acme");
});

test("a plugin's booleans and numbers are read as such from flags and variables", async () => {
  expect((await idpOf({ idp: "odd", loud: true }, { TEGATA_TRIES: "5" })).settings).toEqual({ loud: true, tries: 5 });
  expect((await idpOf({ idp: "odd" }, { TEGATA_LOUD: "YES" })).settings).toEqual({ loud: true, tries: 3 });
});

test("prompt and browser come from flag, variable and profile", async () => {
  expect(await askingOf({ profile: "dev" })).toEqual({ prompt: undefined, browser: false });
  expect(await askingOf({ profile: "dev", browser: true }, { TEGATA_PROMPT: "tty" })).toEqual({
    prompt: "tty",
    browser: true,
  });
  await expect(askingOf({ prompt: "nevr" })).rejects.toMatchObject({
    code: "usage_invalid",
    message: `prompt "nevr" must be one of auto, always, never, tty; did you mean never?`,
  });
});

describe("a default of the program", () => {
  const defaults = { idp: "auth0", domain: "ours.example", client_id: "ours", region: "eu-west-3", role_arn: roleArn };

  test("stands in where nothing else is said", async () => {
    const idp = await idpOf({}, {}, { ...none(), defaults });
    expect([idp.name, idp.settings]).toEqual([
      "auth0",
      { domain: "ours.example", client_id: "ours", scope: "openid email offline_access" },
    ]);
    expect((await roleOf({}, {}, { ...none(), defaults })).region).toBe("eu-west-3");
  });

  test("comes after a flag, a variable, the file and AWS's own variable", async () => {
    expect(await regionOf({ region: "eu-west-1" }, {}, { ...none(), defaults })).toBe("eu-west-1");
    expect(await regionOf({}, { TEGATA_REGION: "eu-west-1" }, { ...none(), defaults })).toBe("eu-west-1");
    expect(await regionOf({}, { AWS_REGION: "eu-west-1" }, { ...none(), defaults })).toBe("eu-west-1");
    const { settings } = await idpOf({ profile: "dev" }, {}, { defaults });
    expect(settings).toMatchObject({ domain: "acme.eu.auth0.com" });
  });

  test("comes after the identity provider that another setting implies", async () => {
    const idp = await idpOf({ issuer: "https://idp.example" }, {}, { ...none(), defaults });
    expect([idp.name, idp.settings]).toMatchObject(["oidc", { issuer: "https://idp.example", client_id: "ours" }]);
  });

  test("is named in the error when it contradicts another setting", async () => {
    const role = { "role-arn": "arn:aws-cn:iam::123456789012:role/Developer" };
    const error = await failure(roleOf(role, {}, { ...none(), defaults }), "settings_invalid");
    expect(error.message).toMatch(/^the default region /);
    expect(error.hint).toBe(`set another value in ${path}`);
  });
});

describe("who is to sign in, and how", () => {
  const client = { issuer: "https://idp.example", "client-id": "x" };
  const wantedOf = async (flags: Flags, env: Env = {}, change: Partial<SettingsInput> = none()) => {
    const idp = await idpOf({ ...client, ...flags }, env, change);
    return idp.kind === "interactive" ? { wanted: idp.wanted, flows: idp.flows } : undefined;
  };

  test("is nobody in particular, where nothing says it", async () => {
    expect(await wantedOf({})).toEqual({ wanted: {}, flows: undefined });
  });

  test("is read as people write it, and a flag outdoes a variable", async () => {
    const env = { TEGATA_ACCOUNT: "bob", TEGATA_MAX_AGE: "90m", TEGATA_ACR_VALUES: "mfa phr" };
    expect(await wantedOf({ account: " ann ", "idp-prompt": "login consent" }, env)).toEqual({
      wanted: { account: "ann", maxAgeSeconds: 5400, acrValues: ["mfa", "phr"], prompt: ["login", "consent"] },
      flows: ["browser"],
    });
  });

  test("comes from the profile before the section of the identity provider", async () => {
    const inFile = await fileOf(
      `[idp.o]\ntype = "oidc"\nissuer = "https://idp.example"\nclient_id = "x"\naccount = "ann"\nmax_age = 60\n[profile.one]\nidp = "o"\n[profile.two]\nidp = "o"\naccount = "bob"\n`,
    );
    const of = async (name: string) => {
      const idp = await idpOf({}, {}, { file: inFile, positionalProfile: name });
      return idp.kind === "interactive" ? idp.wanted : undefined;
    };
    expect(await of("one")).toEqual({ account: "ann", maxAgeSeconds: 60 });
    expect(await of("two")).toEqual({ account: "bob", maxAgeSeconds: 60 });
  });

  test("leaves of the flow auto what can carry it", async () => {
    const change = { ...none(), flowsHere: () => ["device", "browser"] as const };
    expect(await wantedOf({ flow: "auto", "max-age": "1h" }, {}, change)).toMatchObject({ flows: ["browser"] });
    expect(await wantedOf({ flow: "auto", account: "ann" }, {}, change)).toMatchObject({
      flows: ["device", "browser"],
    });
  });

  test("is refused where no flow can ask for it", async () => {
    const byDevice = await failure(wantedOf({ flow: "device", "acr-values": "mfa" }), "usage_invalid");
    expect(byDevice.message).toContain("acr_values needs flow browser: the device grant cannot ask for it");
    const without = await failure(idpOf({ idp: "odd", "max-age": "1h" }, {}, none()), "usage_invalid");
    expect(without.message).toContain("needs the flow browser, which the identity provider odd does not have");
  });

  describe("of a client that signs in by itself", () => {
    const ofClient = `type = "oidc"\nissuer = "https://idp.example"\nclient_id = "x"\nclient_secret_variable = "S"\n`;
    const of = async (toml: string, flags: Flags = {}, env: Env = {}) =>
      idpOf(flags, env, { file: await fileOf(toml), positionalProfile: "p" });

    test("is let be in a section that people share, where a flag, a variable or a profile chooses the flow", async () => {
      const shared = `[idp.o]\n${ofClient}account = "ann"\nmax_age = 60\n[profile.p]\nidp = "o"\n`;
      expect(await of(`${shared}flow = "client-credentials"`)).toMatchObject({ kind: "workload" });
      expect(await of(shared, { flow: "client-credentials" })).toMatchObject({ kind: "workload" });
      expect(await of(shared, {}, { TEGATA_FLOW: "client-credentials" })).toMatchObject({ kind: "workload" });
      expect(await of(shared, { flow: "browser" })).toMatchObject({ wanted: { account: "ann", maxAgeSeconds: 60 } });
    });

    test.each<[string, string, Flags, Env, ErrorCode, string]>([
      [
        "the section that says the flow",
        `[idp.o]\n${ofClient}flow = "client-credentials"\naccount = "ann"\n[profile.p]\nidp = "o"`,
        {},
        {},
        "settings_invalid",
        "idp.o.account",
      ],
      [
        "the profile that says the flow",
        `[idp.o]\n${ofClient}[profile.p]\nidp = "o"\nflow = "client-credentials"\nacr_values = "mfa"`,
        {},
        {},
        "settings_invalid",
        "profile.p.acr_values",
      ],
      [
        "a profile of such a section",
        `[idp.o]\n${ofClient}flow = "client-credentials"\n[profile.p]\nidp = "o"\nmax_age = 30`,
        {},
        {},
        "settings_invalid",
        "profile.p.max_age",
      ],
      [
        "a variable",
        `[idp.o]\n${ofClient}flow = "client-credentials"\n[profile.p]\nidp = "o"`,
        {},
        { TEGATA_ACCOUNT: "bob" },
        "usage_invalid",
        "TEGATA_ACCOUNT",
      ],
      [
        "a flag",
        `[idp.o]\n${ofClient}[profile.p]\nidp = "o"`,
        { flow: "client-credentials", "idp-prompt": "login" },
        {},
        "usage_invalid",
        "idp_prompt",
      ],
    ])("is refused in %s", async (_where, toml, flags, env, code, origin) => {
      const { message } = await failure(of(toml, flags, env), code);
      expect(message).toContain(origin);
      expect(message).toContain('is for a person who signs in, and the client "x" asks nobody');
    });
  });

  test.each<[string, string, Env, ErrorCode, string]>([
    [
      "the section",
      `[idp.w]\ntype = "here"\naccount = "ann"\n[profile.p]\nidp = "w"`,
      {},
      "settings_invalid",
      "idp.w.account",
    ],
    [
      "the section, as a flow",
      `[idp.w]\ntype = "here"\nflow = "browser"\n[profile.p]\nidp = "w"`,
      {},
      "settings_invalid",
      "idp.w.flow",
    ],
    ["the profile", `[profile.p]\nidp = "here"\nmax_age = 5`, {}, "settings_invalid", "profile.p.max_age"],
    ["a variable", `[profile.p]\nidp = "here"`, { TEGATA_ACR_VALUES: "mfa" }, "usage_invalid", "TEGATA_ACR_VALUES"],
  ])("is refused in %s of a workload", async (_where, toml, env, code, origin) => {
    const { message } = await failure(
      idpOf({}, env, { ...inJob(), file: await fileOf(toml), positionalProfile: "p" }),
      code,
    );
    expect(message).toContain(origin);
    expect(message).toContain("is for a person who signs in, and here asks nobody");
  });

  test("of a flow, in a variable, is let be beside a workload: it is a wish for all profiles", async () => {
    expect(await idpOf({ idp: "here" }, { TEGATA_FLOW: "device" }, inJob())).toMatchObject({ kind: "workload" });
  });

  test("is refused as a flag where nobody signs in", async () => {
    const { message } = await failure(idpOf({ idp: "here", account: "ann" }, {}, inJob()), "usage_invalid");
    expect(message).toContain("account is for a person who signs in");
  });
});
