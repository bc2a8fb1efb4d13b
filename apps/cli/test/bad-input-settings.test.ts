import { chmod, chown, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expectRefusal, keepingFiles, type Refusal } from "./support/refusal.ts";
import { createWorld, settingsOf, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
beforeEach(async () => {
  await rm(world.settingsFile, { recursive: true, force: true });
  await world.writeSettings(settingsOf(world.sandbox));
});
afterAll(() => world.close());

const isRoot = process.getuid?.() === 0;
const settings = (error: Refusal["error"], hint: Refusal["hint"]): Refusal => ({ status: 3, error, hint });

/** Line 1 to 4 are the section of the IdP, line 5 and on the profile, in which the problem stands. */
function withProfile(...lines: string[]): string {
  return `[idp.acme]\ntype = "auth0"\ndomain = "acme.example"\nclient_id = "x"\n[profile.dev]\nidp = "acme"\n${lines.join("\n")}\n`;
}

const role = 'role_arn = "arn:aws:iam::123456789012:role/Developer"';

describe("tegata.toml", () => {
  it.each([
    [
      "a misspelt key",
      ['role-anr = "x"'],
      /toml:7:1: profile\.dev\.role-anr is not a key of .*; did you mean role_arn\?/,
    ],
    [
      "a key like nothing",
      ["colour = 1"],
      /toml:7:1: profile\.dev\.colour is not a key of \[profile\.NAME\] \(known: idp/,
    ],
    ["a key of the other section", ['type = "auth0"'], /toml:7:1: profile\.dev\.type is not a key/],
    ["a setting that is a flag only", ["fresh = true"], "is not allowed in a settings file: it is a flag (--fresh)"],
    [
      "a setting of another IdP",
      ['issuer = "https://x.example"'],
      "profile.dev.issuer is a setting of oidc, workload, not of auth0",
    ],
    [
      "a number where text belongs",
      ["region = 1"],
      /toml:7:1: profile\.dev\.region is the number 1, not text: write a region/,
    ],
    ["a list where text belongs", ['idp = "acme"', "region = []"], "not TOML"],
    ["text where true or false belongs", ['browser = "yes"'], 'profile.dev.browser "yes" must be true or false'],
    ["an unknown reference to an IdP", [], /toml:7:1: profile\.bad\.idp "acem" .*did you mean acme\?/],
    ["a role that is no ARN", ['role_arn = "Developer"'], 'profile.dev.role_arn "Developer" is not an ARN'],
    ["a role of a bad account", ['role_arn = "arn:aws:iam::123:role/x"'], /"123" where the account's twelve digits/],
    [
      "a session instead of a role",
      ['role_arn = "arn:aws:sts::123456789012:assumed-role/x/y"'],
      "is a session of a role",
    ],
    ["a user instead of a role", ['role_arn = "arn:aws:iam::123456789012:user/x"'], "is a user"],
    ["a role with a region", ['role_arn = "arn:aws:iam:us-east-1:123456789012:role/x"'], "names a region"],
    ["a role of no partition", ['role_arn = "arn:amazon:iam::123456789012:role/x"'], 'names the partition "amazon"'],
    ["a role with a placeholder", ['role_arn = "arn:aws:iam::<account>:role/x"'], "still holds a placeholder"],
    ["a role with a line break", ['role_arn = "arn:aws:iam::123456789012:role/x\\n"'], "a space or a line break"],
    ["a duration too short", ["duration = 899"], /toml:7:1: profile\.dev\.duration is 899 seconds: AWS takes/],
    ["a duration too long", ['duration = "13h"'], 'profile.dev.duration "13h" is 46800 seconds'],
    ["a duration of nonsense", ['duration = "soon"'], 'profile.dev.duration "soon" is not a duration'],
    ["no region", ['region = "europe"'], 'profile.dev.region "europe" is not an AWS region'],
    [
      "a region that is misspelt",
      ['region = "eu-centrl-1"'],
      'profile.dev.region "eu-centrl-1" is not an AWS region: write one such as eu-central-1; did you mean eu-central-1?',
    ],
    ["a region in capitals", ['region = "EU-Central-1"'], "is not how the region is written: eu-central-1"],
    ["STS by http", ['sts_endpoint = "http://sts.example"'], '"http://sts.example" must be https'],
    ["a user in a URL", ['sts_endpoint = "https://ann:hunter2@sts.example"'], '"…@sts.example" must hold no user'],
  ] satisfies readonly (readonly [string, string[], Refusal["error"]])[])(
    "is refused with %s",
    async (what, lines, error) => {
      const reference = ["[profile.bad]".padStart(13), 'idp = "acem"'];
      await world.writeSettings(
        what === "an unknown reference to an IdP"
          ? `[idp.acme]\ntype = "auth0"\ndomain = "acme.example"\nclient_id = "x"\n\n${reference.join("\n")}\n`
          : withProfile(...lines),
      );
      const ended = await keepingFiles(world, () => world.run(["env", what.includes("reference") ? "bad" : "dev"]));
      expectRefusal(ended, settings(error, /^correct .*(tegata\.toml|line \d+)/), world);
      expect(ended.stderr).not.toContain("hunter2");
      expect(world.sandbox.requests.all()).toEqual([]);
    },
  );

  it.each([
    [
      "an IdP without a type",
      '[idp.acme]\ndomain = "x"\n',
      /toml:1:1: idp\.acme lacks the key type \(one of auth0, oidc/,
    ],
    [
      "an IdP of no plugin",
      '[idp.acme]\ntype = "auth"\n',
      /toml:2:1: idp\.acme\.type "auth" is not .*did you mean auth0\?/,
    ],
    [
      "an issuer by http",
      '[idp.a]\ntype = "oidc"\nissuer = "http://idp.example"\n',
      '"http://idp.example" must be https',
    ],
    [
      "a domain with a path",
      '[idp.a]\ntype = "auth0"\ndomain = "x.example/path"\n',
      "must be a host name such as acme",
    ],
    ["a setting outside of its section", 'region = "eu-central-1"\n', "must be in a section: [profile.NAME]"],
    [
      "a default that does not exist",
      'default_profile = "x"\n',
      /toml:1:1: default_profile "x" is not a section .*none\)/,
    ],
    ["a profile that is no section", 'profile = "dev"\n', "profile must be sections: [profile.NAME]"],
    ["a key twice", '[idp.a]\ntype = "auth0"\ntype = "auth0"\n', /tegata\.toml:3:\d+: not TOML: /],
    ["text without quotes", "[profile.dev]\nregion = eu-central-1\n", /tegata\.toml:2:\d+: not TOML: /],
    ["a file that ends in the middle", '[profile.dev]\nregion = "eu-cen', /tegata\.toml:2:\d+: not TOML: /],
    ["a key like a prototype", '[profile.__proto__]\nregion = "x"\n', /tegata\.toml:1:\d+: not TOML: /],
  ])("is refused with %s", async (_what, toml, error) => {
    await world.writeSettings(toml);
    expectRefusal(await world.run(["profiles"]), settings(error, /^correct /), world);
  });

  it("has all its problems told at once, in the order of their lines", async () => {
    await world.writeSettings(withProfile("duration = 1", 'role_anr = "x"', 'region = "x"') + "[profil.x]\n");
    const ended = await world.run(["env", "dev"]);
    expectRefusal(
      ended,
      settings(
        /^the settings file has 4 problems\n .*:7:1: .*duration.*\n .*:8:1: .*role_anr.*\n .*:9:1: .*\n .*:10:1: profil/,
        "correct",
      ),
      world,
    );
  });

  it("is refused when its region and its role are of two partitions, and the error says where both are", async () => {
    await world.writeSettings(withProfile(role, 'region = "cn-north-1"'));
    expectRefusal(
      await world.run(["env", "dev"]),
      settings(
        /toml:8:1: profile\.dev\.region "cn-north-1" is of the partition aws-cn.*the role is from .*toml:7/,
        "correct",
      ),
      world,
    );
  });

  it.each([
    [
      "the role",
      withProfile(),
      ["env", "dev"],
      "no role is named: role_arn is not set",
      /--role-arn ARN, or set role_arn/,
    ],
    [
      "the IdP",
      `[profile.dev]\n${role}\n`,
      ["env", "dev"],
      "no identity provider is named",
      /--domain .*or set idp = /,
    ],
    [
      "the client id",
      '[idp.a]\ntype = "oidc"\nissuer = "https://x.example"\n',
      ["login", "--idp", "a"],
      "lacks client_id",
      /pass --client-id CLIENT_ID, or set client_id in \[idp\.a\]/,
    ],
  ])("is refused without %s, and the hint says where to set it", async (_what, toml, args, error, hint) => {
    await world.writeSettings(toml);
    expectRefusal(await world.run(args), settings(error, hint), world);
  });
});

describe("the file itself", () => {
  it.each([
    ["a folder", (path: string) => mkdir(path), /cannot be read: it is a folder/, "name the file"],
    [
      "binary",
      (path: string) => writeFile(path, Buffer.from([0xff, 0xfe, 0x00])),
      /it is not UTF-8/,
      "save it as UTF-8",
    ],
    ["larger than 1 MiB", (path: string) => writeFile(path, "#".repeat(1_048_577)), /larger than 1 MiB/, "name a sett"],
    [
      "a link in a circle",
      (path: string) => symlink(path, path),
      /too many symbolic links \(ELOOP\)/,
      "correct the path",
    ],
    ["full of zero bytes", (path: string) => writeFile(path, Buffer.alloc(20)), /toml:1:1: not TOML/, "correct line 1"],
  ])("is refused with the reason when it is %s", async (_what, make, error, hint) => {
    await rm(world.settingsFile);
    await make(world.settingsFile);
    expectRefusal(await world.run(["env", "dev"]), settings(error, hint), world);
  });

  it.each([
    ["--config", ["env", "--config", "/nowhere/t.toml"], {}, "correct --config"],
    ["TEGATA_CONFIG", ["env"], { TEGATA_CONFIG: "/nowhere/t.toml" }, "correct or unset TEGATA_CONFIG"],
  ])("must be there when %s names it", async (name, args, env, hint) => {
    const error = `there is no settings file /nowhere/t.toml (named by ${name})`;
    expectRefusal(await world.run(args, { env }), settings(error, hint), world);
  });

  it("is refused when others could have written it", async () => {
    await chmod(world.settingsFile, 0o666);
    expectRefusal(
      await world.run(["env", "dev"]),
      settings(/can be written to by others \(mode 0666\)/, `chmod go-w ${world.settingsFile}`),
      world,
    );
  });

  it.runIf(isRoot)("is refused when it belongs to someone else (only root can make one)", async () => {
    await chown(world.settingsFile, 4321, 4321);
    expectRefusal(
      await world.run(["env", "dev"]),
      settings(
        /belongs to uid 4321, not to you/,
        `cp ${world.settingsFile} ~/tegata.toml && export TEGATA_CONFIG=~/tegata.toml`,
      ),
      world,
    );
  });

  it("may be a symbolic link, and be readable by others", async () => {
    const dotfiles = join(world.folder, "dotfiles.toml");
    await writeFile(dotfiles, settingsOf(world.sandbox), { mode: 0o644 });
    await rm(world.settingsFile);
    await symlink(dotfiles, world.settingsFile);
    expect(await world.run(["profiles"])).toMatchObject({ status: 0, stdout: "dev\nplain\nreadonly\nbob\n" });
  });
});
