import { afterAll, beforeAll, expect, it } from "vitest";
import { createBrowserStub, type BrowserStub } from "./support/browser-stub.ts";
import { onTerminal } from "./support/on-terminal.ts";
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

it("sends the browser to a loopback address, which answers once, with the sign-in", async () => {
  const running = startConsole("--destination", "s3");
  const { args, processes } = await browser.nextStart();
  expect(args).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}$/)]);
  const [url = ""] = args;
  // What browsers ask for besides, and what a stranger guesses.
  expect((await get(new URL("/favicon.ico", url).href)).status).toBe(404);
  expect((await get(new URL("/", url).href)).status).toBe(404);
  expect((await get(url, "HEAD")).status).toBe(404);
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
  expect(ended).toMatchObject({ status: 0, stdout: "", stderr: "tegata: the console is open in the browser\n" });
  await expect(get(url)).rejects.toThrow("fetch failed");
});

it("says what to do when no browser starts, and leaves no server behind", async () => {
  const ended = await world.run(["console", "dev"], { env: { BROWSER: "/nonexistent/browser" } });
  expect(ended).toMatchObject({ status: 3, stdout: "" });
  expect(ended.stderr).toBe(
    "tegata: error: no browser could be started\ntegata: hint: print the address instead: tegata console-url\n",
  );
});

it("ends at Ctrl-C while the browser has not come yet", async () => {
  const running = startConsole();
  await browser.nextStart();
  running.child.kill("SIGINT");
  expect(await running.ended).toMatchObject({ status: 130, stdout: "" });
});

it("shows nothing for a minute where no browser appears, or leaves the line there when one does", async (context) => {
  const running = onTerminal("tegata console dev", world, context, { env: { BROWSER: browser.command } });
  await running.stdoutMatching(/tegata: waiting for the browser; where none opens: Ctrl-C, then tegata console-url/);
  const { args } = await browser.nextStart();
  await get(args[0] ?? "");
  const { status, stdout } = await running.ended;
  expect(status).toBe(0);
  expect(stdout.slice(stdout.lastIndexOf("\r\u001b[K"))).toBe(
    "\r\u001b[Ktegata: the console is open in the browser\r\n",
  );
});

it("opens nothing when there are no credentials to sign in with", async () => {
  const env = { ...(await world.anotherHome()), BROWSER: browser.command };
  expect(await world.run(["console", "dev"], { env })).toMatchObject({ status: 4, stdout: "" });
});
