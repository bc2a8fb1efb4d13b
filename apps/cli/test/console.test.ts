import { spawnSync } from "node:child_process";
import { createConnection } from "node:net";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { createBrowserStub, type BrowserStub } from "./support/browser-stub.ts";
import { onTerminal } from "./support/on-terminal.ts";
import { matching } from "./support/matching.ts";
import { need } from "./support/needs.ts";
import { programs } from "./support/programs.ts";
import { start } from "./support/run.ts";
import { createWorld, type World } from "./support/world.ts";

let world: World;
let browser: BrowserStub;
beforeAll(async () => {
  world = await createWorld();
  browser = await createBrowserStub(world.folder);
  await world.signIn("dev");
});
afterAll(async () => {
  await browser.close();
  await world.close();
});

const startConsole = (...args: string[]) =>
  world.start(["console", "dev", ...args], { env: { BROWSER: browser.command } });
const get = (url: string, method = "GET") => fetch(url, { redirect: "manual", method });
const post = (url: string, number: string) =>
  fetch(url, { method: "POST", redirect: "manual", body: new URLSearchParams({ number }) });

/** What a second user gets who has read the address in an argument list. */
const asStranger = (url: string, context: TestContext, ...flags: string[]) => {
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    context.skip("needs root, to be somebody else");
  }
  const setpriv = [need("setpriv", context), "--reuid=65533", "--regid=65533", "--clear-groups"];
  const words = [...setpriv, need("curl", context), "--silent", "--include", "--max-time", "10", ...flags, url];
  return spawnSync(words[0] ?? "", words.slice(1), { encoding: "utf8" }).stdout;
};

/** In a user namespace without any user, where everybody has the same number. */
const startUnknown = (context: TestContext) => {
  const unshare = need("unshare", context);
  if (spawnSync(unshare, ["--user", "true"]).status !== 0) {
    context.skip("no user namespace can be made here");
  }
  return start([unshare, "--user", ...programs.binary, "console", "dev"], {
    cwd: world.folder,
    env: { ...world.env, BROWSER: browser.command },
  });
};

it("tegata console sends the browser to a loopback address, which leads on once, with the sign-in", async () => {
  const running = startConsole("--destination", "s3");
  const { args, processes } = await browser.nextStart();
  expect(args).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}$/)]);
  const [url = ""] = args;
  // What browsers ask for besides, and what a stranger guesses.
  expect((await get(new URL("/favicon.ico", url).href)).status).toBe(404);
  expect((await get(new URL("/", url).href)).status).toBe(404);
  expect((await get(url, "HEAD")).status).toBe(404);
  expect((await fetch(url, { redirect: "manual", headers: { "Sec-Purpose": "prefetch;prerender" } })).status).toBe(404);
  const answer = await get(url);
  expect(answer.status).toBe(303);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
  const target = answer.headers.get("location") ?? "";
  expect(target.startsWith(`${world.sandbox.federation.endpoint}?`)).toBe(true);
  const token = new URL(target).searchParams.get("SigninToken") ?? "";
  expect(token).not.toBe("");
  expect(processes).toContain("console dev");
  expect(processes).not.toContain(token);

  const ended = await running.ended;
  expect(ended).toMatchObject({ status: 0, stdout: "", stderr: "tegata: the console was opened in the browser\n" });
  await expect(get(url)).rejects.toThrow("fetch failed");
});

it("tegata console says what to do when no browser starts, and leaves no server behind", async () => {
  const ended = await world.run(["console", "dev"], { env: { BROWSER: "/nonexistent/browser" } });
  expect(ended).toMatchObject({ status: 3, stdout: "" });
  expect(ended.stderr).toBe(
    "tegata: error: no browser could be started: /nonexistent/browser in BROWSER: it cannot be started: no such file or folder (ENOENT)\n" +
      "tegata: hint: print the address instead: tegata console-url dev\n",
  );
});

it("tegata console ends at Ctrl-C while the browser has not come yet", async () => {
  const running = startConsole();
  await browser.nextStart();
  running.child.kill("SIGINT");
  expect(await running.ended).toMatchObject({ status: 130, stdout: "" });
});

it("tegata console says on a terminal that it waits for the browser, and takes that line away when one comes", async (context) => {
  const running = onTerminal("tegata console dev", world, context, { env: { BROWSER: browser.command } });
  await running.stdoutMatching(/tegata: waiting for the browser; where none opens: Ctrl-C, then tegata console-url/);
  const { args } = await browser.nextStart();
  await get(args[0] ?? "");
  const { status, stdout } = await running.ended;
  expect(status).toBe(0);
  expect(stdout.slice(stdout.lastIndexOf("\r\u001b[K"))).toBe(
    "\r\u001b[Ktegata: the console was opened in the browser\r\n",
  );
});

it("tegata console opens nothing when there are no credentials to sign in with", async () => {
  const env = { ...(await world.anotherHome()), BROWSER: browser.command };
  expect(await world.run(["console", "dev"], { env })).toMatchObject({ status: 4, stdout: "" });
});

