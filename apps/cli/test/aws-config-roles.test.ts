import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loopbackServers } from "./support/loopback-servers.ts";
import { matching } from "./support/matching.ts";
import { need } from "./support/needs.ts";
import { onTerminal } from "./support/on-terminal.ts";
import { binaryFolder } from "./support/programs.ts";
import { createWorld, run, type World } from "./support/world.ts";

const account = "123456789012";
const arn = (name: string) => `arn:aws:iam::${account}:role/${name}`;
const developer = arn("Developer");
const pattern = ["--roles", "{account}-{role}"] as const;

let world: World;
let port: number;
/** What the company's list answers; undefined: an error. */
let list: readonly object[] | undefined;
const servers = loopbackServers();
let env: Readonly<Record<string, string>>;
let file: string;

beforeAll(async () => {
  world = await createWorld({
    users: [
      {
        name: "Ann Example",
        groups: ["dev"],
        email: "ann@example.com",
        id: "65f1",
        claims: { "https://acme.example/roles": [arn("Developer"), arn("ReadOnly"), arn("Unnamed")] },
      },
    ],
  });
  port = await servers.http((_request, response) => {
    if (list === undefined) {
      response.writeHead(503).end();
    } else {
      response.end(JSON.stringify({ version: 1, roles: list }));
    }
  });
});
afterAll(async () => {
  servers.close();
  await world.close();
});

/** One identity provider; `default` is a profile of which nothing may get into the lines of roles. */
const settings = () => `default_profile = "odd"
[idp.acme]
type = "auth0"
domain = "${world.sandbox.auth0.domain}"
client_id = "${world.sandbox.auth0.clientId}"
roles_claim = "https://acme.example/roles"
roles_url = "http://127.0.0.1:${port}/roles.json"

[profile.dev]
idp = "acme"
role_arn = "${developer}"
region = "us-east-1"
sts_endpoint = "${world.sandbox.sts.endpoint}"

[profile.odd]
source_profile = "dev"
role_arn = "${arn("Chained")}"
external_id = "leaks"
`;

beforeEach(async () => {
  list = [{ roleArn: arn("path/Listed,x"), name: "Listed" }];
  await world.writeSettings(settings());
  const home = await world.anotherHome();
  env = { ...home, PATH: `${binaryFolder}:${world.env["PATH"]}`, TEGATA_STS_ENDPOINT: world.sandbox.sts.endpoint };
  file = join(home.HOME, ".aws/config");
  await mkdir(join(home.HOME, ".aws"));
  await world.signIn("dev", { env });
});

