import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { need } from "./support/needs.ts";
import { binaryFolder, script } from "./support/programs.ts";
import { stsAnswer } from "./support/sts-answer.ts";
import { createWorld, run, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
});
afterEach(() => world.sandbox.faults.clear());
afterAll(() => world.close());

const shells = [
  { name: "bash", options: ["--norc", "--noprofile"], load: 'eval "$(tegata env dev)"' },
  { name: "dash", options: [], load: 'eval "$(tegata env dev)"' },
  { name: "zsh", options: ["-f"], load: 'eval "$(tegata env dev --shell zsh)"' },
  { name: "fish", options: ["--no-config"], load: "tegata env dev --shell fish | source" },
] as const;

/** A shell as a person has it: `tegata` on `PATH`, and another tool's leftovers in the environment. */
function inShell(shell: string, options: readonly string[], code: string, env: Readonly<Record<string, string>> = {}) {
  const PATH = `${binaryFolder}:${world.env["PATH"]}`;
  return run([shell, ...options, "-c", code], { cwd: world.folder, env: { ...world.env, ...env, PATH } });
}

const leftovers = { AWS_PROFILE: "of-another-tool", AWS_SECURITY_TOKEN: "old", AWS_SESSION_TOKEN: "old" };
const whoAmI = () => `${script("caller-identity.ts").join(" ")} ${world.sandbox.sts.endpoint}`;
const annAsDeveloper = "arn:aws:sts::123456789012:assumed-role/Developer/ann@example.com\n";

describe.each(shells)("$name", ({ name, options, load }) => {
  it("loads credentials that sign a request of a program started from it", async (context) => {
    const shell = need(name, context);
    const ended = await inShell(shell, options, `${load}\n${whoAmI()}`, leftovers);
    expect(ended).toMatchObject({ status: 0, stdout: annAsDeveloper, stderr: "" });
  });

  it("takes them back again, and no variable is left", async (context) => {
    const shell = need(name, context);
    const unload = load.replace("env dev", "env --unset");
    const ended = await inShell(shell, options, `${load}\nprintenv AWS_REGION\n${unload}\nenv`, leftovers);
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    expect(ended.stdout).toMatch(/^us-east-1\n/);
    expect(ended.stdout).not.toMatch(/^AWS_/m);
  });

  it("is left as it was when nobody has signed in, and the person reads why", async (context) => {
    const shell = need(name, context);
    const env = { ...(await world.anotherHome()), AWS_REGION: "eu-central-1" };
    const ended = await inShell(shell, options, `${load}\nprintenv AWS_REGION`, env);
    expect(ended).toMatchObject({ status: 0, stdout: "eu-central-1\n" });
    expect(ended.stderr).toContain("tegata: hint: tegata login dev\n");
  });

  it("holds hostile values byte for byte and runs none of them", async (context) => {
    const value = [
      "'$(id>canary)'`id>canary`;id>canary;\"$(id>canary)\"",
      String.raw`\';id>canary;\\'(id>canary)\"`,
      "!{a,b}*?[c]~#%&|<>$$\\n",
    ].join("-");
    const shell = need(name, context);
    const body = stsAnswer({ secretAccessKey: value, sessionToken: value });
    world.sandbox.faults.set({ kind: "status", area: "sts", status: 200, body });
    const code = `${load.replace("env dev", "env dev --fresh")}\nprintenv AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN`;
    const ended = await inShell(shell, options, code);
    expect(ended).toMatchObject({ status: 0, stdout: `${value}\n${value}\n`, stderr: "" });
    expect(existsSync(join(world.folder, "canary"))).toBe(false);
    world.sandbox.faults.clear();
    await world.run(["credential-process", "dev", "--fresh"]);
  });
});

it("loads by an unquoted eval as well, where the shell makes one line of it", async (context) => {
  const bash = need("bash", context);
  expect(await inShell(bash, ["--norc"], `eval $(tegata env dev)\n${whoAmI()}`)).toMatchObject({
    stdout: annAsDeveloper,
  });
});

it("refuses what is no region, so that nothing of it reaches a shell", async () => {
  for (const region of ["us-east-1'; id>canary; '", "$(id>canary)", "us-east-1\nid>canary"]) {
    expect(await world.run(["env", "dev"], { env: { TEGATA_REGION: region } })).toMatchObject({
      status: 2,
      stdout: "",
    });
    expect(await world.run(["env", "dev", "--region", region])).toMatchObject({ status: 2, stdout: "" });
  }
});

it("refuses an STS answer with a line break or a control character in it", async () => {
  for (const value of ["a\nid>canary", "a\u001b[31m", "a b", "ä"]) {
    const body = stsAnswer({ secretAccessKey: value, sessionToken: "x" });
    world.sandbox.faults.set({ kind: "status", area: "sts", status: 200, body });
    expect(await world.run(["env", "dev", "--fresh"])).toMatchObject({ status: 6, stdout: "" });
    world.sandbox.faults.clear();
  }
});

it("hints at a command that is safe to paste, whatever the profile is called", async (context) => {
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
