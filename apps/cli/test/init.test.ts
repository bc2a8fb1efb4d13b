import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { loopbackServers } from "./support/loopback-servers.ts";
import { matching } from "./support/matching.ts";
import { onTerminal, type OnTerminal } from "./support/on-terminal.ts";
import { programs } from "./support/programs.ts";
import type { Running } from "./support/run.ts";
import { createWorld, type World } from "./support/world.ts";

const arn = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
const enter = "\r";
const erase = "\u0015";
const down = "\u001b[B";

let world: World;
const servers = loopbackServers();
beforeAll(async () => {
  world = await createWorld({
    users: [
      {
        email: "ann@example.com",
        name: "Ann",
        id: "65f1",
        groups: [],
        claims: { "https://aws.amazon.com/roles": [arn("Developer"), arn("BobOnly")] },
      },
      { email: "bob@example.com", name: "Bob", id: "b0b", groups: [] },
    ],
  });
});
afterAll(async () => {
  servers.close();
  await world.close();
});

/** A home in which there is nothing. */
async function emptyHome(): Promise<{ readonly HOME: string; readonly AWS_ENDPOINT_URL_STS: string }> {
  const { HOME } = await world.anotherHome();
  const home = join(HOME, "empty");
  await mkdir(home);
  return { HOME: home, AWS_ENDPOINT_URL_STS: world.sandbox.sts.endpoint };
}

const settingsOf = (home: { readonly HOME: string }) => join(home.HOME, ".config/tegata/tegata.toml");
const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Without a terminal, by flags alone. */
const flagsFor = () => [
  "--domain",
  world.sandbox.auth0.domain,
  "--client-id",
  "tegata-cli",
  "--role-arn",
  arn("Developer"),
];

const schema = "#:schema https://unpkg.com/@tegata/cli/tegata.schema.json";

const written = () => `${schema}
default_profile = "developer"

[idp.corp]
type = "auth0"
domain = "${world.sandbox.auth0.domain}"
client_id = "tegata-cli"
flow = "auto"

[profile.developer]
idp = "corp"
role_arn = "arn:aws:iam::123456789012:role/Developer"
region = "us-east-1"
`;

