import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { onTerminal } from "./support/on-terminal.ts";
import type { Running } from "./support/run.ts";
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

it("shows a QR code and counts down, and takes the countdown away again", async (context) => {
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
    /^␛\[0m\r␛\[K(tegata: the sign-in is kept in [^\r]*\r\n)?tegata: signed in as ann@example\.com; credentials for Developer in 123456789012 until [^\r]*\r\n$/,
  );
  const lines = stdout.split("\r\n").filter((line) => qrCode.test(line));
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
});

it("leaves the QR code out when the window is too small for it, and shows the rest", async (context) => {
  const ended = [{ rows: 18 }, { columns: 30 }].map(async (size) => {
    const running = onTerminal("tegata login dev", world, context, size);
    await running.stdoutMatching(/tegata: waiting for the/);
    running.child.stdin.write("\u0003");
    return running.ended;
  });
  for (const { stdout } of await Promise.all(ended)) {
    expect(stdout).toMatch(/tegata: open /);
    expect(stdout).not.toMatch(qrCode);
  }
  // A countdown that wraps could not be erased.
  const [, { stdout: narrow } = { stdout: "" }] = await Promise.all(ended);
  const countdown = [...visible(narrow).matchAll(/␛\[2m([^␛]*)␛\[0m/g)].map(([, shown = ""]) => shown.length);
  expect(Math.max(...countdown)).toBeLessThan(30);
});

it("colours errors on a terminal, and not with NO_COLOR or on a dumb one", async (context) => {
  const show = async (env: Readonly<Record<string, string>>) => {
    const { status, stdout } = await onTerminal("tegata env no-such", world, context, { env }).ended;
    expect(status).toBe(2);
    return stdout;
  };
  const [coloured, plain, dumb] = await Promise.all([show({}), show({ NO_COLOR: "1" }), show({ TERM: "dumb" })]);
  expect(visible(coloured)).toMatch(/^tegata: ␛\[31merror␛\[0m: .+\r\ntegata: ␛\[36mhint␛\[0m: /);
  expect(plain).toMatch(/^tegata: error: .+\r\ntegata: hint: /);
  expect(plain).not.toContain(escape);
  expect(dumb).not.toContain(`${escape}[3`);
});

it("has neither colours nor QR code nor countdown where stderr is no terminal", async () => {
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

it('asks on the terminal while stdout goes to a file: eval "$(tegata env)" of somebody who is not signed in', async (context) => {
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
  });
  await approve(running);
  expect((await running.ended).status).toBe(0);
  expect(await readFile(join(world.folder, "stdout"), "utf8")).toMatch(/^\{"Version":1,.*\}\n$/);
  expect(await readFile(join(world.folder, "stderr"), "utf8")).toBe("");
});
