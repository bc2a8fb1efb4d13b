import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, type TestContext, vi } from "vitest";
import { onTerminal, type OnTerminal } from "./support/on-terminal.ts";
import { need } from "./support/needs.ts";
import { run, type Running } from "./support/run.ts";
import { createWorld, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

async function approve(running: Running): Promise<void> {
  const [, url = ""] = await running.stdoutMatching(/tegata: open (\S+)\r\n/);
  await world.sandbox.approve(url);
}

const escape = "\u001b";
/** With a sign in place of the escape character, so that a pattern can be read. */
const visible = (text: string) => text.replaceAll(escape, "␛");
const qrCode = /[█▀▄]{4}/;

it("a prompt shows a QR code and counts down, and takes the countdown away again", async (context) => {
  const running = onTerminal("tegata login dev", world, context);
  await running.stdoutMatching(/waiting for the browser: 1[45]:\d\d left/);
  await approve(running);
  const { status, stdout } = await running.ended;
  expect(status).toBe(0);
  expect(stdout).toMatch(qrCode);
  expect(stdout).toContain(`\r${escape}[K${escape}[2mtegata: waiting for the browser`);
  // The last thing that happens to the line is that it is erased, before the result.
  // A machine without a keyring is told so between the two.
  expect(visible(stdout.slice(stdout.lastIndexOf(`${escape}[0m`)))).toMatch(
    /^␛\[0m\r␛\[K(tegata: the sign-in is stored in [^\r]*\r\n(?: {2}[^\r]*\r\n)?)?tegata: signed in as ann@example\.com; credentials for Developer in 123456789012 until [^\r]*\r\n {2}minutes\)\r\ntegata: next: tegata exec dev -- aws sts get-caller-identity\r\n$/,
  );
  const lines = stdout.split("\r\n").filter((line) => qrCode.test(line));
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
});

/** What a person has seen when the countdown runs, and who then gives up. */
async function seen(context: TestContext, terminal: OnTerminal) {
  const running = onTerminal("tegata login plain", world, context, terminal);
  await running.stdoutMatching(/\d:\d\d left/);
  running.child.stdin.write("\u0003");
  return (await running.ended).stdout;
}

/** Without escape sequences and without the countdown. */
const linesOf = (text: string) =>
  text
    // oxlint-disable-next-line no-control-regex
    .replace(/\r\u001b\[K(\u001b\[2m[^\u001b]*\u001b\[0m)?/g, "")
    // oxlint-disable-next-line no-control-regex
    .replace(/\u001b\[\d*m/g, "")
    .split("\r\n");

describe("the window", () => {
  it.for<[columns: number, countdown: string]>([
    [80, "tegata: waiting for the browser: D:DD left"],
    [40, "tegata: waiting: D:DD left"],
    [20, "tegata: D:DD left"],
  ])(
    "of %i columns has the code on a line of its own, and a countdown that fits",
    async ([columns, countdown], context) => {
      const shown = await seen(context, { columns, rows: 24 });
      const [code = "none"] = /[A-Z]{4}-[A-Z]{4}/.exec(shown) ?? [];
      expect(visible(shown)).toContain(`\n    ␛[1m${code}␛[0m\r\n`);
      const counted = [...visible(shown).matchAll(/␛\[2m([^␛]*)␛\[0m/g)].map(([, text = ""]) =>
        text.replace(/\d+:/, "D:"),
      );
      expect(new Set(counted.map((text) => text.replace(/:\d\d/, ":DD")))).toEqual(new Set([countdown]));
      // Addresses are in one piece; everything else is broken at blanks.
      const lines = linesOf(shown).filter((line) => !line.includes("http://") && !qrCode.test(line));
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(columns);
      expect(lines.join(" ").replace(/\s+/g, " ")).toContain("(only if you started this yourself):");
    },
  );

  it.for<[name: string, terminal: OnTerminal]>([
    ["too few rows", { rows: 18 }],
    ["too few columns", { columns: 30 }],
    ["no UTF-8", { env: { LANG: "en_US.ISO-8859-1" } }],
    ["no UTF-8, by LC_ALL", { env: { LANG: "C.UTF-8", LC_ALL: "C" } }],
  ])("that cannot show a QR code shows the rest: %s", async ([, terminal], context) => {
    const shown = await seen(context, terminal);
    expect(shown).toMatch(/tegata: open /);
    expect(shown).not.toMatch(qrCode);
  });
});

it.for<[name: string, env: Readonly<Record<string, string>>]>([
  ["TERM=dumb", { TERM: "dumb" }],
  ["no TERM", { TERM: "" }],
  ["CI", { CI: "true" }],
])("a prompt has plain lines and nothing else with %s", async ([, env], context) => {
  const running = onTerminal("tegata login plain", world, context, { env });
  await running.stdoutMatching(/\n {4}[A-Z]{4}-[A-Z]{4}\r\n/);
  running.child.stdin.write("\u0003");
  const { stdout } = await running.ended;
  expect(visible(stdout)).not.toContain("␛");
  expect(stdout).not.toMatch(qrCode);
  expect(stdout.replaceAll("\r\n", "")).not.toContain("\r");
  expect(stdout).not.toContain("left");
});

it("a prompt has no escape sequences with NO_COLOR: no countdown, and a QR code, which has no colours", async (context) => {
  const running = onTerminal("tegata login plain", world, context, { env: { NO_COLOR: "1" } });
  await running.stdoutMatching(qrCode);
  running.child.stdin.write("\u0003");
  const { stdout } = await running.ended;
  expect(visible(stdout)).not.toContain("␛");
  expect(stdout).not.toContain("left");
});

it("errors are coloured on a terminal, and not with NO_COLOR or on a dumb one", async (context) => {
  const show = async (env: Readonly<Record<string, string>>) => {
    const { status, stdout } = await onTerminal("tegata env no-such", world, context, { env, columns: 200 }).ended;
    expect(status).toBe(2);
    return stdout;
  };
  const [coloured, plain, dumb] = await Promise.all([show({}), show({ NO_COLOR: "1" }), show({ TERM: "dumb" })]);
  expect(visible(coloured)).toMatch(/^tegata: ␛\[31merror␛\[0m: .+\r\ntegata: ␛\[36mhint␛\[0m: /);
  expect(plain).toMatch(/^tegata: error: .+\r\ntegata: hint: /);
  expect(visible(plain + dumb)).not.toContain("␛");
});

it("a prompt has neither colours nor QR code nor countdown where stderr is no terminal", async () => {
  const running = world.start(["login", "dev"]);
  await running.stderrMatching(/only if you started this yourself/);
  running.child.kill("SIGTERM");
  const { status, stderr } = await running.ended;
  expect(status).toBe(130);
  expect(stderr).not.toContain(escape);
  expect(stderr).not.toMatch(qrCode);
  expect(stderr).not.toContain("waiting");
  expect(stderr.split("\n")).toHaveLength(4);
  const forced = await world.run(["env", "no-such"], { env: { FORCE_COLOR: "1" } });
  expect(forced.stderr).toContain(`${escape}[31m`);
});

it("Ctrl-C ends with 130 and leaves a clean line", async (context) => {
  const running = onTerminal("tegata login dev", world, context);
  await running.stdoutMatching(/waiting for the browser/);
  running.child.stdin.write("\u0003");
  const { status, stdout } = await running.ended;
  expect(status).toBe(130);
  expect(visible(stdout)).toMatch(/\r␛\[Ktegata: ␛\[31merror␛\[0m: interrupted\r\n$/);
});

it("a countdown that was carried over when the window was made narrower leaves nothing behind", async (context) => {
  const stty = need("stty", context);
  const running = onTerminal("tty; exec tegata login plain", world, context, { columns: 80, rows: 20 });
  const [, device = ""] = await running.stdoutMatching(/(\/dev\/\S+)\r\n[^]*waiting for the browser/);
  const { status } = await run([stty, "-F", device, "cols", "25"], { env: world.env, cwd: world.folder });
  expect(status).toBe(0);
  // The line has become two: the cursor goes up to where it began.
  // oxlint-disable-next-line no-control-regex
  await running.stdoutMatching(/\r\u001b\[1A\u001b\[J\u001b\[2mtegata: \d+:\d\d left/);
  running.child.stdin.write("\u0003");
  expect((await running.ended).status).toBe(130);
});

it("a job in the background has no countdown: another one has the terminal", async (context) => {
  const bash = need("bash", context);
  const running = onTerminal(`${bash} -c 'set -m; tegata login plain & wait'`, world, context);
  await approve(running);
  const { stdout } = await running.ended;
  expect(stdout).toContain("signed in as");
  expect(stdout).not.toContain("left");
  expect(visible(stdout)).not.toContain("␛[K");
});

it("tegata asks nobody any more once its terminal is closed", async (context) => {
  const env = await world.anotherHome();
  const running = onTerminal("echo pid=$$; exec tegata login plain", world, context, { env });
  const [, pid = ""] = await running.stdoutMatching(/pid=(\d+)\r\n[^]*left/);
  running.child.kill("SIGKILL");
  await running.ended;
  await vi.waitFor(() => expect(() => process.kill(Number(pid), 0)).toThrow("ESRCH"), { timeout: 10_000 });
  const places = { cacheDir: join(env.HOME, ".cache/tegata"), stateDir: join(env.HOME, ".local/state/tegata") };
  const kept = (await world.storedFiles(places)).filter(({ content }) => /refresh_?token|AccessKeyId/i.test(content));
  expect(kept).toEqual([]);
});

it('tegata asks on the terminal while stdout goes to a file: eval "$(tegata env)" of somebody who is not signed in', async (context) => {
  const env = await world.anotherHome();
  const running = onTerminal("tegata env dev >answer", world, context, { env });
  await approve(running);
  expect((await running.ended).status).toBe(0);
  expect(await readFile(join(world.folder, "answer"), "utf8")).toMatch(
    /^unset AWS_PROFILE;\n[\s\S]*export AWS_REGION=/,
  );
});

it("--prompt tty asks at the terminal device even when an SDK holds stdout and stderr", async (context) => {
  const env = await world.anotherHome();
  const running = onTerminal("tegata credential-process dev --prompt tty >stdout 2>stderr </dev/null", world, context, {
    env,
    columns: 40,
  });
  // As wide as that device.
  await running.stdoutMatching(/tegata: waiting: \d+:\d\d left/);
  await approve(running);
  expect((await running.ended).status).toBe(0);
  expect(await readFile(join(world.folder, "stdout"), "utf8")).toMatch(/^\{"Version":1,.*\}\n$/);
  expect(await readFile(join(world.folder, "stderr"), "utf8")).toBe("");
});

it("--prompt tty asks at the terminal device in the browser flow, and the page says how it ended", async (context) => {
  const env = await world.anotherHome();
  const command =
    "tegata credential-process plain --prompt tty --flow browser --no-browser >stdout 2>stderr </dev/null";
  const running = onTerminal(command, world, context, { env, columns: 500 });
  const [, url = ""] = await running.stdoutMatching(/tegata: open (\S+)\r\n/);
  const page = await world.sandbox.browse(url);
  expect(page.html).toContain("You are signed in");
  expect((await running.ended).status).toBe(0);
  expect(await readFile(join(world.folder, "stdout"), "utf8")).toMatch(/^\{"Version":1,.*\}\n$/);
  expect(await readFile(join(world.folder, "stderr"), "utf8")).toBe("");
});

/** What commands print where stdout is no terminal. */
async function wholePages(commands: readonly string[]): Promise<string> {
  const pages = commands.map((command) => world.run(command.split(" ").slice(1)));
  return (await Promise.all(pages)).map(({ stdout, stderr }) => stdout + stderr).join("");
}

describe("pages for people", () => {
  // A word by itself cannot be broken.
  const inOnePiece = /\S{18}|tegata |^ *\S+$/;

  it.for([80, 40, 20])("break at blanks at %i columns", async (columns, context) => {
    const commands = ["tegata", "tegata help settings", "tegata exec --help", "tegata status", "tegata plugins"];
    const long = "TEGATA_CONFIG=/a/path/that/is/not/there tegata login";
    const { stdout } = await onTerminal([...commands, long].join("; "), world, context, { columns }).ended;
    const lines = linesOf(stdout);
    expect(lines.length).toBeGreaterThan(150);
    expect(lines.filter((line) => line.length >= columns && !inOnePiece.test(line))).toEqual([]);
    // No word of the texts is torn.
    const ofTerminal = "tegata: settings file:";
    const words = new Set(`${await wholePages(commands)} ${ofTerminal}`.split(/[\s[\]]+/));
    const said = linesOf(stdout)
      .slice(0, -8)
      .join(" ")
      .split(/[\s[\]]+/);
    expect(said.filter((word) => !words.has(word))).toEqual([]);
  });

  it("have one line for each thing where they go to a pipe or a file", async (context) => {
    const command = "tegata status dev | cat; tegata env no-such 2>&1 | cat; tegata plugins >plugins";
    const { stdout } = await onTerminal(command, world, context, { columns: 30 }).ended;
    expect(stdout.split("\r\n").filter((line) => line.includes("known: dev"))).toHaveLength(1);
    expect(stdout).toMatch(/ {2}role {9}arn:aws:iam::123456789012:role\/Developer\r\n/);
    const plugins = (await readFile(join(world.folder, "plugins"), "utf8")).trimEnd().split("\n");
    // A blank line stands between two lists.
    const shape = /^(?:identity providers|formats), built in|^ {2}\S+ {2,}\S|^$/;
    expect(plugins.filter((line) => !shape.test(line))).toEqual([]);
  });
});