describe("tegata init without a terminal", () => {
  it("writes what flags say, for the person alone, and says what comes next", async () => {
    const env = await emptyHome();
    const { status, stdout, stderr } = await world.run(["init", ...flagsFor()], { env });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(await readFile(settingsOf(env), "utf8")).toBe(written());
    expect((await stat(settingsOf(env))).mode & 0o777).toBe(0o600);
    expect(stderr).toMatch(/next: tegata exec developer -- aws sts get-caller-identity\n$/);
    expect(await isThere(join(env.HOME, ".aws"))).toBe(false);
    expect(await world.run(["profiles"], { env })).toMatchObject({ stdout: "developer\n" });
  });

  it("writes all settings that were given, where they belong", async () => {
    const env = await emptyHome();
    const more = [
      "--duration",
      "2h",
      "--scope",
      "openid",
      "--roles-claim",
      "roles",
      "--profile",
      "dev",
      "--no-browser",
    ];
    await world.run(["init", ...flagsFor(), ...more, "--flow", "device", "--region", "eu-central-1"], { env });
    expect(await readFile(settingsOf(env), "utf8")).toBe(`${schema}
default_profile = "dev"

[idp.corp]
type = "auth0"
domain = "${world.sandbox.auth0.domain}"
client_id = "tegata-cli"
flow = "device"
roles_claim = "roles"
scope = "openid"

[profile.dev]
idp = "corp"
role_arn = "arn:aws:iam::123456789012:role/Developer"
region = "eu-central-1"
duration = "2h"
`);
  });

  it("prints the lines with --print, and writes nothing", async () => {
    const env = await emptyHome();
    const { status, stdout } = await world.run(["init", "--print", ...flagsFor()], { env });
    expect({ status, stdout }).toEqual({ status: 0, stdout: written() });
    expect(await readdir(env.HOME)).toEqual([]);
  });

  it("writes ~/.aws/config as well where a flag says so", async () => {
    const env = await emptyHome();
    const { stderr } = await world.run(["init", ...flagsFor(), "--aws-config"], { env });
    expect(await readFile(join(env.HOME, ".aws/config"), "utf8")).toContain("[profile developer]");
    expect(stderr).toMatch(/next: aws sts get-caller-identity --profile developer\n$/);
  });

  it.each<[what: string, args: () => readonly string[], missing: RegExp]>([
    ["everything", () => [], /idp must be given/],
    ["the provider's own settings", () => ["--idp", "oidc"], /issuer and client_id and role_arn must be given/],
    ["the client", () => flagsFor().toSpliced(2, 2), /client_id must be given/],
  ])("says which flags are missing: %s", async (_what, args, message) => {
    const env = await emptyHome();
    const { status, stderr } = await world.run(["init", ...args()], { env });
    expect(status).toBe(3);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/hint: pass --/);
    expect(await isThere(join(env.HOME, ".config"))).toBe(false);
  });

  it.each<[what: string, change: (args: string[]) => readonly string[], status: number, message: RegExp]>([
    ["a domain that is none", (args) => args.with(1, "not a domain"), 2, /must be a host name/],
    ["a domain with escape sequences", (args) => args.with(1, "\u001b]0;x\u0007"), 2, /must be a host name/],
    [
      "a provider that does not answer",
      (args) => args.with(1, "http://127.0.0.1:9"),
      6,
      /cannot be reached at 127\.0\.0\.1:9/,
    ],
    ["an ARN of something else", (args) => args.with(5, "arn:aws:iam::123456789012:user/x"), 2, /is a user/],
    ["a region of another partition", (args) => [...args, "--region", "cn-north-1"], 2, /is of the partition aws-cn/],
    ["a region that is none", (args) => [...args, "--region", "mars"], 2, /region "mars"/],
    ["an unknown provider", () => ["--idp", "nobody"], 2, /is neither a section of the settings file nor a plugin/],
    ["a provider of jobs", () => ["--idp", "workload"], 2, /nobody signs in there/],
    ["a flow that is none", (args) => [...args, "--flow", "smoke"], 2, /must be one of/],
  ])("writes nothing for %s", async (_what, change, status, message) => {
    const env = await emptyHome();
    const ended = await world.run(["init", ...change(flagsFor())], { env });
    expect(ended).toMatchObject({ status, stderr: matching(message) });
    expect(ended.stderr).not.toContain("\u001b");
    expect(await isThere(join(env.HOME, ".config"))).toBe(false);
  });

  it("does not wait for ever for a provider that never answers", { timeout: 30_000 }, async () => {
    const env = await emptyHome();
    const port = await servers.listen(createServer(() => undefined));
    const args = ["--domain", `http://127.0.0.1:${port}`, "--client-id", "x", "--role-arn", arn("x")];
    const { status, stderr } = await world.run(["init", ...args], { env });
    expect(status).toBe(6);
    expect(stderr).toContain("no complete answer within 10 s");
  });

  it("writes nothing into a home that is read-only, and says so", async () => {
    const env = await emptyHome();
    await mkdir(join(env.HOME, ".config"));
    // Not even root writes below a file.
    await writeFile(join(env.HOME, ".config/tegata"), "");
    const { status, stderr } = await world.run(["init", ...flagsFor()], { env });
    expect(status).toBe(3);
    expect(stderr).toMatch(/settings file .*tegata\.toml cannot be read|cannot be written/);
  });

  it("writes the file that --config names, which need not be there", async () => {
    const env = await emptyHome();
    const path = join(env.HOME, "deep/below/my.toml");
    const { status } = await world.run(["init", ...flagsFor(), "--config", path], { env });
    expect(status).toBe(0);
    expect(await readFile(path, "utf8")).toBe(written());
  });
});

async function homeWith(text: string, mode = 0o644) {
  const env = await emptyHome();
  await mkdir(join(env.HOME, ".config/tegata"), { recursive: true });
  await writeFile(settingsOf(env), text);
  await chmod(settingsOf(env), mode);
  return env;
}

