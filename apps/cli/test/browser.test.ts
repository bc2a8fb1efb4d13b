import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createBrowserStub, type BrowserStub } from "./support/browser-stub.ts";
import { loginEvents } from "./support/login-events.ts";
import { matching } from "./support/matching.ts";
import { findProgram, need } from "./support/needs.ts";
import { programs } from "./support/programs.ts";
import { start } from "./support/run.ts";
import { createWorld, type World } from "./support/world.ts";

/** With `TEGATA_TEST_SCREENSHOTS=folder`, every page that is looked at is kept there as a picture. */
const screenshots = process.env["TEGATA_TEST_SCREENSHOTS"];

const executablePath = findProgram("chromium") ?? findProgram("chromium-browser") ?? findProgram("google-chrome");

let world: World;
let browser: Browser | undefined;
let stub: BrowserStub;
beforeAll(async () => {
  world = await createWorld();
  stub = await createBrowserStub(world.folder);
  if (executablePath !== undefined) {
    const args =
      "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
    browser = await chromium.launch({ executablePath, args: args.split(" ") });
  }
}, 30_000);
afterAll(async () => {
  await browser?.close();
  await stub.close();
  await world.close();
});

const missing = executablePath === undefined ? " (skipped: no Chromium is installed here)" : "";

/** A page of a browser that knows nobody yet. */
async function newPage(): Promise<Page> {
  if (browser === undefined) {
    throw new Error("no browser runs");
  }
  const context = await browser.newContext({ viewport: { width: 800, height: 640 } });
  return context.newPage();
}

async function picture(page: Page, name: string): Promise<void> {
  if (screenshots !== undefined && existsSync(screenshots)) {
    await page.screenshot({ path: join(screenshots, `${name}.png`) });
  }
}

const session = async (page: Page) => {
  const facts = page.locator("#session");
  return {
    account: await facts.getAttribute("data-account"),
    role: await facts.getAttribute("data-role"),
    destination: await facts.getAttribute("data-destination"),
  };
};

it.skipIf(executablePath === undefined).each(["dev", "plain"])(
  `%s: a person compares the code, signs in and allows; the program goes on${missing}`,
  async (profile) => {
    const running = world.start(["login", profile, "--json"]);
    const [line] = await running.stdoutMatching(/^.*\n/);
    const [asked] = loginEvents(line);
    const { verificationUriComplete = "", userCode = "" } = asked?.event === "device_authorization" ? asked : {};
    const page = await newPage();
    await page.goto(verificationUriComplete);
    await page.locator('main[data-page="confirm"]').waitFor();
    expect(await page.locator("#user_code").textContent()).toBe(userCode);
    await picture(page, `${profile}-1-confirm`);
    await page.locator("#confirm").click();
    await page.locator("#email").fill("ann@example.com");
    await picture(page, `${profile}-2-login`);
    await page.locator("#sign-in").click();
    await page.locator("#allow").waitFor();
    expect(await page.locator("#email").textContent()).toBe("ann@example.com");
    await picture(page, `${profile}-3-consent`);
    await page.locator("#allow").click();
    await page.locator('main[data-page="done"]').waitFor();
    await picture(page, `${profile}-4-done`);
    await page.context().close();
    const { status, stdout } = await running.ended;
    expect(status).toBe(0);
    expect(loginEvents(stdout).at(-1)).toMatchObject({ event: "signed_in", profile });
  },
  20_000,
);

it.skipIf(executablePath === undefined)(
  `a person who signs in in a browser on this machine comes back to a page that says how it ended${missing}`,
  async () => {
    const env = await world.anotherHome();
    for (const [name, role, title] of [
      ["signed-in", world.sandbox.roles.developer, "You are signed in"],
      ["refused", world.sandbox.roles.bobOnly, "The sign-in did not succeed"],
    ] as const) {
      const running = world.start(["login", "plain", "--flow", "browser", "--json", "--role-arn", role], { env });
      const [line] = await running.stdoutMatching(/^.*\n/);
      const [asked] = loginEvents(line);
      const page = await newPage();
      const problems: string[] = [];
      page.on("console", (message) => problems.push(message.text()));
      await page.goto(asked?.event === "authorization_request" ? asked.authorizationUri : "");
      await page.locator("#email").fill("ann@example.com");
      await page.locator("#sign-in").click();
      await page.locator("#allow").click();
      await page.locator("h1", { hasText: title }).waitFor();
      // Neither the code nor the state is left in the address bar.
      expect(new URL(page.url())).toMatchObject({ search: "", pathname: matching(/^\/done\/[\w-]{43}$/) });
      const { stdout } = await running.ended;
      const [, last] = loginEvents(stdout);
      expect(last).toMatchObject({ event: name === "signed-in" ? "signed_in" : "error" });
      // Nobody listens any more: a reload shows nothing.
      await expect(page.context().request.get(page.url())).rejects.toThrow("ECONNREFUSED");
      // A browser says here what a policy of the page has kept out.
      expect(problems.filter((text) => !text.includes("favicon"))).toEqual([]);
      await picture(page, `end-${name}-light`);
      await page.emulateMedia({ colorScheme: "dark" });
      await picture(page, `end-${name}-dark`);
      await page.setViewportSize({ width: 360, height: 640 });
      await picture(page, `end-${name}-phone`);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
      await page.context().close();
    }
  },
  20_000,
);

