import { createServer, type RequestListener, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loopbackServers } from "./support/loopback-servers.ts";
import { matching } from "./support/matching.ts";
import { onTerminal } from "./support/on-terminal.ts";
import { approveOnStderr, createWorld, type World } from "./support/world.ts";

const arn = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
const person = { name: "Ann Example", groups: ["dev"] };

let world: World;
const servers = loopbackServers();
/** What the company's list answers, and what was asked. */
let answer: RequestListener = (_request, response) => response.end();
const asked: { readonly method: string | undefined; readonly headers: string }[] = [];
let port: number;

beforeAll(async () => {
  world = await createWorld({
    users: [
      {
        ...person,
        email: "ann@example.com",
        id: "65f1",
        claims: { "https://aws.amazon.com/roles": [arn("Developer"), arn("ReadOnly"), arn("Unnamed")] },
      },
      {
        ...person,
        email: "bob@example.com",
        id: "b0b",
        claims: { "https://acme.example/roles": `${arn("Developer")};${arn("Unnamed")};administrator` },
      },
      { ...person, email: "cy@example.com", id: "c1" },
    ],
  });
  port = await servers.http((request, response) => {
    asked.push({ method: request.method, headers: JSON.stringify(request.headers) });
    answer(request, response);
  });
});
afterAll(async () => {
  servers.close();
  await world.close();
});

/** A home of its own in which that person is signed in. */
async function signedIn(as: string): Promise<{ readonly env: { readonly HOME: string } }> {
  const env = await world.anotherHome();
  await world.signIn("dev", { env, as });
  return { env };
}

const rolesOf = (stdout: string) => JSON.parse(stdout) as unknown;

