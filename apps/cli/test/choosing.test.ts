import { chmod, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { need } from "./support/needs.ts";
import { onTerminal, type OnTerminal } from "./support/on-terminal.ts";
import type { Running } from "./support/run.ts";
import { createWorld, settingsOf, type World } from "./support/world.ts";

const arn = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
const enter = "\r";
const down = "\u001b[B";

let world: World;
beforeAll(async () => {
  world = await createWorld({
    users: [
      {
        email: "ann@example.com",
        name: "Ann",
        id: "65f1",
        groups: [],
        claims: { "https://aws.amazon.com/roles": [arn("Developer"), arn("ReadOnly"), arn("Unnamed")] },
      },
      { email: "bob@example.com", name: "Bob", id: "b0b", groups: [] },
      {
        email: "one@example.com",
        name: "One",
        id: "one",
        groups: [],
        claims: { "https://aws.amazon.com/roles": arn("Developer") },
      },
    ],
    roles: [{ arn: arn("Unnamed") }],
  });
  const { sts } = world.sandbox;
  const open = `\n[profile.open]\nidp = "acme"\nregion = "us-east-1"\nsts_endpoint = "${sts.endpoint}"\nbrowser = false\n`;
  await world.writeSettings(settingsOf(world.sandbox) + open);
});
afterAll(() => world.close());

/** A home in which ann is signed in. */
async function homeOf(as = "ann@example.com"): Promise<{ readonly HOME: string }> {
  const env = await world.anotherHome();
  await world.signIn("dev", { env, as });
  return env;
}

/** Types what is given, each piece once its question is there. */
async function answering(running: Running, answers: readonly (readonly [question: RegExp, keys: string])[]) {
  for (const [question, keys] of answers) {
    await running.stdoutMatching(question);
    running.child.stdin.write(keys);
  }
  return running.ended;
}

const profileQuestion = /Which profile\?[^]*to search/;

describe("a command without a profile, where several fit", () => {
  it("lets a person choose on the terminal, by typing part of a name", async (context) => {
    const env = await homeOf();
    const running = onTerminal("tegata env >answer; echo status $?", world, context, { env });
    await answering(running, [
      [profileQuestion, "reado"],
      [/reado\S* \(1 match\)/, enter],
    ]);
    expect((await running.ended).stdout).toContain("status 0");
    const answer = await readFile(join(world.folder, "answer"), "utf8");
    expect(answer).toContain("export TEGATA_PROFILE='readonly'");
    expect(answer).toContain("export AWS_SESSION_TOKEN=");
  });

  it("offers what was chosen last first, and stores no secret for that", async (context) => {
    const env = await homeOf();
    const running = onTerminal("tegata json >answer", world, context, { env });
    await answering(running, [[profileQuestion, `${down}${down}${enter}`]]);
    const second = onTerminal("tegata json >answer", world, context, { env });
    const { stdout } = await answering(second, [[profileQuestion, enter]]);
    expect(stdout).toMatch(/● readonly/);
    const folder = join(env.HOME, ".local/state/tegata");
    const files = (await readdir(folder)).filter((name) => name.endsWith(".choices"));
    expect(files).toHaveLength(1);
    const stored: unknown = JSON.parse(await readFile(join(folder, files[0] ?? ""), "utf8"));
    expect(stored).toEqual({
      version: 1,
      settingsFile: join(env.HOME, ".config/tegata/tegata.toml"),
      list: "profiles",
      chosen: ["readonly"],
    });
    await world.run(["logout", "--all"], { env });
    expect((await readdir(folder)).filter((name) => name.endsWith(".choices"))).toEqual([]);
  });

  it("is asked again the next time: what was chosen is no answer to be stored", async (context) => {
    const env = await homeOf();
    const choose = () => answering(onTerminal("tegata env", world, context, { env }), [[profileQuestion, enter]]);
    await choose();
    expect((await choose()).stdout).toContain("Which profile?");
  });

  it("takes a role of the stored sign-in that no profile has, for this run", async (context) => {
    const env = await homeOf();
    const command = "tegata exec --region us-east-1 --sts-endpoint $STS -- printenv AWS_ACCESS_KEY_ID TEGATA_EXEC";
    const terminal: OnTerminal = { env: { ...env, STS: world.sandbox.sts.endpoint } };
    const { stdout } = await answering(onTerminal(command, world, context, terminal), [
      [profileQuestion, "Unnamed"],
      [/1 match/, enter],
    ]);
    expect(stdout).toMatch(/ASIA\w+\r\narn:aws:iam::123456789012:role\/Unnamed\r\n/);
  });

  it("leaves stdin to the command of exec", async (context) => {
    const env = await homeOf();
    const running = onTerminal("tegata exec -- cat", world, context, { env });
    const ended = await answering(running, [
      [profileQuestion, enter],
      [/until \d\d:\d\d/, "typed later\n\u0004"],
    ]);
    expect(ended).toMatchObject({ status: 0 });
    expect(ended.stdout).toMatch(/until \d\d:\d\d\r\ntyped later\r\n/);
  });

  it("is asked by login, too", async (context) => {
    const env = await world.anotherHome();
    const running = onTerminal("tegata login --no-browser", world, context, { env, columns: 200 });
    const ended = answering(running, [
      [profileQuestion, "plain"],
      [/plain\S* \(1 match\)/, enter],
    ]);
    await approve(running);
    expect((await ended).stdout).toMatch(/signed in as ann@example\.com; credentials for Developer/);
  });

  it.for<[what: string, command: string]>([
    ["credential-process", "tegata credential-process"],
    ["a run that may ask nobody", "tegata env --prompt never"],
    ["a run by TEGATA_PROMPT that may ask nobody", "TEGATA_PROMPT=never tegata env"],
    ["a run whose stdin is no terminal", "tegata env </dev/null"],
    ["a run whose stderr is no terminal", "tegata env 2>errors; cat errors"],
    ["a run for a program", "tegata env --error-format json"],
    ["login for a program", "tegata login --json"],
  ])("is not asked of %s: it says what is missing, as before", async ([, command], context) => {
    const env = await homeOf();
    const { stdout } = await onTerminal(`${command}; echo status $?`, world, context, { env, columns: 300 }).ended;
    expect(stdout).not.toContain("Which profile?");
    expect(stdout).toMatch(/neither a profile nor an identity provider is named/);
  });

  it.for<[what: string, command: string]>([
    ["a flag names a role", `tegata env --idp acme --role-arn ${arn("Developer")}`],
    ["a variable names a profile", "TEGATA_PROFILE=dev tegata env"],
    ["the settings name a default", "TEGATA_CONFIG=default.toml tegata env"],
    ["AWS_PROFILE names a profile", "AWS_PROFILE=dev tegata env"],
  ])("is not asked where %s", async ([, command], context) => {
    const env = await homeOf();
    await world.writeSettings(
      `default_profile = "dev"\n${settingsOf(world.sandbox)}`,
      join(world.folder, "default.toml"),
    );
    const withSts = { ...env, AWS_ENDPOINT_URL_STS: world.sandbox.sts.endpoint };
    const { stdout } = await onTerminal(command, world, context, { env: withSts }).ended;
    expect(stdout).not.toContain("Which profile?");
    expect(stdout).toContain("export AWS_ACCESS_KEY_ID=");
  });

  it("ends with 130 for Ctrl-C, and leaves the terminal as it was", async (context) => {
    need("stty", context);
    const env = await homeOf();
    const command = "stty -g >before; tegata env; echo status $?; stty -g >after; cmp before after && echo same";
    const { stdout } = await answering(onTerminal(command, world, context, { env }), [[profileQuestion, "\u0003"]]);
    expect(stdout).toMatch(/interrupted\r\n[^]*status 130\r\nsame\r\n$/);
  });

  it("ends with an error for Ctrl-D, where stdin ends", async (context) => {
    const env = await homeOf();
    const running = onTerminal("tegata env; echo status $?", world, context, { env });
    const { stdout } = await answering(running, [[profileQuestion, "\u0004"]]);
    expect(stdout).toMatch(/stdin ended before this was answered: Which profile\?[^]*status 2\r\n$/);
  });

  it.for([
    ["TERM=dumb", { TERM: "dumb" }],
    ["NO_COLOR", { NO_COLOR: "1" }],
    ["ACCESSIBLE", { ACCESSIBLE: "1" }],
  ] as const)("has numbers and no escape sequences with %s", async ([, variables], context) => {
    const env = { ...(await homeOf()), ...variables };
    const running = onTerminal("tegata env >answer; echo status $?", world, context, { env, columns: 40 });
    const { stdout } = await answering(running, [[/part of a name \[1\]: /, "3\n"]]);
    expect(stdout).toMatch(/ {2}3 {2}readonly[^]*status 0/);
    expect(stdout).not.toContain("\u001b");
    expect(await readFile(join(world.folder, "answer"), "utf8")).toContain("TEGATA_PROFILE='readonly'");
  });

  it("fits 40 columns and 500 profiles", async (context) => {
    const env = await homeOf();
    const many = Array.from(
      { length: 500 },
      (_, index) => `[profile.p${index}]\nidp = "acme"\nrole_arn = "${arn(`R${index}`)}"\n`,
    );
    await world.writeSettings(
      `${settingsOf(world.sandbox)}${many.join("")}`,
      join(env.HOME, ".config/tegata/tegata.toml"),
    );
    const running = onTerminal("tegata json >answer; echo status $?", world, context, { env, columns: 40, rows: 20 });
    const { stdout } = await answering(running, [
      [profileQuestion, "readonly"],
      [/readonly\S* \(1 match\)/, enter],
    ]);
    expect(stdout).toContain("status 0");
    // As it is first drawn: later only what changes is.
    const [first = ""] = stdout.split("to search", 1);
    // oxlint-disable-next-line no-control-regex
    const lines = first.replace(/\u001b\[[\d;?]*[A-Za-z]/g, "").split(/\r?\n/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
    expect(lines.length).toBeLessThan(20);
  });

  it("is chosen all the same where nothing can be stored", async (context) => {
    const env = await homeOf();
    const folder = join(env.HOME, ".local/state/tegata");
    const command = `chmod 500 ${folder}; tegata env >answer; echo status $?`;
    const { stdout } = await answering(onTerminal(command, world, context, { env }), [[profileQuestion, enter]]);
    await chmod(folder, 0o700);
    expect(stdout).toContain("status 0");
  });
});

async function approve(running: Running): Promise<void> {
  const [, url = ""] = await running.stdoutMatching(/tegata: open (\S+)\r\n/);
  await world.sandbox.approve(url);
}

describe("a profile without a role", () => {
  const roleQuestion = /Which role\?[^]*to search/;

  it("offers the roles of the sign-in, once somebody has signed in", async (context) => {
    const env = await world.anotherHome();
    const running = onTerminal("tegata env open >answer; echo status $?", world, context, { env });
    await approve(running);
    const { stdout } = await answering(running, [[roleQuestion, `${down}${enter}`]]);
    expect(stdout).toContain("status 0");
    expect(await readFile(join(world.folder, "answer"), "utf8")).toContain(
      "role-arn=arn:aws:iam::123456789012:role/ReadOnly",
    );
  });

  it("is offered them by login after the sign-in, which is one", async (context) => {
    const env = await world.anotherHome();
    const running = onTerminal("tegata login open", world, context, { env });
    await approve(running);
    const { status, stdout } = await answering(running, [[roleQuestion, enter]]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/signed in as ann@example\.com\r\n/);
    expect(stdout).toMatch(/credentials for Developer in 123456789012 until/);
    expect(stdout.match(/tegata: open /g)).toHaveLength(1);
  });

  it("takes the only role that is known, and says so", async (context) => {
    const env = await world.anotherHome();
    await world.writeSettings(
      `[idp.acme]\ntype = "auth0"\ndomain = "${world.sandbox.auth0.domain}"\nclient_id = "tegata-cli"\n`,
      join(env.HOME, ".config/tegata/tegata.toml"),
    );
    const withSts = { ...env, AWS_ENDPOINT_URL_STS: world.sandbox.sts.endpoint };
    const running = onTerminal("tegata env --no-browser --region us-east-1", world, context, { env: withSts });
    const [, url = ""] = await running.stdoutMatching(/tegata: open (\S+)\r\n/);
    await world.sandbox.approve(url, { as: "one@example.com" });
    const { stdout } = await running.ended;
    expect(stdout).toContain("the only role that is known: Developer in 123456789012");
    expect(stdout).toContain("export AWS_ACCESS_KEY_ID=");
  });

  it("says what is missing where no role is known", async (context) => {
    const env = await world.anotherHome();
    await world.writeSettings(
      `[idp.acme]\ntype = "auth0"\ndomain = "${world.sandbox.auth0.domain}"\nclient_id = "tegata-cli"\n[profile.x]\nidp = "acme"\n`,
      join(env.HOME, ".config/tegata/tegata.toml"),
    );
    const running = onTerminal("tegata env --no-browser; echo status $?", world, context, { env, columns: 300 });
    const [, url = ""] = await running.stdoutMatching(/tegata: open (\S+)\r\n/);
    await world.sandbox.approve(url, { as: "bob@example.com" });
    expect((await running.ended).stdout).toMatch(/no role is named: role_arn is not set[^]*status 3/);
  });

  it("says what is missing without a terminal, and asks nobody", async () => {
    const env = await homeOf();
    const { status, stderr } = await world.run(["env", "open"], { env });
    expect(status).toBe(3);
    expect(stderr).toContain("no role is named");
  });
});
