import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { onTerminal } from "./support/on-terminal.ts";
import { createWorld, settingsOf, type World } from "./support/world.ts";

let world: World;
let server: Server;
let base: string;
/** What the company's server was asked for. */
let requests: string[];
let published: string;
let home: { readonly HOME: string };
let folder: string;

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const link = (path = "/tegata.toml") => `${base}${path}`;
const hashed = (text = published) => `${link()}#sha256=${sha256(text)}`;

beforeAll(async () => {
  world = await createWorld();
  server = createServer((request, response) => {
    const { url = "" } = request;
    requests.push(url);
    const redirects: Readonly<Record<string, string>> = {
      "/moved": "/tegata.toml",
      "/elsewhere": "http://127.0.0.2:1/tegata.toml",
      "/round": "/round",
    };
    if (redirects[url] !== undefined) {
      response.writeHead(302, { location: redirects[url] }).end();
    } else if (url === "/hangs") {
      response.writeHead(200).write("#");
    } else if (url === "/huge") {
      response.writeHead(200).end("#".repeat(1_048_577));
    } else {
      response.writeHead(url === "/gone" ? 404 : url === "/busy" ? 503 : 200).end(published);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === "object" ? address?.port : address}`;
});
beforeEach(async () => {
  requests = [];
  published = `version = 3\n${settingsOf(world.sandbox)}`;
  home = await world.anotherHome();
  folder = join(home.HOME, ".config/tegata");
  await rm(join(folder, "tegata.toml"));
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await world.close();
});

const run = (args: readonly string[]) => world.run(args, { env: home });
const stored = async () => (await readdir(folder)).sort();

describe("the settings of a team, by a link with their hash", () => {
  it("become a layer below a person's own, of which every other command takes what it says and fetches nothing", async () => {
    const ended = await run(["init", hashed()]);
    expect([ended.status, ended.stdout]).toEqual([0, ""]);
    expect(ended.stderr).toContain("has the team's settings, version 3: profiles dev, plain");
    expect(requests).toEqual(["/tegata.toml"]);
    expect(await readFile(join(folder, "team.toml"), "utf8")).toBe(published);
    const own = await readFile(join(folder, "tegata.toml"), "utf8");
    expect(own).toContain(`[team]\nurl = "${link()}"\nsha256 = "${sha256(published)}"\nfetched_at = "20`);
    for (const name of ["team.toml", "tegata.toml"]) {
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    }
    await world.signIn("dev", { env: home });
    for (const args of [
      ["env", "dev"],
      ["status"],
      ["profiles"],
      ["settings"],
      ["credential-process", "dev"],
      ["whoami", "dev"],
      ["roles", "--idp", "acme"],
      ["exec", "dev", "--", "true"],
      ["console-url", "dev"],
      ["aws-config", "--write", "--yes"],
      ["doctor", "dev"],
      ["plugins"],
      ["__complete", "fish", "--", "login", ""],
      ["login", "dev", "--if-needed"],
      ["logout", "dev"],
    ]) {
      expect([args[0], (await run(args)).status]).toEqual([args[0], 0]);
    }
    expect(requests).toEqual(["/tegata.toml"]);
  });

  it("leave what a person has written as it is, and are outdone by it", async () => {
    const before = '# mine\n[profile.dev]\nregion = "eu-west-1" # near\n';
    await writeFile(join(folder, "tegata.toml"), before, { mode: 0o644 });
    const { stderr } = await run(["init", hashed()]);
    expect(stderr).toContain("your own file has profile.dev too: what that says is stronger");
    expect((await readFile(join(folder, "tegata.toml"), "utf8")).startsWith(`${before}\n[team]\n`)).toBe(true);
    expect((await stat(join(folder, "tegata.toml"))).mode & 0o777).toBe(0o644);
    const { stdout } = await run(["settings", "region", "--profile", "dev"]);
    expect(stdout).toBe(`region  eu-west-1 (person: ${join(folder, "tegata.toml")}:3:1)\n`);
  });

  it("come by a redirect at the same host, and by no other", async () => {
    expect((await run(["init", hashed().replace("/tegata.toml", "/moved")])).status).toBe(0);
    expect(requests).toEqual(["/moved", "/tegata.toml"]);
    for (const path of ["/elsewhere", "/round"]) {
      const { status, stderr } = await run(["init", link(path)]);
      expect([status, stderr]).toEqual([6, expect.stringContaining("redirects elsewhere")]);
    }
    expect(requests.filter((path) => path === "/round")).toHaveLength(4);
  });

  it("are refused, and nothing is written, where the hash is another's", async () => {
    const { status, stderr } = await run(["init", hashed("another")]);
    expect([status, stderr]).toEqual([3, expect.stringContaining("is not the file of the link: its SHA-256 is")]);
    expect(await stored()).toEqual([]);
  });

  it.each<[string, () => string, number, string]>([
    ["is no TOML", () => "[profile", 3, "not TOML"],
    ["is a page", () => "<!DOCTYPE html>", 3, "not TOML"],
    ["has a secret", () => '[idp.g]\ntype = "google"\nclient_secret = "s"\n', 3, "must not come from elsewhere"],
    ["names a file", () => '[idp.o]\ntype = "oidc"\nclient_key_file = "/k"\n', 3, "must not come from elsewhere"],
    [
      "names a command",
      () => '[idp.o]\ntype = "oidc"\nclient_secret_command = ["x"]\n',
      3,
      "must not come from elsewhere",
    ],
    ["names a policy's file", () => '[profile.p]\nsession_policy_file = "/p"\n', 3, "must not come from elsewhere"],
    ["names a program", () => '[idp.p]\ntype = "acme"\n', 3, "is not an identity provider plugin"],
    ["has an unknown key", () => '[profile.p]\nregionn = "x"\n', 3, "did you mean region?"],
    ["has [team]", () => '[team]\nurl = "https://x.example"\n', 3, "is for a person's own settings file"],
    ["has [fixed]", () => '[fixed]\nflow = "device"\n', 3, "is for the machine's settings file"],
    ["has a hostile name", () => '[profile."\\u001b[2J"]\nregion = "x"\n', 3, "profile."],
  ])("that %s are refused, and nothing is written", async (_what, text, status, words) => {
    published = text();
    const ended = await run(["init", hashed()]);
    expect([ended.status, ended.stderr]).toEqual([status, expect.stringContaining(words)]);
    expect(ended.stderr).not.toContain("\u001b");
    expect(await stored()).toEqual([]);
  });

  it.each([
    ["/gone", 3, "answers HTTP 404"],
    ["/busy", 6, "answers HTTP 503"],
    ["/huge", 6, "larger than 1048576 bytes"],
  ])("that answer at %s are an error, and what is here stays", async (path, status, words) => {
    await run(["init", hashed()]);
    const before = await readFile(join(folder, "tegata.toml"), "utf8");
    const ended = await run(["init", `${link(path)}#sha256=${sha256(published)}`]);
    expect([ended.status, ended.stderr]).toEqual([status, expect.stringContaining(words)]);
    expect([await readFile(join(folder, "tegata.toml"), "utf8"), await stored()]).toEqual([
      before,
      ["team.toml", "tegata.toml"],
    ]);
  });

  it("leave nothing behind where a person gives up while the server hangs", async () => {
    const asked = once(server, "request");
    const running = world.start(["init", link("/hangs")], { env: home });
    await asked;
    running.child.kill("SIGINT");
    expect((await running.ended).status).toBe(130);
    expect(await stored()).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ["is read-only", () => chmod(join(folder, "tegata.toml"), 0o400), "is read-only"],
    [
      "says team otherwise",
      () =>
        writeFile(join(folder, "tegata.toml"), `team = { url = "https://x.example", sha256 = "${"0".repeat(64)}" }\n`),
      "says team in a way that nothing can be put into it",
    ],
    [
      "is a folder",
      () => rm(join(folder, "tegata.toml")).then(() => mkdir(join(folder, "tegata.toml"))),
      "it is a folder",
    ],
    [
      "would be no good on top of them",
      () =>
        writeFile(
          join(folder, "tegata.toml"),
          '[profile.mine]\nidp = "plain"\n[idp.plain]\nissuer = "https://x.example"\n',
        ),
      "is missing|lacks the key type|stands without type",
    ],
  ])("are not taken where a person's own file %s: neither file changes", async (_what, change, words) => {
    await writeFile(join(folder, "tegata.toml"), "# mine\n", { mode: 0o600 });
    await change();
    const { status, stderr } = await run(["init", hashed()]);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(new RegExp(words));
    expect(await stored()).toEqual(["tegata.toml"]);
  });
});