const awsConfig = (...args: readonly string[]) => world.run(["aws-config", ...args], { env });
/** What `doctor` says of the block; it sends nothing for that. */
const blockStep = async () => {
  const { stdout } = await world.run(["doctor", "dev", "--offline", "--json"], { env });
  return stdout.match(/"id":"aws-config"[^}]*/)?.[0];
};
const profilesIn = async () => (await readFile(file, "utf8")).match(/^\[.*$/gm);
const line = (role: string) => `credential_process = tegata credential-process --idp acme --role-arn ${role}\n`;

describe("aws-config --roles", () => {
  it("has a profile for every role that no profile of the settings has, named by the pattern", async () => {
    const { status, stdout, stderr } = await awsConfig(...pattern);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.match(/^\[.*$/gm)).toEqual([
      "[profile dev]",
      "[profile odd]",
      `[profile ${account}-ReadOnly]`,
      `[profile ${account}-Unnamed]`,
      `[profile ${account}-Listed-x]`,
    ]);
    expect(stdout).toContain(`[profile ${account}-ReadOnly]\n${line(arn("ReadOnly"))}`);
    expect(stdout).toContain(line(arn("path/Listed,x")));
  });

  it("writes lines that get the role's own credentials, with nothing of a profile that the settings or a shell choose", async () => {
    await awsConfig("--write", ...pattern);
    const [, words = ""] = /-ReadOnly\]\ncredential_process = tegata (.*)\n/.exec(await readFile(file, "utf8")) ?? [];
    const of = (more: Readonly<Record<string, string>>) => world.run(words.split(" "), { env: { ...env, ...more } });
    for (const variables of [{}, { TEGATA_PROFILE: "odd" }, { AWS_PROFILE: "odd" }, { TEGATA_PROFILE: "gone" }]) {
      const { status, stdout, stderr } = await of(variables);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(JSON.parse(stdout)).toMatchObject({ Version: 1 });
    }
    const { stdout } = await world.run(["status", "--json"], { env });
    expect(stdout).toContain(arn("ReadOnly"));
    expect(stdout).not.toContain("leaks");
  });

  it("is understood by the AWS CLI, which finds every profile and gets the credentials of its role", async (context) => {
    const aws = need("aws", context);
    await awsConfig("--write", ...pattern);
    const call = async (...args: readonly string[]) =>
      (await run([aws, ...args], { cwd: world.folder, env: { ...env, AWS_EC2_METADATA_DISABLED: "true" } })).stdout;
    for (const [name, role] of [
      ["Unnamed", arn("Unnamed")],
      ["Listed-x", arn("path/Listed,x")],
    ] as const) {
      const process = await call("configure", "get", "credential_process", "--profile", `${account}-${name}`);
      expect(`credential_process = ${process}`).toBe(line(role));
    }
    const identity = ["sts", "get-caller-identity", "--output", "text", "--query", "Arn", "--region", "us-east-1"];
    const who = ["--profile", `${account}-ReadOnly`, "--endpoint-url", world.sandbox.sts.endpoint];
    expect(await call(...identity, ...who)).toBe(`arn:aws:sts::${account}:assumed-role/ReadOnly/ann@example.com\n`);
  });

  it("stays when the settings change and are written again, with what others added, and asks nobody for it", async () => {
    await awsConfig("--write", ...pattern);
    const added = (await readFile(file, "utf8")).replace(line(arn("ReadOnly")), (own) => `${own}region = eu-west-1\n`);
    await writeFile(file, added);
    list = undefined;
    expect(await awsConfig("--diff")).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(await blockStep()).toContain("are up to date");
    await writeFile(join(env["HOME"] ?? "", ".config/tegata/tegata.toml"), settings().replaceAll("odd", "even"));
    expect(await blockStep()).toContain("are out of date");
    expect(await awsConfig("--write")).toMatchObject({ status: 0 });
    expect(await readFile(file, "utf8")).toBe(added.replaceAll("odd", "even"));
  });

  it("goes from the block when the role is gone, and when its identity provider is", async () => {
    await awsConfig("--write", ...pattern);
    list = [];
    expect((await awsConfig("--diff", ...pattern)).stdout).toContain(`-[profile ${account}-Listed-x]`);
    await awsConfig("--write", ...pattern);
    expect(await profilesIn()).not.toContain(`[profile ${account}-Listed-x]`);
    const renamed = settings().replace("[idp.acme]", "[idp.new]").replace('idp = "acme"', 'idp = "new"');
    await writeFile(join(env["HOME"] ?? "", ".config/tegata/tegata.toml"), renamed);
    await awsConfig("--write");
    expect(await profilesIn()).toEqual(["[profile dev]", "[profile odd]"]);
  });

  it("stays where the company's list cannot be read, and says so", async () => {
    await awsConfig("--write", ...pattern);
    list = undefined;
    const { status, stderr } = await awsConfig("--write", ...pattern);
    expect(status).toBe(0);
    expect(stderr).toContain("HTTP 503");
    expect(await profilesIn()).toContain(`[profile ${account}-Listed-x]`);
  });

  it("refuses two roles of one name, and writes nothing", async () => {
    list = [{ roleArn: "arn:aws:iam::210987654321:role/ReadOnly" }];
    const { status, stderr } = await awsConfig("--write", "--roles", "{role}");
    expect(status).toBe(2);
    expect(stderr).toContain(`calls two roles ReadOnly: ${arn("ReadOnly")} (acme), arn:aws:iam::210987654321:role`);
    expect(stderr).toContain("tell them apart with {account}");
    await expect(readFile(file, "utf8")).rejects.toThrow("ENOENT");
  });

  it.each([
    [["--roles", "{account}"], "neither {role} nor {name}"],
    [["--roles", ""], "--roles"],
    [["--idp", "acme"], "--idp says which roles become profiles, and none do"],
    [["--remove", ...pattern], "contradict each other"],
    [["--profile", "dev", ...pattern], "--profile"],
  ])("takes no %j", async (args, problem) => {
    const { status, stdout, stderr } = await awsConfig(...args);
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: "",
      stderr: matching(new RegExp(problem.replace(/[{}]/g, "\\$&"))),
    });
  });

  it("needs a sign-in, for which it asks on a terminal alone", async (context) => {
    const fresh = await world.anotherHome();
    const refused = await world.run(["aws-config", ...pattern], { env: { ...env, ...fresh } });
    expect(refused).toMatchObject({ status: 4, stdout: "", stderr: matching(/tegata login --idp acme/) });
    const command = "tegata aws-config --roles {role} --no-browser";
    const running = onTerminal(command, world, context, { env: { ...env, ...fresh }, columns: 80 });
    const [, url = ""] = await running.stdoutMatching(/tegata: open (\S+)\r\n/);
    await world.sandbox.approve(url);
    const { status, stdout } = await running.ended;
    expect(status).toBe(0);
    expect(stdout).toContain("[profile Unnamed]");
  });
});
