import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ciPlatforms, setupTargets } from "@tegata/setup";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { setupFlags, setupTargetNames } from "../src/commands/setup/setup-flags.ts";
import { defaultPlugins } from "../src/program/run.ts";
import { expectClean } from "./support/refusal.ts";
import { binaryFolder } from "./support/programs.ts";
import { createWorld, run, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

const settings = `default_profile = "dev"

[idp.acme]
type = "auth0"
domain = "acme.eu.auth0.com"
client_id = "8TZ4example"
redirect_ports = [18000]

[idp.staff]
type = "entra"
tenant = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490"
client_id = "1example"

[profile.dev]
idp = "acme"
role_arn = "arn:aws:iam::210987654321:role/teams/Developer"
duration = "4h"

[profile.deploy]
idp = "workload/gitlab"
role_arn = "arn:aws:iam::210987654321:role/Deploy"

[profile.audit]
role_arn = "arn:aws:iam::210987654321:role/Audit"
source_profile = "dev"
`;

const setup = (args: string, env: Readonly<Record<string, string>> = {}) =>
  world.run(["setup", ...args.split(" ").filter((word) => word !== "")], { env: { ...world.env, ...env } });

const complete = async (...words: readonly string[]) =>
  (await world.run(["__complete", "fish", "--", "setup", ...words])).stdout
    .split("\n")
    .map((line) => line.split("\t")[0]);

describe("tegata setup", () => {
  beforeAll(() => world.writeSettings(settings));

  it("knows every target and platform of the package by its name, for completions", () => {
    expect(setupTargetNames).toEqual(setupTargets.map(({ id }) => id));
    expect(setupFlags["ci"]?.choices).toEqual(ciPlatforms.map(({ id }) => id));
  });

  it("calls platforms as their tokens are called, but for those without one", () => {
    const known = new Set(defaultPlugins.idps.map(({ id }) => id));
    const foreign = ciPlatforms.filter(({ id }) => !known.has(`workload/${id}`)).map(({ id }) => id);
    expect(foreign).toEqual(["other"]);
  });

  it("lists the targets of both sides where none is named", async () => {
    const { status, stdout } = await setup("");
    expect(status).toBe(0);
    expect(setupTargets.filter(({ id, summary }) => !stdout.includes(id) || !stdout.includes(summary))).toEqual([]);
    expect(stdout).toMatch(/^IAM: .*\n(?: {2}\S.*\n)+\s*the identity provider: /);
  });

  it("prints IAM's side with the issuer, client, role, path, account and duration of the profile", async () => {
    const { status, stdout, stderr } = await setup("terraform --person ann@acme.com");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const words of [
      'url            = "https://acme.eu.auth0.com/"',
      'client_id_list = ["8TZ4example"]',
      'allowed_account_ids = ["210987654321"]',
      'name                 = "Developer"',
      'path                 = "/teams/"',
      "max_session_duration = 14400",
      '"acme.eu.auth0.com/:email" = "ann@acme.com"',
      'variable "policy_arns"',
    ]) {
      expect(stdout).toContain(words);
    }
  });

  it("prints the provider's side with the redirect addresses at which its plugin listens", async () => {
    expect((await setup("auth0-terraform")).stdout).toContain('["http://127.0.0.1:18000/callback"]');
    // Not the settings of another provider.
    expect((await setup("okta-terraform")).stdout).toContain('"http://127.0.0.1:17580/callback",');
    expect((await setup("okta-terraform --redirect-ports 18001")).stdout).toContain(
      '["http://127.0.0.1:18001/callback"]',
    );
    expect((await setup("entra-terraform --idp staff")).stdout).toContain('["http://localhost"]');
    expect((await setup("keycloak")).stdout).toContain('["http://127.0.0.1/callback"]');
  });

  it("takes flags alone, without a settings file", async () => {
    const env = { HOME: await mkdtemp(join(world.folder, "nobody-")) };
    const people = await setup("cdk --issuer https://sso.example.com/realms/staff --everyone", env);
    expect(people).toMatchObject({ status: 0, stderr: "" });
    expect(people.stdout).toContain('new cdk.CfnParameter(this, "ClientId"');
    expect(await setup("aws-cli --ci github --repository acme/site --ref main", env)).toMatchObject({
      status: 0,
      stderr: "",
    });
    expect(await setup("google", env)).toMatchObject({ status: 0, stderr: "" });
  });

  it("makes one set-up for several accounts", async () => {
    const { stdout } = await setup("cloudformation --everyone --aws-account 111111111111 --aws-account 222222222222");
    expect(stdout).toContain("AWS::CloudFormation::StackSet");
    expect(stdout).toMatch(/"111111111111"\n\s+- "222222222222"/);
  });

  it("sends nothing and stores nothing", async () => {
    world.sandbox.requests.clear();
    const before = await world.storedFiles();
    await setup("terraform --everyone");
    expect(world.sandbox.requests.all()).toEqual([]);
    expect(await world.storedFiles()).toEqual(before);
  });

  it("completes targets and platforms", async () => {
    expect(await complete("")).toEqual(expect.arrayContaining(["terraform", "keycloak"]));
    expect(await complete("terraform", "--ci", "")).toEqual(expect.arrayContaining(["github", "hcp-terraform"]));
  });

  it.each([
    ["nope", 'tegata setup has no target "nope"', "tegata setup lists what each is"],
    ["terrafrm --everyone", 'tegata setup has no target "terrafrm"', "tegata setup terraform"],
    ["terraform dev", '"dev" is a second word', "--profile NAME"],
    ["--everyone", "what to print is not said, beside --everyone", "tegata setup terraform"],
    ["terraform", "who may take the role is not said", "--person ann@example.com"],
    ["terraform --ref main", "--ref says which job, but no platform is named", "--ci github"],
    ["terraform --ci nope", '"nope"', "--help"],
    [
      "terraform --ci githb --repository a/b --ref main",
      '"githb"',
      "tegata setup terraform --ci github --repository a/b --ref main",
    ],
    [
      "terraform --ci github",
      "--ci github needs --repository",
      "tegata setup terraform --ci github --repository acme/site --ref main",
    ],
    [
      "cdk --ci kubernetes --ref main",
      "--ref means nothing for --ci kubernetes",
      "tegata setup cdk --ci kubernetes --issuer",
    ],
    ["terraform --ci github --repository a/b --ref main --run-phase x", "no flag --run-phase", "tegata setup --help"],
    [
      "terraform --ci gitlab --repository a/b --ref main --environment x",
      "--environment means nothing for --ci gitlab",
      "--ref main",
    ],
    ["terraform --ci github --everyone", "--ci and --everyone contradict each other", "print two roles"],
    [
      "terraform --everyone --account 111111111111",
      "tegata setup and --account contradict each other",
      "--aws-account 123456789012",
    ],
    [
      "terraform --everyone --aws-account 111",
      '--aws-account "111" is no account of AWS',
      "--aws-account 123456789012",
    ],
    ["terraform --everyone --token-has x", '--token-has "x" is nothing that AWS reads', "--token-has tags"],
    [
      "terraform --everyone --person ann@acme.com",
      "--everyone and --person contradict each other",
      "leave --everyone out",
    ],
    ["terraform --profile deploy --everyone", "workload/gitlab is for jobs", "--ci gitlab"],
    [
      "terraform --profile audit --everyone",
      'assumed by that of the profile "dev"',
      "tegata setup terraform --profile dev",
    ],
    ["terraform --idp okta --client-id x --everyone", "the issuer of okta is not known without", "--domain DOMAIN"],
    ["auth0-cli --ci github", "--ci is about IAM", "tegata setup terraform"],
    ["auth0-cli --person ann@acme.com", "--person is about IAM", "tegata setup terraform"],
    ["auth0-cli --idp staff", "auth0-cli is for auth0, and --idp names entra", "tegata setup entra-terraform"],
    ["entra-cli --group admins", "Entra puts neither groups", "principal_ids"],
    ["okta-terraform --group admins", "custom authorization server only", "--authorization-server default"],
  ])("refuses %s", async (args, problem, advice) => {
    const ended = await setup(args);
    expectClean(ended.stderr, world);
    expect(ended).toMatchObject({ status: 2, stdout: "" });
    const [error = "", hint = ""] = ended.stderr.split("\ntegata: hint: ");
    expect(error).toContain(problem);
    expect(hint).toContain(advice);
  });

  it("shows a hostile value as an escape, and prints nothing", async () => {
    const ended = await world.run(["setup", "terraform", "--person", "ann\u001b[2J\u202e@acme.com"]);
    expectClean(ended.stderr, world);
    expect(ended).toMatchObject({ status: 2, stdout: "" });
  });

  it("reports a bad value in the settings file with its line, and status 3", async () => {
    await world.writeSettings(settings.replace("210987654321:role/teams", "21098:role/teams"));
    const ended = await setup("terraform --everyone");
    await world.writeSettings(settings);
    expect(ended).toMatchObject({ status: 3, stdout: "" });
    expect(ended.stderr).toContain("tegata.toml:");
  });
});

