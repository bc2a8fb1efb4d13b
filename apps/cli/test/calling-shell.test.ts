import { copyFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, type TestContext } from "vitest";
import { entryFiles } from "./support/answer-cache.ts";
import { need } from "./support/needs.ts";
import { binaryFolder } from "./support/programs.ts";
import { createWorld, run, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
});
beforeEach(async () => {
  await Promise.all((await entryFiles(world.cacheDir)).map((path) => rm(path)));
});
afterAll(() => world.close());

const pathOfTests = () => `${binaryFolder}:${world.env["PATH"]}`;

/** Runs code in a shell, beside another line: a shell puts its last command in its own place. */
async function inShell(
  words: readonly [string, ...string[]],
  code: string,
  env: Readonly<Record<string, string>> = {},
) {
  const ended = await run([...words, `${code}\ntrue`], {
    cwd: world.folder,
    env: { ...world.env, PATH: pathOfTests(), ...env },
  });
  return { ...ended, statements: familyOf(ended.stdout) };
}

/** Whose statements these are. */
function familyOf(stdout: string): string {
  const signs = {
    posix: /^export AWS_/m,
    fish: /^set -gx AWS_/m,
    csh: /^setenv AWS_/m,
    powershell: /\$Env:AWS_/,
    xonsh: /^\$AWS_ACCESS_KEY_ID = '/m,
    nushell: /^\{"/,
  };
  const found = Object.entries(signs).find(([, sign]) => sign.test(stdout));
  return found?.[0] ?? stdout;
}

const bash = ["bash", "--norc", "--noprofile", "-c"] as const;
const fish = ["fish", "--no-config", "-c"] as const;

/** Programs that stand between a shell and tegata, and the words that they run it by. */
const between: readonly (readonly [program: string, line: string])[] = [
  ["timeout", "timeout 20 tegata env dev"],
  ["env", "env -u NOTHING timeout 20 tegata env dev"],
  ["nice", "nice timeout 20 tegata env dev"],
  ["nohup", "nohup timeout 20 tegata env dev"],
  ["xargs", "echo dev | xargs tegata env"],
  ["strace", "strace -o /dev/null tegata env dev"],
  ["time", "env time -o /dev/null tegata env dev"],
  ["make", "make -s -f rules dev"],
  ["python3", `python3 -c "import subprocess; subprocess.run(['tegata', 'env', 'dev'])"`],
  ["node", `node -e "require('child_process').spawnSync('tegata', ['env', 'dev'], { stdio: 'inherit' })"`],
  ["sudo", 'sudo -E env "PATH=$PATH" timeout 20 tegata env dev'],
];

describe("the shell that statements are for", () => {
  it.for(between)("is the nearest one behind %s", async ([program, line], context) => {
    need(program, context);
    need("fish", context);
    if (program === "sudo" && process.getuid?.() !== 0) {
      context.skip("sudo may ask for a password");
    }
    await writeFile(join(world.folder, "rules"), "dev:\n\ttimeout 20 tegata env dev\n");
    const other = { SHELL: "/usr/bin/fish" };
    const ofBash = await inShell(bash, line, other);
    expect(ofBash).toMatchObject({ status: 0, statements: "posix" });
    const ofFish = await inShell(fish, line, { SHELL: "/bin/bash" });
    // A line this plain make starts by itself, without a shell.
    expect(ofFish).toMatchObject({ status: 0, statements: "fish" });
    expect(await entryFiles(world.cacheDir)).toEqual([]);
  });

  it("is bash where a script of bash evaluates them, even when SHELL is fish", async () => {
    const code = 'eval "$(timeout 20 tegata env dev)" && env';
    const ended = await inShell(bash, code, { SHELL: "/usr/bin/fish" });
    expect(ended.stdout).toMatch(/^AWS_ACCESS_KEY_ID=ASIA/m);
  });

  it.for<[string, string, string]>([
    ["bash", "#!/bin/bash", "posix"],
    ["fish", "#!/usr/bin/env fish", "fish"],
    ["tcsh", "#!/usr/bin/env -S tcsh -f", "csh"],
  ])("is %s for its scripts, which may be called like another shell", async ([program, firstLine, family], context) => {
    need(program, context);
    for (const name of ["fish", "bash", "pwsh"]) {
      const script = join(world.folder, name);
      await writeFile(script, `${firstLine}\ntegata env dev\ntegata env dev\n`, { mode: 0o755 });
      const env = { ...world.env, PATH: pathOfTests() };
      const ended = await run([script], { cwd: world.folder, env });
      await rm(script);
      expect(ended.stdout.match(/AWS_ACCESS_KEY_ID/g)).toHaveLength(2);
      expect(familyOf(ended.stdout)).toBe(family);
    }
  });

  it.for([
    ["BusyBox", "busybox", "busybox sh -c 'tegata env dev; true'", "posix"],
    ["a login shell", "fish", "exec -a -fish fish --no-config -c 'tegata env dev; true'", "fish"],
    ["tcsh", "tcsh", "tcsh -f -c 'tegata env dev; true'", "csh"],
    ["PowerShell", "pwsh", "pwsh -NoProfile -Command 'tegata env dev; 1'", "powershell"],
    ["xonsh", "xonsh", "xonsh --no-rc -c 'echo @($(tegata env dev))'", "xonsh"],
    ["Nushell", "nu", "nu --no-config-file --no-std-lib -c '^tegata env dev'", "nushell"],
  ] as const)("is %s that runs inside another", async ([, program, line, family], context) => {
    need(program, context);
    const { statements } = await inShell(bash, line);
    expect(statements).toBe(family);
  });

  it("is PowerShell where dotnet runs it, and the one behind dotnet where that runs something else", async () => {
    const dotnet = join(world.folder, "dotnet");
    await copyFile("/bin/bash", dotnet);
    for (const [file, family] of [
      ["pwsh.dll", "powershell"],
      ["app.dll", "posix"],
    ] as const) {
      const path = join(world.folder, file);
      await writeFile(path, "tegata env dev\ntrue\n");
      expect(await inShell(bash, `${dotnet} ${path}`)).toMatchObject({ status: 0, statements: family });
    }
  });
});

/** The same words in one shell, in another and in the first again. */
const both = async (line: string, context: TestContext) => {
  need("fish", context);
  const answers = [
    await inShell(bash, line),
    await inShell(fish, line),
    await inShell(bash, line),
    await inShell(fish, line),
  ];
  return answers.map(({ statements }) => statements);
};

describe("a cached output", () => {
  it.for([
    "tegata env dev",
    "tegata --profile dev env",
    "tegata --profile=dev env",
    "tegata -p dev env",
    "tegata --quiet --region us-east-1 env dev",
    "tegata --no-fresh -p dev env",
    "tegata env --no-verbose -- dev",
    "env time -o /dev/null tegata --profile dev env",
  ])("of %s is for the shell that asks", async (line, context) => {
    expect(await both(line, context)).toEqual(["posix", "fish", "posix", "fish"]);
  });

  it("is given again to the shell that it was made for, with flags before the word as well", async (context) => {
    for (const line of ["tegata env dev", "tegata --profile dev env"]) {
      await both(line, context);
    }
    expect(await entryFiles(world.cacheDir)).toHaveLength(4);
  });
});
