import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectRefusal } from "./support/refusal.ts";
import { createWorld, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

/** A section as `~/.aws/config` and others write it is no TOML, and the error names the line and how it is written here. */
describe("a line that is not TOML", () => {
  it.each([
    ["[profile dev]", "[profile.dev]"],
    ['[profile "dev"]', "[profile.dev]"],
    ["[profile my dev]", '[profile."my dev"]'],
    ["[profile.my dev]", '[profile."my dev"]'],
    ["[profile ann@acme]", '[profile."ann@acme"]'],
    ["[ profile  dev ] # mine", "[profile.dev]"],
    ["[Profile dev]", "[profile.dev]"],
    ["[profile:dev]", "[profile.dev]"],
    ["[profile/dev]", "[profile.dev]"],
    ["[profile.dev", "[profile.dev]"],
    ["[[profile dev]]", "[profile.dev]"],
    ["[profiles dev]", "[profile.dev]"],
    ["[proflie dev]", "[profile.dev]"],
    ["[sso-session corp]", "[idp.corp]"],
    ["[idp acme]", "[idp.acme]"],
    ["[my dev]", '[profile."my dev"]'],
    ["region = eu-west-1", 'region = "eu-west-1"'],
    ["region = eu-west-1 # Ireland", 'region = "eu-west-1"'],
    ["regoin = eu-west-1", 'region = "eu-west-1"'],
    ["\tregion = eu-west-1", 'region = "eu-west-1"'],
    ["region\teu-west-1", 'region = "eu-west-1"'],
    ['region "eu-west-1"', 'region = "eu-west-1"'],
    ["region: eu-west-1", 'region = "eu-west-1"'],
    ['"region": "eu-west-1",', 'region = "eu-west-1"'],
    ['region == "eu-west-1"', 'region = "eu-west-1"'],
    ['region := "eu-west-1"', 'region = "eu-west-1"'],
    ['region = "eu-west-1";', 'region = "eu-west-1"'],
    ['region = "eu-west-1",', 'region = "eu-west-1"'],
    ['region = "eu-west-1', 'region = "eu-west-1"'],
    ['region = eu-west-1"', 'region = "eu-west-1"'],
    ["region = “eu-west-1”", 'region = "eu-west-1"'],
    ["region = `eu-west-1`", 'region = "eu-west-1"'],
    ["export AWS_REGION=eu-west-1", 'region = "eu-west-1"'],
    ["TEGATA_REGION=eu-west-1", 'region = "eu-west-1"'],
    ["region =", 'region = "…"'],
    ["aws_role_arn = arn:aws:iam::123456789012:role/x", 'role_arn = "arn:aws:iam::123456789012:role/x"'],
    ["roleArn: arn:aws:iam::123456789012:role/x", 'role_arn = "arn:aws:iam::123456789012:role/x"'],
    ["role-arn=arn:aws:iam::123456789012:role/x", 'role_arn = "arn:aws:iam::123456789012:role/x"'],
    ["role_session_name = ann", 'role_session_name = "ann"'],
    ["profile.dev.role-arn = x", 'profile.dev.role_arn = "x"'],
    ["duration = 1h", 'duration = "1h"'],
    ["duration_seconds: 3600", "duration = 3600"],
    ["browser = True", "browser = true"],
    ["browser = no", "browser = false"],
    [String.raw`token_file = "C:\Users\ann"`, 'token_file = "…"'],
    [String.raw`config_path = "C:\Users\ann"`, 'config_path = "…"'],
    ["client_secret = hunter2", 'client_secret = "…"'],
    ["colour = hunter2", 'colour = "…"'],
    ["profile:", "[profile.NAME]"],
  ])("gets the right one in the hint: %s", async (line, right) => {
    await world.writeSettings(`# mine\n\n${line}\n`);
    const ended = await world.run(["profiles"]);
    expectRefusal(
      ended,
      { status: 3, error: /tegata\.toml:3:\d+: not TOML: /, hint: `correct line 3: write ${right}` },
      world,
    );
    expect(ended.stderr.trimEnd().endsWith(`write ${right}`)).toBe(true);
    expect(ended.stderr).not.toContain("hunter2");
  });

  it.each([
    ["// mine", "a comment begins with #"],
    ["; mine", "a comment begins with #"],
    ['region\u00a0= "eu-west-1"', String.raw`it holds \u00a0, which cannot be seen: take it out`],
    ['\u200bregion = "eu-west-1"', String.raw`it holds \u200b, which cannot be seen: take it out`],
    ["[profile.dev\u00a0]", String.raw`it holds \u00a0, which cannot be seen: take it out`],
    ["just words", 'text needs quotes: region = "eu-central-1"'],
  ])("is explained: %j", async (line, hint) => {
    await world.writeSettings(`# mine\n\n${line}\n`);
    const refusal = { status: 3, error: /tegata\.toml:3:\d+: not TOML: /, hint: `correct line 3: ${hint}` };
    expectRefusal(await world.run(["profiles"]), refusal, world);
  });

  it.each([
    ["a key", '[profile.dev]\nregion = "eu-west-1"\nregion = "eu-west-1"\n', "this key is there already"],
    ["a section", "[profile.dev]\n\n[profile.dev]\n", "this section is there already"],
  ])("%s that stands twice is named", async (_what, toml, hint) => {
    await world.writeSettings(toml);
    expectRefusal(
      await world.run(["profiles"]),
      { status: 3, error: /toml:3:\d+: /, hint: `correct line 3: ${hint}` },
      world,
    );
  });

  it.each([
    ["JSON", '{\n  "profile": { "dev": { "region": "eu-west-1" } }\n}\n'],
    ["YAML", "---\nprofile:\n  dev:\n    region: eu-west-1\n"],
    ["HTML", "<!doctype html>\n<title>Sign in</title>\n"],
  ])("a file that is %s as a whole is called so", async (format, text) => {
    await world.writeSettings(text);
    const hint = new RegExp(`^correct line 1: this is ${format}.*, and a settings file is TOML: `);
    expectRefusal(await world.run(["profiles"]), { status: 3, error: /toml:1:\d+: not TOML/, hint }, world);
  });
});

describe("a key that a settings file does not have", () => {
  it.each([
    ["role-arn", "; did you mean role_arn?"],
    ["roleArn", "; did you mean role_arn?"],
    ["ROLE_ARN", "; did you mean role_arn?"],
    ["aws_role_arn", "; did you mean role_arn?"],
    ["role", "; did you mean role_arn?"],
    ["roleSessionName", "; did you mean role_session_name?"],
    ["session_name", "; did you mean role_session_name?"],
    ["duration_seconds", "; did you mean duration?"],
    ["durationSeconds", "; did you mean duration?"],
    ["aws_region", "; did you mean region?"],
    ["AWS_DEFAULT_REGION", "; did you mean region?"],
    ["regoin", "; did you mean region?"],
    ["tegata_region", "; did you mean region?"],
    ["endpoint_url", "; did you mean sts_endpoint?"],
    ["useFipsEndpoint", "; did you mean use_fips_endpoint?"],
    ["clientId", "; did you mean client_id?"],
    ["issuer_url", "; did you mean issuer?"],
    ["sso_start_url", "is for AWS IAM Identity Center: here people sign in at"],
    ["sso_region", "is for AWS IAM Identity Center: here people sign in at"],
    ["sso_account_id", "is for AWS IAM Identity Center: here people sign in at"],
    ["source_porfile", "; did you mean source_profile?"],
    ["credential_process", "is for ~/.aws/config, and unknown here"],
    ["mfa_serial", "is for ~/.aws/config, and unknown here"],
    ["aws_secret_access_key", "is a key of AWS, and others are fetched here: leave it out"],
  ])("is refused with what helps: %s", async (key, words) => {
    await world.writeSettings(`[profile.dev]\n  "${key}" = "hunter2"\n`);
    const ended = await world.run(["profiles"]);
    const error = new RegExp(`tegata\\.toml:2:3: profile\\.dev\\.${key} .*${words.replaceAll("?", "\\?")}`);
    expectRefusal(ended, { status: 3, error, hint: `correct ${world.settingsFile}` }, world);
    expect(ended.stderr).not.toContain("hunter2");
  });
});

describe("a section that a settings file does not have", () => {
  it.each([
    ['[default]\nrole_arn = "x"', "default is not a section of a settings file: write [profile.default]"],
    ["[dev]", "dev is not a section of a settings file: write [profile.dev]"],
    ['[dev]\ntype = "auth0"', "dev is not a section of a settings file: write [idp.dev]"],
    ['["profile dev"]', '"profile dev" is not a section of a settings file: write [profile.dev]'],
    ["[profile-dev]", "profile-dev is not a section of a settings file: write [profile.dev]"],
    ["[profiles.dev]", "profiles is not a section of a settings file: write [profile.dev]"],
    ["[Profile.dev]", "Profile is not a section of a settings file: write [profile.dev]"],
    ["[idps.acme]", "idps is not a section of a settings file: write [idp.acme]"],
    ["[sso-session.corp]", "sso-session is not a section of a settings file: write [idp.corp]"],
    ["[[profile.dev]]", "profile.dev needs single brackets: [profile.dev]"],
    ['[profile]\nregion = "x"', "profile.region must be in a section with a name: [profile.NAME]"],
    ['aws_region = "x"', "aws_region must be in a section, as region: [profile.NAME]"],
    ['role-arn = "x"', "role-arn must be in a section, as role_arn: [profile.NAME]"],
    ['default = "dev"', "default is not a key of a settings file; did you mean default_profile?"],
    ['defaultProfile = "dev"', "defaultProfile is not a key of a settings file; did you mean default_profile?"],
  ])("is refused with the right one: %s", async (toml, words) => {
    await world.writeSettings(`\n${toml}\n`);
    const ended = await world.run(["profiles"]);
    expectRefusal(ended, { status: 3, error: words, hint: `correct ${world.settingsFile}` }, world);
    expect(ended.stderr).toMatch(/tegata\.toml:[23]:1: /);
  });
});
