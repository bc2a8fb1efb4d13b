import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { findProgram, need } from "./support/needs.ts";
import { binaryFolder, script } from "./support/programs.ts";
import { hookedShells, invokeExpression, realShells, type RealShell } from "./support/shells.ts";
import { stsResponse } from "./support/sts-response.ts";
import { createWorld, run, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
});
afterEach(() => world.sandbox.faults.clear());
afterAll(() => world.close());

/** A shell as a person has it: `tegata` on `PATH`, and another tool's leftovers in the environment. */
function inShell(
  { options }: Pick<RealShell, "options">,
  program: string,
  code: string,
  env: Readonly<Record<string, string>> = {},
) {
  const PATH = `${binaryFolder}:${world.env["PATH"]}`;
  return run([program, ...options, code], { cwd: world.folder, env: { ...world.env, PATH, ...env } });
}

const leftovers = { AWS_PROFILE: "of-another-tool", AWS_SECURITY_TOKEN: "old", AWS_SESSION_TOKEN: "old" };
const whoAmI = () => `${script("caller-identity.ts").join(" ")} ${world.sandbox.sts.endpoint}`;
const annAsDeveloper = "arn:aws:sts::123456789012:assumed-role/Developer/ann@example.com\n";

describe.each(realShells)("$program", (shell) => {
  const { program, name, load, external, attempt } = shell;
  it("loads credentials that sign a request of a program started from it, and takes them back", async (context) => {
    const code = [
      load(`tegata env dev`),
      external(whoAmI()),
      external("printenv AWS_REGION"),
      load(`tegata env --unset --shell ${name}`),
      external("env"),
    ].join("\n");
    const ended = await inShell(shell, need(program, context), code, leftovers);
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    expect(ended.stdout.split("\n", 2)).toEqual([annAsDeveloper.trim(), "us-east-1"]);
    expect(ended.stdout).not.toMatch(/^AWS_/m);
  });

  it("is left as it was when nobody has signed in, and the person reads why", async (context) => {
    const env = { ...(await world.anotherHome()), AWS_REGION: "eu-central-1" };
    const code = `${attempt(load(`tegata env dev --shell ${name}`))}\n${external("printenv AWS_REGION")}`;
    const ended = await inShell(shell, need(program, context), code, env);
    expect(ended).toMatchObject({ status: 0, stdout: "eu-central-1\n" });
    expect(ended.stderr).toContain("tegata: hint: tegata login dev\n");
  });

  it("ends with status 0 when it loads and takes back, with and without variables from before", async (context) => {
    const found = need(program, context);
    for (const env of [{}, leftovers, { AWS_REGION: "eu-central-1", TEGATA_PROFILE: "dev" }]) {
      const code = [
        shell.evaluated(load(`tegata env dev --shell ${name}`)),
        shell.evaluated(load(`tegata env readonly --shell ${name}`)),
        shell.evaluated(load(`tegata env --unset --shell ${name}`)),
        shell.evaluated(load(`tegata env --unset --shell ${name}`)),
      ].join("\n");
      expect(await inShell(shell, found, code, env)).toMatchObject({ stdout: "fine\n".repeat(4), status: 0 });
    }
  });

  it.each([
    ["a profile that is not there", "env nosuch"],
    ["a flag that is not there", "env dev --no-such-flag"],
    ["a flag before the word", "--no-such-flag env"],
    ["a bad value", "env dev --duration 1s"],
    ["use", "use nosuch"],
    ["--unset", "env --unset --no-such-flag"],
  ])("reports a failure behind %s, and keeps its variables", async (_what, words) => {
    // A skipped test would be named for each.
    const found = findProgram(program);
    const code = `${shell.evaluated(load(`tegata ${words} --shell ${name}`))}\n${external("printenv AWS_REGION")}`;
    const ended = found === undefined ? undefined : await inShell(shell, found, code, { AWS_REGION: "eu-central-1" });
    expect(ended?.stdout ?? "failed\neu-central-1\n").toBe("failed\neu-central-1\n");
  });

  it("reports a failure where the shell is told by the process tree, or named wrongly", async (context) => {
    const found = need(program, context);
    const code = [shell.evaluated(load("tegata env nosuch")), shell.evaluated(load("tegata env dev --shell tcsj"))];
    expect((await inShell(shell, found, code.join("\n"))).stdout).toBe("failed\nfailed\n");
  });

  it("holds hostile values byte for byte and runs none of them", async (context) => {
    const found = need(program, context);
    const value = [
      "'$(id>canary)'`id>canary`;id>canary;\"$(id>canary)\"",
      String.raw`\';id>canary;\\'(id>canary)\"`,
      "!{a,b}*?[c]~#%&|<>$$\\n@(id>canary)",
    ].join("-");
    const body = stsResponse({ secretAccessKey: value, sessionToken: value });
    world.sandbox.faults.set({ kind: "status", area: "sts", status: 200, body });
    const print = external("env printenv AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN");
    const ended = await inShell(shell, found, `${load(`tegata env readonly --fresh`)}\n${print}`);
    expect(ended).toMatchObject({ status: 0, stdout: `${value}\n${value}\n`, stderr: "" });
    expect(existsSync(join(world.folder, "canary"))).toBe(false);
  });
});