it.skipIf(executablePath === undefined)(
  `a person without the link types the code by hand${missing}`,
  async () => {
    const running = world.start(["login", "plain", "--json"], { env: await world.anotherHome() });
    const [line] = await running.stdoutMatching(/^.*\n/);
    const [asked] = loginEvents(line);
    const { verificationUri = "", userCode = "" } = asked?.event === "device_authorization" ? asked : {};
    const page = await newPage();
    await page.goto(verificationUri);
    await page.locator("#user_code").fill(userCode.toLowerCase().replace("-", ""));
    await picture(page, "code-by-hand");
    await page.locator("#continue").click();
    await page.locator("#confirm").click();
    await page.locator("#sign-in").click();
    await page.locator("#deny").click();
    await page.locator('main[data-page="denied"]').waitFor();
    await picture(page, "denied");
    await page.context().close();
    expect(await running.ended).toMatchObject({ status: 5 });
  },
  20_000,
);

it.skipIf(executablePath === undefined)(
  `the console URL signs the browser in: account, role and destination are the right ones${missing}`,
  async () => {
    const { stdout, status } = await world.run(["console-url", "dev", "--destination", "s3", "--region", "us-east-1"]);
    expect(status).toBe(0);
    const page = await newPage();
    await page.goto(stdout.trim());
    expect(await session(page)).toEqual({
      account: "123456789012",
      role: "Developer",
      destination: matching(/^https:\/\/.*console\.aws\.amazon\.com\/s3/),
    });
    await picture(page, "console");
    await page.context().close();
  },
  20_000,
);

it.skipIf(executablePath === undefined)(
  `tegata console brings the browser to the console, and the token stands in no argument list${missing}`,
  async () => {
    const running = world.start(["console", "plain"], { env: { BROWSER: stub.command } });
    const { args, processes } = await stub.nextStart();
    const page = await newPage();
    await page.goto(args.at(-1) ?? "");
    expect(await session(page)).toMatchObject({ account: "123456789012", role: "Developer" });
    expect(page.url()).toBe(world.sandbox.consoleUrl);
    expect(await running.ended).toMatchObject({ status: 0, stdout: "" });
    const tokens = world.sandbox.secrets().filter(({ kind }) => kind === "signin_token");
    expect(tokens.length).toBeGreaterThan(0);
    for (const { value } of tokens) {
      expect(`${args.join(" ")} ${processes}`).not.toContain(value);
    }
    // The way back in the browser's history leads to no token either: the address answered once.
    await page.goBack().catch(() => undefined);
    await picture(page, "console-way-back");
    await page.context().close();
  },
  20_000,
);

it.skipIf(executablePath === undefined)(
  `where nothing tells who asks, the number that the terminal shows leads to the console${missing}`,
  async (context) => {
    const unshare = need("unshare", context);
    if (spawnSync(unshare, ["--user", "true"]).status !== 0) {
      context.skip("no user namespace can be made here");
    }
    const running = start([unshare, "--user", ...programs.binary, "console", "plain"], {
      cwd: world.folder,
      env: { ...world.env, BROWSER: stub.command },
    });
    const { args } = await stub.nextStart();
    const page = await newPage();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
    await page.goto(args.at(-1) ?? "");
    const field = page.getByLabel("Number");
    expect(await field.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
    await picture(page, "console-number");
    await page.emulateMedia({ colorScheme: "dark" });
    await picture(page, "console-number-dark");
    await field.fill("12");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("alert").waitFor();
    await picture(page, "console-number-wrong");
    const [, number = ""] = await running.stderrMatching(/asks for a number: it is (\d{3} \d{3})\n/);
    const path = new URL(page.url()).pathname;
    expect(asked.filter((each) => !each.endsWith(path))).toEqual([]);
    await field.fill(number);
    await field.press("Enter");
    await page.locator("#session").waitFor();
    expect(await session(page)).toMatchObject({ account: "123456789012", role: "Developer" });
    expect(page.url()).toBe(world.sandbox.consoleUrl);
    expect(await running.ended).toMatchObject({ status: 0, stdout: "" });
    await page.context().close();
  },
  20_000,
);
