import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandsOf } from "../src/commands/commands.ts";
import { defaultPlugins } from "../src/program/run.ts";
import { credentialProcessOutput } from "./support/credential-process-output.ts";
import { loginEvents } from "./support/login-events.ts";
import { matching } from "./support/matching.ts";
import { cachedCredentials } from "./support/records.ts";
import { expectRefusal } from "./support/refusal.ts";
import { approveOnStderr, createWorld, type Ended, type World } from "./support/world.ts";

let world: World;
let logins: { readonly dev: Ended; readonly plain: Ended };
beforeAll(async () => {
  world = await createWorld();
  const [dev, plain] = await Promise.all([world.login("dev"), world.login("plain")]);
  logins = { dev, plain };
});
afterAll(() => world.close());

const credentialsOf = async (...args: string[]) => {
  const ended = await world.run(["credential-process", ...args]);
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  return credentialProcessOutput(ended);
};

describe("login", () => {
  it.each(["dev", "plain"] as const)("%s: writes the events that programs read, each exactly as documented", (name) => {
    const { status, stdout } = logins[name];
    expect(status).toBe(0);
    const { sandbox } = world;
    const issuer = name === "dev" ? sandbox.auth0.issuer : sandbox.oidc.issuer;
    const [asked, signedIn, ...more] = loginEvents(stdout);
    expect(more).toEqual([]);
    expect(asked).toMatchObject({ event: "device_authorization" });
    expect(signedIn).toMatchObject({
      event: "signed_in",
      issuer,
      subject: matching(name === "dev" ? /^auth0\|65f1/ : /^65f1/),
      profile: name,
      roleArn: sandbox.roles.developer,
    });
    const ends = signedIn?.event === "signed_in" ? Date.parse(signedIn.expiresAt ?? "") : Number.NaN;
    expect((ends - Date.now()) / 60_000).toBeGreaterThan(58);
  });

  it("says to a person where to go, which code to compare, and what came of it", async () => {
    const running = world.start(["login", "dev"]);
    await approveOnStderr(running, world.sandbox);
    const { status, stdout, stderr } = await running.ended;
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    const [open, compare, done, ...more] = stderr.split("\n");
    const code = /user_code=([A-Z]{4}-[A-Z]{4})$/.exec(open ?? "")?.[1];
    expect(code).toBeDefined();
    expect(open).toMatch(/^tegata: open http:\/\/127\.0\.0\.1:\d+\/\S+$/);
    expect(compare).toBe(`tegata: and check that it shows the code ${code} (only if you started this yourself)`);
    expect(done).toMatch(
      /^tegata: signed in as ann@example\.com; credentials for Developer in 123456789012 until (\S+ )?\d\d:\d\d \(in 60 minutes\)$/,
    );
    expect(more).toEqual([""]);
  });

  it("leaves out what it does not know: neither profile nor role, so no member for them", async () => {
    const { oidc } = world.sandbox;
    const env = { ...(await world.anotherHome()), TEGATA_CONFIG: "/dev/null" };
    const running = world.start(["login", "--json", "--issuer", oidc.issuer, "--client-id", oidc.clientId], { env });
    await running.stdoutMatching(/\n/);
    await approveOnStderr(running, world.sandbox);
    const { status, stdout } = await running.ended;
    expect(status).toBe(0);
    expect(Object.keys(loginEvents(stdout)[1] ?? {})).toEqual(["event", "issuer", "subject"]);
  });

  it("ends with 5 when the person says no, with an error event and an error line", async () => {
    const running = world.start(["login", "dev", "--json"], { env: await world.anotherHome() });
    const [, url = ""] = await running.stderrMatching(/open (\S+)\n/);
    await world.sandbox.deny(url);
    const { status, stdout, stderr } = await running.ended;
    expect(status).toBe(5);
    expect(loginEvents(stdout).at(-1)).toMatchObject({ event: "error", code: "sign_in_denied" });
    expect(stderr).toMatch(/^tegata: error: .+$/m);
    expect(stderr).toMatch(/^tegata: hint: .+$/m);
  });
});