describe.each(hookedShells)("the hook of $program", (shell) => {
  const { program, name, external, status, use, loadHook, hookFile } = shell;
  /** The shell with the hook loaded; a skipped test where it is too old for one. */
  const hooked = async (context: TestContext, code: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const found = need(program, context);
    await writeFile(join(world.folder, hookFile ?? "hook"), (await world.run(["hook", name])).stdout);
    const ended = await inShell(shell, found, [loadHook(`tegata hook ${name}`), ...code].join("\n"), env);
    if (ended.stderr.includes("tegata: tegata use needs")) {
      context.skip(ended.stderr.trim());
    }
    return ended;
  };

  it("uses a profile and takes it back, with the status of the program, and is not changed by a use that fails", async (context) => {
    const region = external("printenv AWS_REGION");
    const code = [
      status(use("dev")),
      region,
      status(use("no-such")),
      status(use("--help")),
      region,
      status(use("--off")),
      external("env"),
    ];
    const ended = await hooked(context, code, leftovers);
    const expected = "status 0\nus-east-1\nstatus 2\nstatus 0\nus-east-1\nstatus 0\n";
    expect(ended.stdout.slice(0, expected.length)).toBe(expected);
    expect(ended.stdout).toMatch(/^HOME=/m);
    expect(ended.stdout).not.toMatch(/^AWS_/m);
    expect(ended.stderr).toContain('tegata: error: the profile "no-such" is not a section');
    expect(ended.stderr).toContain("tegata use [profile] [flags]");
  });
});

it.each(["bash", "dash", "zsh", "ksh", "mksh"])(
  "a script of %s that stops at the first failure stops at a failure of tegata, and nowhere else",
  async (name) => {
    // A skipped test would be named for each.
    const found = findProgram(name);
    const options = name === "zsh" ? ["-f", "-o", "ERR_EXIT", "-uc"] : ["-euc"];
    const [load, unload] = ['eval "$(tegata env dev --shell sh)"', 'eval "$(tegata env --unset --shell sh)"'];
    const code = [unload, load, load, unload, unload, "echo fine", 'eval "$(tegata env nosuch)"', "echo deployed"].join(
      "\n",
    );
    const ended = found === undefined ? undefined : await inShell({ options }, found, code);
    expect(ended ?? { stdout: "fine\n", status: 1 }).toMatchObject({ stdout: "fine\n", status: 1 });
  },
);

it("an unquoted eval loads the credentials as well, where the shell makes one line of them", async (context) => {
  const bash = need("bash", context);
  const options = ["--norc", "-c"];
  expect(await inShell({ options }, bash, `eval $(tegata env dev)\n${whoAmI()}`)).toMatchObject({
    stdout: annAsDeveloper,
  });
});

it("a malformed region is refused, so that nothing of it reaches a shell", async () => {
  for (const region of ["us-east-1'; id>canary; '", "$(id>canary)", "us-east-1\nid>canary"]) {
    expect(await world.run(["env", "dev"], { env: { TEGATA_REGION: region } })).toMatchObject({
      status: 2,
      stdout: "false\n",
    });
    expect(await world.run(["env", "dev", "--region", region])).toMatchObject({ status: 2, stdout: "false\n" });
  }
});

it("a response of STS with a line break or a control character in it is refused", async () => {
  for (const value of ["a\nid>canary", "a\u001b[31m", "a b", "ä"]) {
    const body = stsResponse({ secretAccessKey: value, sessionToken: "x" });
    world.sandbox.faults.set({ kind: "status", area: "sts", status: 200, body });
    expect(await world.run(["env", "dev", "--fresh"])).toMatchObject({ status: 6, stdout: "false\n" });
    world.sandbox.faults.clear();
  }
});