describe("a link without a hash", () => {
  it("is shown with its hash and whom it trusts, and is not taken where nobody can say yes", async () => {
    const { status, stderr } = await run(["init", link()]);
    expect(status).toBe(2);
    for (const words of [
      `SHA-256      ${sha256(published)}`,
      `sign-in at   ${world.sandbox.oidc.issuer}`,
      `as client    ${world.sandbox.oidc.clientId}`,
      "AWS account  123456789012",
      `other host   ${new URL(world.sandbox.sts.endpoint).host}`,
      `tegata init '${hashed()}'`,
    ]) {
      expect(stderr).toContain(words);
    }
    expect(await stored()).toEqual([]);
  });

  it("is refused with --yes: nobody would have looked at it", async () => {
    const { status, stderr } = await run(["init", link(), "--yes"]);
    expect([status, stderr]).toEqual([2, expect.stringContaining("#sha256=HASH")]);
    expect(requests).toEqual([]);
  });

  it.each([
    ["http://acme.com/tegata.toml", "must be https"],
    ["https://ann:secret@acme.com/tegata.toml", "must hold no user"],
    ["https://acme.com/tegata.toml?token=x", "must hold no user, query"],
    ["https://acme.com/tegata.toml#sha256=12", "64 hex digits"],
    ["tegata.toml", "must be a URL that starts with https://"],
    ["file:///etc/passwd", "must be a URL that starts with https://"],
  ])("that is %s is a usage error, and its user is not shown", async (text, words) => {
    const { status, stderr } = await run(["init", text]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(words)]);
    expect(stderr).not.toContain("secret");
  });

  it("is taken where a person says yes on the terminal, and not where they press Enter", async (context) => {
    const no = onTerminal(`tegata init ${link()}; echo status $?`, world, context, { env: home, columns: 80 });
    await no.stdoutMatching(/Use these settings\?/);
    no.child.stdin.write("\r");
    expect((await no.ended).stdout).toContain("status 0");
    expect(await stored()).toEqual([]);
    const yes = onTerminal(`tegata init ${link()}; echo status $?`, world, context, { env: home, columns: 40 });
    await yes.stdoutMatching(/Use these settings\?/);
    yes.child.stdin.write("y");
    yes.child.stdin.write("\r");
    expect((await yes.ended).stdout).toContain("status 0");
    expect(await stored()).toEqual(["team.toml", "tegata.toml"]);
  });

  it("names at most 40 issuers before it asks, and how many more there are", async () => {
    published = Array.from(
      { length: 300 },
      (_, index) => `[idp.i${index}]\ntype = "oidc"\nissuer = "https://i${index}.example"\nclient_id = "x"\n`,
    ).join("");
    const { status, stderr } = await run(["init", link()]);
    expect([status, stderr.split("\n").filter((line) => line.includes("sign-in at")).length]).toEqual([2, 41]);
    expect(stderr).toMatch(/sign-in at +… and 260 more/);
  });

  it("is left where a person ends it with Ctrl-C at the question", async (context) => {
    const running = onTerminal(`tegata init ${link()}; echo status $?`, world, context, { env: home });
    await running.stdoutMatching(/Use these settings\?/);
    running.child.stdin.write("\u0003");
    expect((await running.ended).stdout).toContain("status 130");
    expect(await stored()).toEqual([]);
  });

  it("is printed by --print, and nothing is written", async () => {
    const { status, stdout } = await run(["init", link(), "--print"]);
    expect([status, stdout, await stored()]).toEqual([0, published, []]);
  });

  it("is printed by --print on a terminal with escapes for what cannot be seen", async (context) => {
    published = "version = 3\r\n# a \u009b31m b \u202e c\r\n";
    const { stdout } = await onTerminal(`tegata init ${link()} --print`, world, context, { env: home }).ended;
    expect(stdout).toBe("version = 3\r\n# a \\u009b31m b \\u202e c\r\n");
    expect((await run(["init", link(), "--print"])).stdout).toBe(published);
  });
});