describe("credential-process", () => {
  it("answers from the cache: the same bytes, no request, nothing on stderr", async () => {
    world.sandbox.requests.clear();
    const first = await world.run(["credential-process", "dev"]);
    const second = await world.run(["credential-process", "--profile", "dev"]);
    expect(first).toMatchObject({ status: 0, stderr: "" });
    expect(second).toEqual(first);
    credentialProcessOutput(first);
    expect(world.sandbox.requests.all()).toEqual([]);
  });

  it("uses the ID token again for another role: one request to STS, none for tokens, nobody is asked", async () => {
    world.sandbox.requests.clear();
    const readOnly = await credentialsOf("readonly");
    const { requests } = world.sandbox;
    expect([requests.count("sts"), requests.count("token"), requests.count("device_authorization")]).toEqual([1, 0, 0]);
    expect(readOnly.AccessKeyId).not.toBe((await credentialsOf("dev")).AccessKeyId);
  });

  it("--fresh gets new credentials from the same sign-in, and they are the cached ones from then on", async () => {
    const before = await credentialsOf("dev");
    world.sandbox.requests.clear();
    const fresh = await credentialsOf("dev", "--fresh");
    expect(fresh.AccessKeyId).not.toBe(before.AccessKeyId);
    expect([world.sandbox.requests.count("sts"), world.sandbox.requests.count("token")]).toEqual([1, 0]);
    expect(await credentialsOf("dev")).toEqual(fresh);
  });

  it("fails at once, without a request, when nobody has signed in, and names the command that helps", async () => {
    const env = await world.anotherHome();
    world.sandbox.requests.clear();
    const start = performance.now();
    const ended = await world.run(["credential-process", "dev"], { env });
    expect(performance.now() - start).toBeLessThan(1000);
    expect(ended).toEqual({
      status: 4,
      signal: null,
      stdout: "",
      stderr: "tegata: error: a sign-in in the browser is needed\ntegata: hint: tegata login dev\n",
    });
    expect(world.sandbox.requests.all()).toEqual([]);
    const asJson = await world.run(["credential-process", "dev", "--error-format", "json"], { env });
    expect(asJson).toMatchObject({ status: 4, stdout: "" });
    expect(JSON.parse(asJson.stderr)).toMatchObject({ code: "sign_in_required", hint: "tegata login dev" });
  });

  it("refuses a role that the person may not have with 5, and names it", async () => {
    const ended = await world.run(["credential-process", "bob"]);
    expect(ended).toMatchObject({ status: 5, stdout: "" });
    expect(ended.stderr).toMatch(/^tegata: error: .*BobOnly/m);
  });
});

describe("env", () => {
  it.each([
    ["sh", (name: string, value: string) => `export ${name}='${value}';`, (name: string) => `unset ${name};`],
    [
      "fish",
      (name: string, value: string) => `set -gx ${name} '${value}';`,
      (name: string) => `set -e ${name}; or true;`,
    ],
  ])(
    "%s: sets what AWS clients read and the profile, and takes away what would win over it",
    async (shell, set, unset) => {
      const answer = await credentialsOf("dev");
      const ended = await world.run(["env", "dev", "--shell", shell]);
      expect(ended).toMatchObject({ status: 0, stderr: "" });
      expect(ended.stdout.split("\n")).toEqual([
        unset("AWS_PROFILE"),
        unset("AWS_DEFAULT_PROFILE"),
        unset("AWS_SECURITY_TOKEN"),
        set("AWS_ACCESS_KEY_ID", answer.AccessKeyId),
        set("AWS_SECRET_ACCESS_KEY", answer.SecretAccessKey),
        set("AWS_SESSION_TOKEN", answer.SessionToken),
        set("AWS_REGION", "us-east-1"),
        set("AWS_DEFAULT_REGION", "us-east-1"),
        set("AWS_CREDENTIAL_EXPIRATION", answer.Expiration),
        set("AWS_ACCOUNT_ID", answer.AccountId),
        set("TEGATA_PROFILE", "dev"),
        "",
      ]);
    },
  );

  it.each(["sh", "fish"])("%s: --unset needs neither settings nor a network", async (shell) => {
    world.sandbox.requests.clear();
    const ended = await world.run(["env", "--unset", "--shell", shell], {
      env: { HOME: "/nonexistent", TEGATA_CONFIG: "/nonexistent/tegata.toml" },
    });
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    const statement = (name: string) => (shell === "fish" ? `set -e ${name}; or true;` : `unset ${name};`);
    expect(ended.stdout.split("\n").slice(0, -1).sort()).toEqual(
      [
        "AWS_ACCESS_KEY_ID",
        "AWS_ACCOUNT_ID",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "TEGATA_PROFILE",
      ].map(statement),
    );
    expect(world.sandbox.requests.all()).toEqual([]);
  });
});