describe("tegata init where there are settings", () => {
  const before =
    '# mine, with a "comment"\r\n[idp.other]\r\ntype = "oidc" # kept\r\nissuer = "https://sso.example"\r\n';

  it("adds sections and keeps every byte, line ends and mode", async () => {
    const env = await homeWith(before);
    const { status } = await world.run(["init", ...flagsFor()], { env });
    expect(status).toBe(0);
    const after = await readFile(settingsOf(env), "utf8");
    expect(after.startsWith(`${before}\r\n[idp.corp]\r\n`)).toBe(true);
    expect(after).not.toContain("default_profile");
    expect((await stat(settingsOf(env))).mode & 0o777).toBe(0o644);
  });

  it("uses the section of a provider that is there, and writes no second one", async () => {
    const env = await homeWith("");
    await world.run(["init", ...flagsFor()], { env });
    await world.run(["init", ...flagsFor().with(5, arn("ReadOnly")), "--profile", "ro"], { env });
    const after = await readFile(settingsOf(env), "utf8");
    expect(after.match(/\[idp\./g)).toHaveLength(1);
    expect(after).toMatch(/\[profile\.ro\]\nidp = "corp"\n/);
  });

  it("refuses a profile of the same name, with two ways out", async () => {
    const env = await homeWith(before);
    await world.run(["init", ...flagsFor()], { env });
    const first = await readFile(settingsOf(env), "utf8");
    const { status, stderr } = await world.run(["init", ...flagsFor(), "--region", "eu-west-1"], { env });
    expect(status).toBe(2);
    expect(stderr).toMatch(/has a profile "developer" already\n.*--profile NAME, or replace it: --replace\n/);
    expect(await readFile(settingsOf(env), "utf8")).toBe(first);
    const other = await world.run(["init", ...flagsFor(), "--profile", "other"], { env });
    expect(other.status).toBe(0);
    const replaced = await world.run(["init", ...flagsFor(), "--region", "eu-west-1", "--replace"], { env });
    expect(replaced.status).toBe(0);
    const after = await readFile(settingsOf(env), "utf8");
    expect(after.startsWith(before)).toBe(true);
    expect(after.match(/\[profile\.developer\]/g)).toHaveLength(1);
    expect(after).toMatch(/\[profile\.developer\][^[]*region = "eu-west-1"/);
  });

  it.each([
    ["is no TOML", "[idp\n", 3, /not TOML/],
    [
      "has profiles in a form that no section can be added to",
      'profile = { x = { region = "us-east-1" } }\n',
      3,
      /no section can be added to/,
    ],
  ])("leaves a file alone that %s", async (_what, text, status, message) => {
    const env = await homeWith(text);
    const ended = await world.run(["init", ...flagsFor()], { env });
    expect(ended).toMatchObject({ status, stderr: matching(message) });
    expect(await readFile(settingsOf(env), "utf8")).toBe(text);
  });

  it("leaves a file alone that others can write to", async () => {
    const env = await homeWith(before, 0o666);
    const { status, stderr } = await world.run(["init", ...flagsFor()], { env });
    expect(status).toBe(3);
    expect(stderr).toContain("can be written to by others");
    expect(await readFile(settingsOf(env), "utf8")).toBe(before);
  });
});

const start = (context: TestContext, env: OnTerminal["env"], args = "", terminal: OnTerminal = {}) =>
  onTerminal(`tegata init --no-browser ${args}; echo status $?`, world, context, {
    columns: 200,
    ...terminal,
    env: { ...env, ...terminal.env },
  });

/** Types each answer once its question is there, and signs in where a page is named. */
async function answering(running: Running, answers: readonly (readonly [question: RegExp, keys: string])[]) {
  let from = 0;
  let seen = "";
  for (const [question, keys] of answers) {
    const [found] = await running.stdoutMatching(new RegExp(`^[^]{${from}}[^]*?${question.source}`));
    from = found.length;
    seen = found;
    if (keys.startsWith("approve ")) {
      const [url = ""] = /http:\S+user_code=\S+/.exec(seen.slice(seen.lastIndexOf("tegata: open "))) ?? [];
      await world.sandbox.approve(url, { as: keys.slice("approve ".length) });
    } else {
      running.child.stdin.write(keys);
    }
  }
  return running.ended;
}

describe("tegata init on a terminal", () => {
  const approveAnn = [/open http\S+user_code=\S+\r\n/, "approve ann@example.com"] as const;

  it("leads from nothing to credentials, settings and ~/.aws/config", async (context) => {
    const env = await emptyHome();
    const { stdout } = await answering(start(context, env), [
      [/Where do you sign in\?[^]*to search/, enter],
      [/The tenant's domain/, `${world.sandbox.auth0.domain}${enter}`],
      [/Client id of the application/, `tegata-cli${enter}`],
      [/How do you sign in\?[^]*to search/, `${down}${down}${enter}`],
      approveAnn,
      [/Which role\?[^]*to search/, enter],
      [/Region/, enter],
      [/Name of the profile/, enter],
      [/Write it\?/, enter],
      [/Write it, so that aws finds the profile\?/, enter],
    ]);
    expect(stdout).toMatch(/found http:\S+, which offers sign-in with a code and sign-in in a browser here/);
    expect(stdout).toMatch(/127\.0\.0\.1:\d+\/:sub +auth0\|65f1/);
    expect(stdout).toMatch(/credentials for Developer in 123456789012 until/);
    expect(stdout).toMatch(/next: aws sts get-caller-identity --profile developer\r\nstatus 0\r\n$/);
    expect(await readFile(settingsOf(env), "utf8")).toBe(written().replace("auto", "device"));
    expect(await readFile(join(env.HOME, ".aws/config"), "utf8")).toContain(
      "[profile developer]\ncredential_process = ",
    );
    // Nobody signs in again.
    expect(await world.run(["credential-process"], { env })).toMatchObject({ status: 0 });
  });

  it.for(["node", "bun", "deno"] as const)("asks one question after the other on %s, too", async (runtime, context) => {
    const env = await emptyHome();
    const program = programs[runtime].map((word) => `'${word}'`).join(" ");
    const command = `${program} init --no-sign-in --role-arn ${arn("Developer")}; echo status $?`;
    const { stdout } = await answering(onTerminal(command, world, context, { env, columns: 200 }), [
      [/Where do you sign in\?[^]*to search/, enter],
      [/The tenant's domain/, `${world.sandbox.auth0.domain}${enter}`],
      [/Client id of the application/, `tegata-cli${enter}`],
      [/Region/, enter],
      [/Name of the profile/, enter],
      [/Write it\?/, enter],
      [/aws finds the profile\?/, "n"],
    ]);
    expect(stdout).toContain("status 0");
    expect(await readFile(settingsOf(env), "utf8")).toBe(written());
  });

  it("asks again for what was wrong, with the old value, and starts nothing over", async (context) => {
    const env = await emptyHome();
    const issuer = world.sandbox.oidc.issuer;
    const { stdout } = await answering(start(context, env, "--idp oidc --flow device"), [
      [/The provider's issuer URL/, `http://127.0.0.1:9${enter}`],
      [
        /cannot be reached at 127\.0\.0\.1:9[^]*The provider's issuer URL[^]*http:\/\/127\.0\.0\.1:9/,
        `${erase}${issuer}${enter}`,
      ],
      [/Client id of the application/, `no-such-client${enter}`],
      [/error[^]*does not accept the client[^]*What now\?[^]*to search/, enter],
      [/Client id of the application[^]*no-such-client/, `${erase}tegata-cli${enter}`],
      approveAnn,
      [/Which role\?[^]*to search/, `${down}${enter}`],
      [/Region/, enter],
      [/error[^]*AWS does not let this sign-in assume[^]*BobOnly[^]*What now\?[^]*to search/, `${down}${down}${enter}`],
      [/Which role\?[^]*to search/, enter],
      [/credentials for Developer[^]*Name of the profile/, enter],
      [/Write it\?/, enter],
      [/aws finds the profile\?/, `n`],
    ]);
    expect(stdout).toMatch(/next: tegata exec developer -- aws sts get-caller-identity\r\nstatus 0/);
    expect(await readFile(settingsOf(env), "utf8")).toContain(`issuer = "${issuer}"\nclient_id = "tegata-cli"`);
    expect(await isThere(join(env.HOME, ".aws"))).toBe(false);
  });

  it("goes the other way first where a client may not use the flow that was tried", async (context) => {
    const env = await emptyHome();
    const args = `--domain ${world.sandbox.auth0.domain} --client-id no-device-grant --flow device --role-arn ${arn("Developer")}`;
    const { stdout } = await answering(start(context, env, args), [
      [/What now\?[^]*sign in another way[^]*try again[^]*to search/, enter],
      [/tegata: open http\S+authorize\S+/, "\u0003"],
    ]);
    expect(stdout).toMatch(/error\S*: interrupted\r\n$/);
  });

  it("holds the trust policy of a role that AWS refuses against the sign-in, condition by condition", async (context) => {
    const env = await emptyHome();
    const provider = world.sandbox.auth0.issuer.replace("http://", "");
    const policy = {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${provider}` },
          Action: "sts:AssumeRoleWithWebIdentity",
          Condition: { StringEquals: { [`${provider}:sub`]: "auth0|b0b" } },
        },
      ],
    };
    await writeFile(join(world.folder, "BobOnly.json"), JSON.stringify(policy));
    const args = `--domain ${world.sandbox.auth0.domain} --client-id tegata-cli --flow device --region us-east-1 --role-arn ${arn("BobOnly")}`;
    const { stdout } = await answering(start(context, env, args), [
      approveAnn,
      [/does not let this sign-in assume[^]*What now\?[^]*to search/, `${down}${enter}`],
      [/aws iam get-role --role-name BobOnly[^]*File with the trust policy/, `${erase}no-such-file.json${enter}`],
      [/no-such-file\.json is not there[^]*What now\?[^]*to search/, `${down}${enter}`],
      [/File with the trust policy/, enter],
      [
        /statement 0, Allow[^]*auth0\|65f1[^]*auth0\|b0b[^]*What now\?[^]*to search/,
        `${down}${down}${down}${down}${enter}`,
      ],
      [/Name of the profile/, enter],
      [/Write it\?/, enter],
      [/aws finds the profile\?/, "n"],
    ]);
    expect(stdout).toContain("status 0");
    expect(await readFile(settingsOf(env), "utf8")).toContain("[profile.bobonly]");
  });

  it.for<[step: string, before: readonly (readonly [RegExp, string])[]]>([
    ["the first question", [[/Where do you sign in\?[^]*to search/, "\u0003"]]],
    [
      "a text",
      [
        [/Where do you sign in\?[^]*to search/, enter],
        [/The tenant's domain/, "acme\u0003"],
      ],
    ],
    ["the end of stdin", [[/Where do you sign in\?[^]*to search/, "\u0004"]]],
  ])("leaves nothing behind when it is given up at %s", async ([, answers], context) => {
    const env = await emptyHome();
    const { stdout } = await answering(start(context, env), answers);
    expect(stdout).toMatch(/(interrupted|stdin ended before this was answered[^]*)\r\n[^]*status (130|2)\r\n$/);
    expect(await isThere(join(env.HOME, ".config"))).toBe(false);
  });

  it("leaves nothing half written when it is given up before the end", async (context) => {
    const env = await emptyHome();
    const args = `${flagsFor().join(" ")} --region us-east-1 --flow device`;
    const { stdout } = await answering(start(context, env, args), [
      approveAnn,
      [/Name of the profile/, enter],
      [/Write it\?/, "\u0003"],
    ]);
    expect(stdout).toContain("status 130");
    expect(await isThere(join(env.HOME, ".config"))).toBe(false);
    const refused = await answering(start(context, env, args), [
      [/Name of the profile/, enter],
      [/Write it\?/, "n"],
    ]);
    expect(refused.stdout).toMatch(/nothing is written\r\nstatus 0/);
    expect(await isThere(join(env.HOME, ".config"))).toBe(false);
  });

  it("asks nothing that flags have answered with --yes, but for the sign-in", async (context) => {
    const env = await emptyHome();
    const args = `${flagsFor().join(" ")} --yes --flow device`;
    const { stdout } = await answering(start(context, env, args), [approveAnn]);
    expect(stdout).toMatch(/next: aws sts get-caller-identity --profile developer\r\nstatus 0/);
    expect(stdout).not.toContain("◆");
  });

  it.for([
    ["--plain", ["--plain", {}]],
    ["TERM=dumb", ["", { TERM: "dumb" }]],
  ] as const)("asks in plain lines with %s, at 40 columns", async ([, [args, variables]], context) => {
    const env = await emptyHome();
    const terminal = { env: variables, columns: 40 };
    const { stdout } = await answering(start(context, env, `${args} --role-arn ${arn("Developer")}`, terminal), [
      [/part of a name \[1\]: /, "1\n"],
      [/The tenant's domain[^]*: /, `${world.sandbox.auth0.domain}\n`],
      [/Client id[^]*: /, "tegata-cli\n"],
      [/part of a name \[1\]: /, "3\n"],
      approveAnn,
      [/Region \[us-east-1\]: /, "\n"],
      [/Name of the profile \[developer\]: /, "\n"],
      [/Write it\? \[Y\/n\] /, "y\n"],
      [/finds the profile\? \[Y\/n\] /, "n\n"],
    ]);
    expect(stdout).toContain("status 0");
    expect(await readFile(settingsOf(env), "utf8")).toBe(written().replace("auto", "device"));
  });

  it("asks before it replaces a profile, or gives another name", async (context) => {
    const env = await emptyHome();
    await world.run(["init", ...flagsFor()], { env });
    const args = `${flagsFor().join(" ")} --no-sign-in --region eu-west-1 --no-aws-config`;
    const { stdout } = await answering(start(context, env, args), [
      [/Name of the profile/, enter],
      [/has a profile "developer"[^]*already[^]*What now\?[^]*to search/, enter],
      [/Name of the profile[^]*developer-2/, enter],
      [/\+\[profile\.developer-2\][^]*Write it\?/, enter],
    ]);
    expect(stdout).toContain("status 0");
    expect(await world.run(["profiles"], { env })).toMatchObject({ stdout: "developer\ndeveloper-2\n" });
  });
});