it("a hint is safe to paste, even when the name of the profile is hostile", async (context) => {
  const sh = need("dash", context);
  const name = "$(id>canary) `id>canary`'; id>canary #";
  const settings = await readFile(world.settingsFile, "utf8");
  const config = join(world.folder, "hostile.toml");
  await writeFile(config, settings.replace("[profile.plain]", `[profile.${JSON.stringify(name)}]`));
  const args = ["credential-process", "--config", config, name];
  const ended = await world.run(args, { env: await world.anotherHome() });
  expect(ended).toMatchObject({ status: 4, stdout: "" });
  const [, hint = ""] = /^tegata: hint: (.+)$/m.exec(ended.stderr) ?? [];
  const stub = join(world.folder, "stub");
  await mkdir(stub);
  await writeFile(join(stub, "tegata"), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
  const pasted = await run([sh, "-c", hint], { cwd: world.folder, env: { PATH: `${stub}:/usr/bin:/bin` } });
  expect(pasted.stdout.split("\n")).toEqual(expect.arrayContaining(["login", name]));
  expect(existsSync(join(world.folder, "canary"))).toBe(false);
});

it("an unknown shell is refused with the names of the known ones", async () => {
  const named = '"tcsj" must be one of sh, bash, zsh, ksh, fish, csh, tcsh, powershell, pwsh, cmd, nushell, nu, elvish';
  const flag = await world.run(["env", "dev", "--shell", "tcsj"]);
  expect(flag).toMatchObject({ status: 2, stdout: "false\n" });
  expect(flag.stderr).toContain(`tegata: error: --shell ${named}`);
  const variable = await world.run(["env", "--unset"], { env: { TEGATA_SHELL: "tcsj" } });
  expect(variable).toMatchObject({ status: 2, stdout: "false\n" });
  expect(variable.stderr).toContain(`tegata: error: TEGATA_SHELL ${named}`);
});

it("a hook is refused for a shell that has no functions, with the names of those that have", async () => {
  for (const args of [["hook"], ["hook", "tcsh"]]) {
    const ended = await world.run(args);
    expect(ended).toMatchObject({ status: 2, stdout: "" });
    expect(ended.stderr).toContain("tegata: hint: choose one of bash, zsh, ksh, sh, fish, powershell, ");
  }
});

it("tegata use says how to load the hook of the shell that it was typed in", async (context) => {
  const fish = need("fish", context);
  const ended = await inShell({ options: ["--no-config", "-c"] }, fish, "tegata use dev", { SHELL: "/bin/bash" });
  expect(ended).toMatchObject({ status: 2, stdout: "false\n" });
  expect(ended.stderr).toBe(
    "tegata: error: tegata use needs a function in the shell, which is not loaded here\n" +
      "tegata: hint: load it, best in the start-up file of fish: tegata hook fish | source\n",
  );
});

it("tegata use names what is typed in PowerShell", async (context) => {
  const pwsh = need("pwsh", context);
  const load =
    "where it is not known, load it, best in the start-up file of powershell: " +
    "tegata hook powershell | Out-String | Invoke-Expression";
  for (const [words, line] of [
    ["dev", "Use-Tegata dev"],
    ["'my dev'", "Use-Tegata 'my dev'"],
    ["-p dev", "Use-Tegata dev"],
    ["--off", "Use-Tegata -Off"],
  ]) {
    const options = ["-NoProfile", "-Command"];
    const ended = await inShell({ options }, pwsh, `tegata use ${words}`, { SHELL: "/bin/bash" });
    expect(ended.status).not.toBe(0);
    expect(ended.stderr).toBe(
      "tegata: error: tegata use cannot set a PowerShell; the function Use-Tegata can\n" +
        `tegata: hint: ${line} (${load})\n`,
    );
  }
}, 120_000);

/** How people load a program's statements in PowerShell: starship's line, Microsoft's pages, what other tools print. */
const idioms = [
  (command: string) => `${command} | Out-String | Invoke-Expression`,
  (command: string) => `${command} | Invoke-Expression`,
  (command: string) => `Invoke-Expression (${command})`,
  (command: string) => `Invoke-Expression "$(${command})"`,
  (command: string) => `Invoke-Expression (& ${command} | Out-String)`,
  (command: string) => `Invoke-Expression -Command $(${command})`,
  (command: string) => `. ([scriptblock]::Create((${command})))`,
];

/** In the strictest mode. */
function inPowerShell(context: TestContext, code: readonly string[]) {
  const lines = ["Set-StrictMode -Version Latest", ...code];
  return inShell({ options: ["-NoProfile", "-Command"] }, need("pwsh", context), lines.join("\n"));
}

describe("PowerShell, by each idiom,", () => {
  it("loads the statements, and takes them back", async (context) => {
    const code = idioms.flatMap((load) => [
      load("tegata env dev"),
      '"set $Env:AWS_REGION $([bool] $Env:AWS_ACCESS_KEY_ID)"',
      load("tegata env --unset"),
      '"unset $(Test-Path Env:AWS_ACCESS_KEY_ID) $(Test-Path Env:AWS_REGION)"',
    ]);
    const ended = await inPowerShell(context, code);
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    expect(ended.stdout).toBe("set us-east-1 True\nunset False False\n".repeat(idioms.length));
  });

  it("sees a failure by $?, by || and by Stop, and keeps its variables", async (context) => {
    const code = idioms.flatMap((load) => [
      `${load("tegata env nosuch")} 2>$null; "ended $?"`,
      `${load("tegata env nosuch")} 2>$null || 'fired'`,
      `try { $ErrorActionPreference = 'Stop'; ${load("tegata env nosuch")}; 'not stopped' } catch { 'stopped' }`,
      "$ErrorActionPreference = 'Continue'",
      '"kept $(Test-Path Env:AWS_ACCESS_KEY_ID)"',
    ]);
    const ended = await inPowerShell(context, code);
    expect(ended.stdout).toBe("ended False\nfired\nstopped\nkept False\n".repeat(idioms.length));
  });
});

const loadHook = invokeExpression("tegata hook powershell");

describe("Use-Tegata", () => {
  it("fails as a command of PowerShell does: $?, ||, && and -ErrorAction Stop", async (context) => {
    const ended = await inPowerShell(context, [
      loadHook,
      `Use-Tegata nosuch; "ended $?"
Use-Tegata nosuch || 'fired'
Use-Tegata dev && "then $Env:AWS_REGION"
Use-Tegata nosuch -ErrorAction Ignore; "kept $Env:AWS_REGION"
try { Use-Tegata nosuch -ErrorAction Stop; 'not stopped' } catch { 'stopped' }
$ErrorActionPreference = 'Stop'
try { Use-Tegata nosuch; 'not stopped' } catch { 'stopped' }
Use-Tegata -Off; "off $? $(Test-Path Env:AWS_ACCESS_KEY_ID)"`,
    ]);
    expect(ended.stdout).toBe("ended False\nfired\nthen us-east-1\nkept us-east-1\nstopped\nstopped\noff True False\n");
    expect(ended.stderr.split("\n").filter((line) => !/^tegata: (?:error|hint|dev): /.test(line))).toEqual([""]);
  });

  it("passes words and flags on as they are typed", async (context) => {
    const stub = join(world.folder, "stub-of-use");
    await mkdir(stub, { recursive: true });
    await writeFile(join(stub, "tegata"), '#!/bin/sh\nprintf "<%s>" "$@" >&2; echo >&2\n', { mode: 0o755 });
    const ended = await inPowerShell(context, [
      loadHook,
      `$Env:PATH = '${stub}:' + $Env:PATH
Use-Tegata dev --region eu-central-1 --session-tags a=1,b=2 --duration=1h
Use-Tegata --region eu-central-1 '*' "~" '' "it's"
Use-Tegata -p 'my dev' -Verbose
Use-Tegata -Profile @('a', 'b')`,
    ]);
    expect(ended.stderr.replaceAll("<use><--shell><powershell>", "")).toBe(
      "<dev><--region><eu-central-1><--session-tags><a=1,b=2><--duration=1h>\n" +
        "<--region><eu-central-1><*><~><><it's>\n" +
        "<--verbose><my dev>\n<a,b>\n",
    );
  });
});

it("tegata use refuses a profile beside --off", async () => {
  const ended = await world.run(["use", "--shell", "bash", "--off", "dev"]);
  expect(ended).toMatchObject({ status: 2, stdout: "false\n" });
  expect(ended.stderr).toContain('tegata: error: --off and the profile "dev" contradict each other\n');
});