describe("console-url", () => {
  it("prints one URL that signs a browser in, with the keys sent in a body and none in the URL", async () => {
    world.sandbox.requests.clear();
    const ended = await world.run(["console-url", "dev", "--destination", "s3"]);
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    expect(ended.stdout).toMatch(/^\S+\n$/);
    const url = new URL(ended.stdout.trim());
    expect(`${url.origin}${url.pathname}`).toBe(world.sandbox.federation.endpoint);
    expect([...url.searchParams.keys()].sort()).toEqual(["Action", "Destination", "Issuer", "SigninToken"]);
    const [request] = world.sandbox.requests.all();
    expect(request).toMatchObject({ method: "POST", queryParameterNames: [], operation: "getSigninToken" });
    const login = await fetch(url, { redirect: "manual" });
    expect(login.status).toBe(302);
    const cookie = login.headers.get("set-cookie")?.split(";")[0] ?? "";
    const page = await fetch(login.headers.get("location") ?? "", { headers: { cookie } });
    expect(await page.text()).toMatch(/data-account="123456789012" data-role="Developer".*data-destination="[^"]*s3/);
  });
});

describe("the pages about tegata itself:", () => {
  it("profiles prints the names, and with --json what each one is", async () => {
    expect(await world.run(["profiles"])).toMatchObject({
      status: 0,
      stdout: "dev\nplain\nreadonly\nbob\n",
      stderr: "",
    });
    const asJson = await world.run(["profiles", "--json"]);
    expect(JSON.parse(asJson.stdout)).toContainEqual({
      name: "plain",
      idp: "plain",
      roleArn: world.sandbox.roles.developer,
      layer: "person",
    });
  });

  it("plugins prints each identity provider and format, with where it comes from and its version", async () => {
    const { stdout, status } = await world.run(["plugins"]);
    expect(status).toBe(0);
    const version = (await world.run(["--version"])).stdout.trim();
    const [idps = "", formats = ""] = stdout.split(/(?<=\n)(?=formats)/);
    expect(idps.split("\n", 1)).toEqual([`identity providers, built in (${version}):`]);
    expect(formats.split("\n", 1)).toEqual([`formats, built in (${version}):`]);
    for (const id of ["auth0", "oidc"]) {
      expect(idps).toMatch(new RegExp(`^ {2}${id} {2,}\\S`, "m"));
    }
    for (const id of ["credential-process", "env", "console-url"]) {
      expect(formats).toMatch(new RegExp(`^ {2}${id} {2,}\\S`, "m"));
    }
  });

  it("--version prints the version of the package and nothing else", async () => {
    const packageJson = await readFile(new URL("../package.json", import.meta.url), "utf8");
    const { stdout } = await world.run(["--version"]);
    expect(packageJson).toContain(`"version": "${stdout.trim()}"`);
    expect(stdout).toMatch(/^\S+\n$/);
  });

  it("--help lists every command, and no internal one", async () => {
    const { status, stdout, stderr } = await world.run(["--help"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const commands = [...stdout.matchAll(/^ {2}([a-z]\S*)|(?<= {2})([a-z]+(?:-[a-z]+)*-env)(?= |$)/gm)].map(
      ([, name, other]) => name ?? other,
    );
    const visible = commandsOf(defaultPlugins.formats).filter(({ hidden }) => hidden !== true);
    const listed = visible.filter(({ group }) => group !== "help").map(({ name }) => name);
    expect(commands).toEqual(expect.arrayContaining(listed));
    expect(commands).toHaveLength(listed.length);
    expect(stdout).toMatch(/^tegata help COMMAND, .*tegata version$/m);
    expect((await world.run([])).stdout).toBe(stdout);
    expect((await world.run(["help"])).stdout).toBe(stdout);
    const unknown = await world.run(["nonsense", "--help"]);
    expectRefusal(unknown, { status: 2, error: 'there is no command "nonsense"', hint: "tegata --help" }, world);
    // What stands behind the name is said in words that a person knows.
    for (const asked of [
      ["login", "--help"],
      ["login", "help"],
      ["help", "login"],
    ]) {
      expect((await world.run(asked)).stdout).toMatch(/^tegata login \[profile\] \[flags\]\n/);
    }
  });

  it("--help of a command without a profile lists its own arguments, and no settings of a profile", async () => {
    const { stdout } = await world.run(["hook", "--help"]);
    expect(stdout).toMatch(/^tegata hook SHELL\n/);
    expect(stdout).toMatch(/SHELL +bash, zsh, ksh/);
    expect(stdout).not.toContain("--role-arn");
    const refused = await world.run(["hook", "bash", "--role-arn=arn:aws:iam::123456789012:role/Developer"]);
    expectRefusal(
      refused,
      { status: 2, error: "tegata hook has no use for --role-arn", hint: "tegata hook bash" },
      world,
    );
  });

  it("help settings lists every setting, and says which identity provider it is for", async () => {
    const { stdout } = await world.run(["help", "settings"]);
    expect(stdout).toMatch(/--tenant +entra: the tenant's id/);
    expect(stdout).toMatch(/--audience +auth0, oidc, okta, entra, workload: /);
    const flags = [...stdout.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, flag]) => flag);
    const settings =
      "profile config idp role-arn role-session-name duration region prompt browser fresh quiet verbose error-format";
    const others = "federation-endpoint domain issuer client-id scope audience";
    expect(flags).toEqual(expect.arrayContaining(`${settings} ${others}`.split(" ")));
    const page = (await world.run(["help", "environment"])).stdout;
    expect(page).toMatch(/^ {2}AWS_REGION, AWS_DEFAULT_REGION +region$/m);
    expect((await world.run(["help", "ENVIRONMENT"])).stdout).toBe(page);
  });

  it.each([
    ["login", ["json", "if-needed", "for"]],
    ["env", ["shell", "unset"]],
    ["console-url", ["destination", "session-duration"]],
    ["logout", ["all", "json"]],
    ["credential-process", []],
  ])("%s --help lists its own flags", async (command, own) => {
    const { stdout } = await world.run([command, "--help"]);
    const flags = [...stdout.matchAll(/^ +--([a-z-]+)/gm)].map(([, flag]) => flag);
    expect(flags).toEqual(expect.arrayContaining([...own, "profile"]));
    expect(stdout).toMatch(/^ {2}tegata [a-z-]+/m);
    expect(stdout).toMatch(/\nall settings: tegata help settings\n$/);
  });

  it("version --verbose says what the program runs on, and -V what --version says", async () => {
    const { stdout } = await world.run(["--version"]);
    for (const asked of [["-V"], ["version"], ["login", "--version"]]) {
      expect(await world.run(asked)).toEqual({ status: 0, signal: null, stdout, stderr: "" });
    }
    const verbose = await world.run(["version", "--verbose"]);
    expect(verbose.stdout).toMatch(
      new RegExp(`^tegata ${stdout.trim()}\n  runtime   Bun \\d\\S+\n  platform  ${process.platform} \\S+\n$`),
    );
  });
});

it("one person's credentials are not handed out after another has signed in", async () => {
  const ann = await credentialsOf("readonly");
  await world.login("dev", { as: "bob@example.com" });
  const bob = await credentialsOf("readonly");
  expect(bob.AccessKeyId).not.toBe(ann.AccessKeyId);
  const { record } = await cachedCredentials(world.cacheDir, world.sandbox.roles.readOnly);
  expect(record.credentials.assumedRoleArn).toMatch(/\/bob@example\.com$/);
  // Ann's sign-in at the other identity provider is another one, and stays.
  world.sandbox.requests.clear();
  await credentialsOf("plain");
  expect(world.sandbox.requests.all()).toEqual([]);
});