describe("tegata roles", () => {
  it("lists the roles of AWS's own claim first, each with the profile that has it, then those of the settings", async () => {
    const { env } = await signedIn("ann@example.com");
    const { status, stdout } = await world.run(["roles", "--json", "--idp", "acme"], { env });
    expect(status).toBe(0);
    expect(rolesOf(stdout)).toEqual([
      { roleArn: arn("Developer"), origin: "claim", profile: "dev" },
      { roleArn: arn("ReadOnly"), origin: "claim", profile: "readonly" },
      { roleArn: arn("Unnamed"), origin: "claim" },
      { roleArn: arn("Developer"), origin: "settings", profile: "plain" },
      { roleArn: arn("BobOnly"), origin: "settings", profile: "bob" },
    ]);
  });

  it("lists those of the claim that the settings name, and says what in it is no role", async () => {
    const { env } = await signedIn("bob@example.com");
    const args = ["roles", "--json", "--idp", "acme", "--roles-claim", "https://acme.example/roles"];
    const { stdout, stderr } = await world.run(args, { env });
    expect(rolesOf(stdout)).toMatchObject([
      { roleArn: arn("Developer"), origin: "claim", profile: "dev" },
      { roleArn: arn("Unnamed"), origin: "claim" },
      { origin: "settings" },
      { origin: "settings" },
      { origin: "settings" },
    ]);
    expect(stderr).toBe(
      'tegata: warning: in the ID token of acme, one entry of its list of roles is no ARN of a role: "administrator"\n',
    );
  });

  it("lists those of the company's list that are meant for this person, and sends nothing of the person there", async () => {
    const { env } = await signedIn("cy@example.com");
    answer = (_request, response) =>
      response.end(
        JSON.stringify({
          version: 1,
          roles: [
            { roleArn: arn("ReadOnly"), name: "Read only" },
            { roleArn: arn("Cy"), claims: { email: ["cy@example.com"] } },
            { roleArn: arn("Other"), claims: { email: ["ann@example.com"] } },
          ],
        }),
      );
    const args = ["roles", "--json", "--idp", "acme", "--roles-url", `http://127.0.0.1:${port}/roles.json`];
    const { stdout, stderr } = await world.run(args, { env });
    expect(rolesOf(stdout)).toMatchObject([
      { roleArn: arn("ReadOnly"), origin: "url", profile: "readonly" },
      { roleArn: arn("Cy"), origin: "url" },
      { origin: "settings", profile: "dev" },
      { origin: "settings" },
      { origin: "settings" },
    ]);
    expect(stderr).toBe("");
    expect(asked.at(-1)).toMatchObject({ method: "GET" });
    expect(asked.at(-1)?.headers).not.toMatch(/authorization|cookie|eyJ|cy@/i);
  });

  it("leaves out of the company's list what AWS's own claim does not list: AWS would refuse it", async () => {
    const { env } = await signedIn("ann@example.com");
    answer = (_request, response) =>
      response.end(JSON.stringify({ version: 1, roles: [{ roleArn: arn("Elsewhere") }, { roleArn: arn("Unnamed") }] }));
    const args = ["roles", "--json", "--idp", "acme", "--roles-url", `http://127.0.0.1:${port}/`];
    const { stdout } = await world.run(args, { env });
    expect(stdout).not.toContain("Elsewhere");
    expect(stdout.match(/Unnamed/g)).toHaveLength(1);
  });

  it.for<[what: string, answer: RequestListener, warning: RegExp]>([
    ["a page", (_q, r) => r.end("<html>"), /127\.0\.0\.1:\d+ answers with something that is no list of roles/],
    ["an error", (_q, r) => r.writeHead(503).end(), /the list of roles at 127\.0\.0\.1:\d+ answers HTTP 503/],
    ["a redirect", (_q, r) => r.writeHead(302, { location: "/x" }).end(), /the answer redirects elsewhere/],
    ["too much", (_q, r) => r.end("x".repeat(2_000_000)), /larger than 1048576 bytes/],
    [
      "hostile text",
      (_q, r) => r.end('{"version":1,"roles":[{"roleArn":"\\u001b]0;x\\u0007"}]}'),
      /one entry of the list/,
    ],
  ])("goes without a company's list that is %s, and says so", async ([, answered, warning]) => {
    const { env } = await signedIn("ann@example.com");
    answer = answered;
    const args = ["roles", "--json", "--idp", "acme", "--roles-url", `http://127.0.0.1:${port}/`];
    const { status, stdout, stderr } = await world.run(args, { env });
    expect(status).toBe(0);
    expect(rolesOf(stdout)).toHaveLength(5);
    expect(stderr).toMatch(warning);
    expect(stderr).not.toContain("\u001b");
  });

  it("does not wait for ever for a company's list that never comes", { timeout: 30_000 }, async () => {
    const { env } = await signedIn("ann@example.com");
    const silent: Server = createServer(() => undefined);
    const args = [
      "roles",
      "--json",
      "--idp",
      "acme",
      "--roles-url",
      `http://127.0.0.1:${await servers.listen(silent)}/`,
    ];
    const { status, stdout, stderr } = await world.run(args, { env });
    expect(status).toBe(0);
    expect(rolesOf(stdout)).toHaveLength(5);
    expect(stderr).toContain("no complete answer within 10 s");
  });

  it.each([
    ["http://acme.example/roles.json", "must be https"],
    ["https://ann:secret@acme.example/", "must hold no user"],
    ["roles.json", "must be a URL"],
  ])("refuses the address %s", async (url, problem) => {
    const { status, stderr } = await world.run(["roles", "--idp", "acme", "--roles-url", url]);
    expect(status).toBe(2);
    expect(stderr).toContain(`--roles-url`);
    expect(stderr).toContain(problem);
    expect(stderr).not.toContain("secret");
  });

  it("says that a sign-in is needed where nobody can be asked", async () => {
    const { status, stdout, stderr } = await world.run(["roles", "--idp", "acme"], { env: await world.anotherHome() });
    expect({ status, stdout, stderr }).toMatchObject({
      status: 4,
      stdout: "",
      stderr: matching(/tegata login --idp acme/),
    });
  });

  it("asks on a terminal, and shows a table there", async (context) => {
    const env = await world.anotherHome();
    const running = onTerminal("tegata roles --idp acme --no-browser", world, context, { env, columns: 80 });
    const [, url = ""] = await running.stdoutMatching(/tegata: open (\S+)\r\n/);
    await world.sandbox.approve(url);
    const { status, stdout } = await running.ended;
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /ACCOUNT {7}ROLE {7}FROM {6}PROFILE\r\n123456789012 {2}Developer {2}claim {5}dev\r\n123456789012 {2}ReadOnly {3}claim {5}readonly\r\n/,
    );
  });

  it("is about every identity provider where none is named, and says at which nobody is signed in", async () => {
    const { env } = await signedIn("ann@example.com");
    const { status, stdout, stderr } = await world.run(["roles"], { env });
    expect(status).toBe(0);
    expect(stdout).toBe(["Developer", "ReadOnly", "Unnamed", "BobOnly"].map((name) => `${arn(name)}\n`).join(""));
    expect(stderr).toBe("tegata: warning: nobody is signed in at plain, whose roles are unknown so far\n");
  });

  it("asks somebody who is signed in nowhere for one identity provider where there is one", async () => {
    const env = await world.anotherHome();
    const settings = `[idp.only]\ntype = "auth0"\ndomain = "${world.sandbox.auth0.domain}"\nclient_id = "tegata-cli"\n`;
    await world.writeSettings(settings, `${env.HOME}/.config/tegata/tegata.toml`);
    const running = world.start(["roles", "--prompt", "always", "--no-browser"], { env });
    await approveOnStderr(running, world.sandbox);
    expect(await running.ended).toMatchObject({ status: 0, stdout: matching(/role\/Unnamed\n/) });
  });
});