describe("docs/setup.md", () => {
  it(
    "has settings and lines that a person can paste, each of which prints something",
    { timeout: 120_000 },
    async () => {
      const page = await readFile(new URL("../../../docs/setup.md", import.meta.url), "utf8");
      const blocks = (language: string) =>
        [...page.matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
          .filter(([, tag]) => tag === language)
          .map(([, , text = ""]) => text);
      await world.writeSettings(blocks("toml").join("\n"));
      const lines = blocks("sh").flatMap((text) => text.trimEnd().split("\n"));
      expect(lines.length).toBeGreaterThan(20);
      expect(setupTargetNames.filter((name) => !lines.some((line) => line.startsWith(`tegata setup ${name}`)))).toEqual(
        [],
      );
      expect(
        setupFlags["ci"]?.choices?.filter((name) => !lines.some((line) => line.includes(`--ci ${name} `))),
      ).toEqual([]);
      for (const line of lines) {
        const ended = await run(["sh", "-c", line], {
          cwd: world.folder,
          env: { ...world.env, PATH: `${binaryFolder}:${world.env["PATH"]}` },
        });
        expect({ line, status: ended.status, stderr: ended.stderr }).toEqual({ line, status: 0, stderr: "" });
        expect(ended.stdout.split("\n", 1)[0]).toMatch(/Nothing was applied/);
      }
      await world.writeSettings(settings);
    },
  );
});