describe("init --update", () => {
  it("says so where nothing has changed, and where nothing is remembered", async () => {
    const none = await run(["init", "--update"]);
    expect([none.status, none.stderr]).toEqual([2, expect.stringContaining("no team's settings are here")]);
    await run(["init", hashed()]);
    expect((await run(["init", "--update"])).stderr).toContain("up to date, version 3");
  });

  it("shows what has changed, and whom to trust from now on, and asks", async (context) => {
    await run(["init", hashed()]);
    const old = world.sandbox.oidc.issuer;
    published = published
      .replace("version = 3", "version = 4")
      .replace(old, "https://id.evil.example")
      .replace("123456789012", "999999999999");
    const alone = await run(["init", "--update"]);
    expect([alone.status, alone.stderr]).toEqual([2, expect.stringContaining('-issuer = "')]);
    expect(alone.stderr).toMatch(
      /new, and to be trusted from now on:\n {2}sign-in at {3}https:\/\/id\.evil\.example\n {2}AWS account {2}999999999999\n/,
    );
    const running = onTerminal("tegata init --update; echo status $?", world, context, { env: home, columns: 100 });
    await running.stdoutMatching(/Use the new settings\?/);
    running.child.stdin.write("y");
    running.child.stdin.write("\r");
    expect((await running.ended).stdout).toContain("version 4");
    expect(await readFile(join(folder, "team.toml"), "utf8")).toBe(published);
  });

  it.each([
    ["is lower", "version = 2\n", "has the version 2, and the version 3 is here already"],
    ["is gone", "", "has no version, and the version 3 is here already"],
  ])("refuses a file whose version %s", async (_what, line, words) => {
    await run(["init", hashed()]);
    published = published.replace("version = 3\n", line);
    const { status, stderr } = await run(["init", hashed()]);
    expect([status, stderr]).toEqual([3, expect.stringContaining(words)]);
  });

  it("repairs a copy that was changed or is gone, of which every command says so", async () => {
    await run(["init", hashed()]);
    await writeFile(join(folder, "team.toml"), "# changed\n", { mode: 0o600 });
    const broken = await run(["status"]);
    expect([broken.status, broken.stderr]).toEqual([3, expect.stringContaining("tegata init --update")]);
    // What was agreed to is agreed to: nobody is there to be asked.
    expect((await run(["init", "--update"])).status).toBe(0);
    expect((await run(["status"])).status).toBe(0);
    await rm(join(folder, "team.toml"));
    expect((await run(["init", hashed()])).status).toBe(0);
    expect((await run(["status"])).status).toBe(0);
  });

  it("of settings that are unreachable is an error, and all else goes on", async () => {
    await run(["init", hashed()]);
    const own = await readFile(join(folder, "tegata.toml"), "utf8");
    await writeFile(join(folder, "tegata.toml"), own.replace(base, "http://127.0.0.1:1"));
    const { status, stderr } = await run(["init", "--update"]);
    expect(status).toBe(6);
    expect(stderr).not.toContain("doctor");
    expect((await run(["profiles"])).stdout).toContain("dev\n");
    await world.signIn("dev", { env: home });
    for (const args of [["credential-process", "dev"], ["status"], ["doctor", "dev"], ["logout", "dev"]]) {
      expect(await run(args)).toMatchObject({ status: 0, stderr: expect.not.stringContaining("team") as unknown });
    }
  });
});
