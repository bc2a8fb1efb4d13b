import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBrowserStub, type BrowserStub } from "./support/browser-stub.ts";
import { onTerminal } from "./support/on-terminal.ts";
import { createWorld, type World } from "./support/world.ts";

let world: World;
let stub: BrowserStub;
beforeAll(async () => {
  world = await createWorld();
  stub = await createBrowserStub(world.folder);
  const programs = {
    "bin/lynx": "test -t 0 && test -t 1 && test -t 2 && echo the page of lynx",
    "bin/fails": "exit 3",
    "bin/chats": `echo to stdout; echo to stderr >&2; '${stub.command}' "$@"`,
    "bin/stays": `'${stub.command}' "$@"; exec sleep 30`,
  };
  for (const [path, code] of Object.entries(programs)) {
    await writeFile(await placeFor(path), `#!/bin/sh\n${code}\n`, { mode: 0o755 });
  }
  for (const path of ["bin/b", "My Browser/b", "100%%/b", "with:colon/b", "home/own/b"]) {
    await symlink(stub.command, await placeFor(path));
  }
});
afterAll(async () => {
  await stub.close();
  await world.close();
});

async function placeFor(path: string): Promise<string> {
  const file = join(world.folder, path);
  await mkdir(dirname(file), { recursive: true });
  return file;
}

/** `@` stands for the folder of the browsers. */
const withFolder = (value: string) => value.replaceAll("@", world.folder);
const withoutFolder = (text: string) => text.replaceAll(`${world.folder}/`, "");

/** A sign-in that opens the page, in a session of its own: without a terminal, also where the tests have one. */
const signIn = (BROWSER: string) =>
  world.start(["login", "plain", "--browser"], { env: { BROWSER: withFolder(BROWSER) }, ownGroup: true });

describe("BROWSER is read as a shell, xdg-open and Python's webbrowser do", () => {
  it.each<[value: string, ...started: string[]]>([
    ["  @/bin/b  --new\t--x ", "bin/b", "--new", "--x", "URL"],
    ['"@/My Browser/b" --new', "My Browser/b", "--new", "URL"],
    ["@/My\\ Browser/b", "My Browser/b", "URL"],
    ["@/My Browser/b", "My Browser/b", "URL"],
    ["@/100%%/b", "100%%/b", "URL"],
    ["@/bin/b --url=%s '%s' %% &", "bin/b", "--url=URL", "URL", "%"],
    ["@/with%ccolon/b", "with:colon/b", "URL"],
    ['"@/with:colon/b"', "with:colon/b", "URL"],
    ["@/bin/b $(touch x) ; touch x", "bin/b", "$(touch", "x)", ";", "touch", "x", "URL"],
    ["~/own/b", "home/own/b", "URL"],
    ["bin/b", "bin/b", "URL"],
    [":: :@/bin/b:@/bin/stays", "bin/b", "URL"],
    ["@/nowhere:@/bin:@/bin/fails:@/bin/b", "bin/b", "URL"],
  ])("when it is %s", async (value, ...started) => {
    const running = signIn(value);
    const { program, args } = await stub.nextStart();
    const [, url = ""] = await running.stderrMatching(/open (\S+)\n/);
    running.child.kill("SIGTERM");
    expect([program, ...args].map((word) => withoutFolder(word.replaceAll(url, "URL")))).toEqual(started);
    const { stderr } = await running.ended;
    expect(stderr).not.toContain("no browser");
  });
});

describe("a command in BROWSER", () => {
  it.each(["@/bin/chats", "@/bin/stays"])("is neither heard nor waited for: %s", async (value) => {
    const running = signIn(value);
    const { args } = await stub.nextStart();
    await world.sandbox.approve(args.at(-1) ?? "");
    const { status, stdout, stderr } = await running.ended;
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(stderr).not.toContain("to std");
    expect(stderr).toContain("signed in as");
  });

  it.each<[value: string, reason: string]>([
    ["@/nowhere", "nowhere in BROWSER: it cannot be started: no such file or folder (ENOENT)"],
    ["@/bin/fails", "bin/fails in BROWSER: it ended at once with status 3"],
    ["@/bin/lynx", "bin/lynx in BROWSER: it needs a terminal"],
    ["'@/bin/b", "BROWSER ends within quotes or behind a backslash"],
    ["%s", "%s in BROWSER: it cannot be started: no such file or folder (ENOENT)"],
  ])("that opens nothing is named with the reason, and the address is shown: %s", async (value, reason) => {
    const running = signIn(value);
    const [, url = "", said = ""] = await running.stderrMatching(/open (\S+)\n[^]*(no browser could .*)\n/);
    await world.sandbox.approve(url);
    expect((await running.ended).status).toBe(0);
    expect(withoutFolder(said)).toBe(`no browser could be opened (${reason}): open the page yourself`);
  });

  it("that is a text browser has the terminal until it ends, even where stdout and stderr lead elsewhere", async (context) => {
    const running = onTerminal("tegata login plain --browser --prompt always >out 2>err", world, context, {
      env: { BROWSER: join(world.folder, "bin/lynx") },
    });
    await running.stdoutMatching(/the page of lynx/);
    const said = await readFile(join(world.folder, "err"), "utf8");
    await world.sandbox.approve(/open (\S+)\n/.exec(said)?.[1] ?? "");
    expect((await running.ended).status).toBe(0);
    expect(await readFile(join(world.folder, "out"), "utf8")).toBe("");
  });

  it("that is a text browser is not for the console", async () => {
    await world.signIn("plain");
    const ended = await world.run(["console", "plain"], { env: { BROWSER: "lynx" } });
    expect(ended).toMatchObject({ status: 3, stdout: "" });
    expect(ended.stderr).toMatch(
      /no browser could be started: lynx in BROWSER: a text browser cannot show this page\n.*console-url/,
    );
  });
});