describe("another user of the machine", () => {
  it("is refused, does not use the address up, and is named", async (context) => {
    const running = startConsole();
    const [url = ""] = (await browser.nextStart()).args;
    for (const flags of [[], ["--head"], ["--data", "number=123456"]]) {
      const answer = asStranger(url, context, ...flags);
      expect(answer).toMatch(/^HTTP\/1\.1 403 /);
      expect(answer.toLowerCase()).not.toContain("location:");
    }
    // Of IPv6 kind, for the same address.
    expect(asStranger(url.replace("127.0.0.1", "[::ffff:127.0.0.1]"), context)).toMatch(/^HTTP\/1\.1 403 /);
    expect((await get(url)).status).toBe(303);
    expect(await running.ended).toMatchObject({
      status: 0,
      stderr:
        "tegata: warning: another user of this machine (uid 65533) asked for the console and got nothing\n" +
        "tegata: the console was opened in the browser\n",
    });
  });

  it.for(["destroy", "resetAndDestroy"])(
    "changes nothing by forms, and hanging up at once: %s",
    async (hangUp, context) => {
      const running = startConsole();
      const [url = ""] = (await browser.nextStart()).args;
      const { host, pathname, port } = new URL(url);
      const form = `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 13\r\n\r\nnumber=123456`;
      const code = `const socket = require("node:net").connect(${port}, "127.0.0.1", () => socket.write(process.argv[1], () => socket.${hangUp}()))`;
      const asOther = [need("setpriv", context), "--reuid=65533", "--regid=65533", "--clear-groups", process.execPath];
      for (let sent = 0; sent < 5; sent += 1) {
        const { status } = spawnSync(asOther[0] ?? "", [...asOther.slice(1), "-e", code, form]);
        expect(status).toBe(0);
      }
      expect((await get(url)).status).toBe(303);
      const { status, stderr } = await running.ended;
      expect([status, stderr.replace(/^tegata: warning: another user .*\n/, "")]).toEqual([
        0,
        "tegata: the console was opened in the browser\n",
      ]);
    },
  );

  it("cannot have keys of the endpoint of exec --refresh, even with its token", async (context) => {
    const code = "echo $AWS_CONTAINER_CREDENTIALS_FULL_URI $AWS_CONTAINER_AUTHORIZATION_TOKEN; read line";
    const running = world.start(["exec", "--refresh", "dev", "--", "sh", "-c", code], { keepStdinOpen: true });
    const [, url = "", token = ""] = await running.stdoutMatching(/^(\S+) (\S+)\n/);
    const answer = asStranger(url, context, "--header", `Authorization: ${token}`);
    expect(answer).toMatch(/^HTTP\/1\.1 403 the request comes from another user of this machine\r\n/);
    expect((await fetch(url, { headers: { Authorization: token } })).status).toBe(200);
    running.child.stdin.end("\n");
    await running.ended;
  });
});

it("tegata console ends with what was fetched although others hold connections open", async () => {
  const running = startConsole();
  const [url = ""] = (await browser.nextStart()).args;
  const held = createConnection(Number(new URL(url).port), "127.0.0.1");
  const closed = new Promise((resolve) => held.once("close", resolve));
  await new Promise((resolve) => held.once("connect", resolve));
  held.on("error", () => undefined).write("GET / HTTP/1.1\r\n");
  expect((await get(url)).status).toBe(303);
  expect(await running.ended).toMatchObject({ status: 0 });
  await closed;
});

describe("where nothing tells which user asks", () => {
  it("the page asks for the number in the terminal, and leads on with it", async (context) => {
    const running = startUnknown(context);
    const [url = ""] = (await browser.nextStart()).args;
    const page = await get(url);
    expect(page.status).toBe(200);
    expect(Object.fromEntries(page.headers)).toMatchObject({
      "cache-control": "no-store",
      "content-security-policy": matching(/^default-src 'none'; style-src 'sha256-/),
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    });
    const html = await page.text();
    expect(html).toContain(`<form method="post">`);
    expect(html).not.toMatch(/<script|<link|<img|https?:/);
    const [, number = ""] = await running.stderrMatching(/asks for a number: it is (\d{3} \d{3})\n/);
    expect(html).not.toContain(number);
    const wrong = await post(url, number.startsWith("0") ? "111111" : "000000");
    expect([wrong.status, wrong.headers.get("location")]).toEqual([200, null]);
    expect(await wrong.text()).toContain("That is not the number.");
    const answer = await post(url, number);
    expect([answer.status, answer.headers.get("referrer-policy")]).toEqual([303, "no-referrer"]);
    expect(answer.headers.get("location")).toMatch(/SigninToken=/);
    expect(await running.ended).toMatchObject({ status: 0, stdout: "" });
    await expect(get(url)).rejects.toThrow("fetch failed");
  });

  it("three wrong numbers close it", async (context) => {
    const running = startUnknown(context);
    const [url = ""] = (await browser.nextStart()).args;
    const statuses: number[] = [];
    for (const number of ["", "12345", "x".repeat(2000)]) {
      statuses.push((await post(url, number)).status);
    }
    expect(statuses).toEqual([200, 200, 403]);
    const { status, stderr } = await running.ended;
    expect(status).toBe(3);
    expect(stderr).toMatch(
      /\ntegata: error: three wrong numbers were typed, so nothing was opened\ntegata: hint: try again: tegata console dev\n$/,
    );
  });
});
