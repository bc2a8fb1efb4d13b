import { execFileSync } from "node:child_process";
import {
  chmod,
  chown,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { entryFiles } from "./support/answer-cache.ts";
import { need } from "./support/needs.ts";
import { programs } from "./support/programs.ts";
import { run, start } from "./support/run.ts";
import { createWorld, settingsOf, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
});
afterAll(() => world.close());

const programNames = ["binary", "node"] as const;
const pipe = (path: string) => execFileSync("mkfifo", ["-m", "600", path]);
const endless = (path: string) => symlink("/dev/zero", path);
const huge = async (path: string) => {
  await writeFile(path, "", { mode: 0o600 });
  await truncate(path, 3_000_000_000);
};

describe("what stands where a file of ours should be", () => {
  it.each([
    ["a pipe", pipe],
    ["a link to /dev/zero", endless],
    ["3 GB", huge],
  ])("is not waited for, and not read without end: %s as a cached output and as its claim", async (_what, plant) => {
    for (const program of programNames) {
      await world.run(["credential-process", "dev"], { program });
      const [path = ""] = await entryFiles(world.cacheDir);
      const { stdout } = await world.run(["credential-process", "dev"], { program });
      await rm(path);
      await plant(path);
      await rm(`${path}.claim`, { force: true });
      await plant(`${path}.claim`);
      expect(await world.run(["credential-process", "dev"], { program })).toMatchObject({
        status: 0,
        stdout,
        stderr: "",
      });
      await rm(path);
      await rm(`${path}.claim`, { force: true });
    }
  });

  it.each([
    ["a pipe", pipe],
    ["a link to /dev/zero", endless],
    ["3 GB", huge],
  ])("is taken over where it is a lock: %s", async (_what, plant) => {
    await world.run(["credential-process", "dev"]);
    const credentials = (await readdir(world.cacheDir)).find((name) => name.endsWith(".json")) ?? "";
    const lock = join(world.cacheDir, `${credentials.split(".")[1] ?? ""}.lock`);
    await rm(lock, { force: true });
    await plant(lock);
    const ended = await world.run(["credential-process", "dev", "--fresh"], { limitSeconds: 60 });
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    expect((await readdir(world.cacheDir)).filter((name) => name.endsWith(".lock"))).toEqual([]);
  });

  it.each([
    ["text", '"x"'],
    ["nothing", "null"],
    ["a list", "[]"],
    ["an event of another kind", '{"event":7}'],
    [
      "a number where a table belongs",
      '{"event":"description","protocols":[1],"kind":"format","id":"odd","options":7}',
    ],
  ])("is a miss where it is a record of trust with a description of another shape: %s", async (_what, description) => {
    const bin = join(world.folder, "bin");
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, "tegata-format-odd"), "#!/bin/sh\n", { mode: 0o755 });
    const record = `{"version":1,"program":"tegata-format-odd","path":"${bin}/tegata-format-odd","sha256":"${"0".repeat(64)}"`;
    const path = join(world.stateDir, "tegata-format-odd.plugin");
    await writeFile(path, `${record},"description":${description}}`, { mode: 0o600 });
    for (const words of [["--help"], ["profiles"], ["env", "dev", "--shell", "sh"], ["plugins"]]) {
      expect(await world.run(words)).toMatchObject({ status: 0, stderr: "" });
    }
    await rm(path);
  });

  it("is refused where it is a pipe for the statements of a CircleCI job", async () => {
    const BASH_ENV = join(world.folder, "bash-env");
    pipe(BASH_ENV);
    const ended = await world.run(["circleci-env", "dev"], { env: { CIRCLECI: "true", BASH_ENV } });
    expect(ended).toMatchObject({ status: 3, stdout: "" });
    expect(ended.stderr).toContain(`${BASH_ENV} cannot be written: it is a pipe`);
  });
});

const socket = (path: string) =>
  new Promise<void>((resolve, reject) => {
    const server = createServer().once("error", reject);
    // The file stays when the server ends: it was renamed meanwhile.
    server.listen(`${path}.new`, () => {
      rename(`${path}.new`, path).then(() => server.close(() => resolve()), reject);
    });
  });
const linkTo = (target: string) => (path: string) => symlink(target, path);
const kinds: readonly (readonly [string, (path: string) => unknown])[] = [
  ["a pipe", pipe],
  ["a link to /dev/zero", endless],
  ["a link to /dev/full", linkTo("/dev/full")],
  ["a link to /dev/null", linkTo("/dev/null")],
  ["a link to a terminal that is not there", linkTo("/dev/tty")],
  ["a link to itself", linkTo("named")],
  ["3 GB", huge],
  ["a folder", (path) => mkdir(path)],
  ["a socket", socket],
];

const federated = () => join(world.folder, "federated.toml");

describe("what a variable or a setting names, and is no file that can be used", () => {
  beforeAll(async () => {
    const workload = `[idp.job]\ntype = "workload"\ntoken_file = "${join(world.folder, "named")}"\n`;
    const role = `[profile.job]\nidp = "job"\nrole_arn = "${world.sandbox.roles.developer}"\nregion = "us-east-1"\n`;
    await writeFile(federated(), `${workload}${role}`);
  });

  it.for(kinds)("is not waited for, and said with its name: %s", async ([kind, plant]) => {
    const named = join(world.folder, "named");
    await plant(named);
    // Another step may have written that much into the file of a job: it is appended to.
    const mayBeLarge =
      kind === "3 GB" ? [] : [{ words: ["circleci-env", "dev"], env: { CIRCLECI: "true", BASH_ENV: named } }];
    const runs = [
      ...mayBeLarge,
      { words: ["github-env", "dev"], env: { GITHUB_ACTIONS: "true", GITHUB_ENV: named } },
      { words: ["credential-process", "job", "--config", federated()], env: {} },
      { words: ["credential-process", "job", "--config", federated()], env: { AWS_WEB_IDENTITY_TOKEN_FILE: named } },
      { words: ["aws-credentials", "dev"], env: { AWS_SHARED_CREDENTIALS_FILE: named } },
      { words: ["credential-process", "dev", "--fresh"], env: { AWS_CA_BUNDLE: named } },
      { words: ["credential-process", "dev", "--fresh"], env: { NODE_EXTRA_CA_CERTS: named } },
    ];
    world.sandbox.requests.clear();
    for (const { words, env } of runs) {
      const ended = await world.run(words, { env });
      expect(ended).toMatchObject({ status: 3, stdout: "" });
      // What a link leads to is named where the file would be replaced.
      expect(ended.stderr).toMatch(/\/(named|dev\/\w+)\b.*(cannot be (read|written): |, which (is|cannot be read))/);
    }
    expect(world.sandbox.requests.all()).toEqual([]);
    // What AWS's clients cannot read has no effect on them.
    for (const words of [["exec", "dev", "--refresh", "--", "true"], ["aws-credentials", "dev"], ["status"]]) {
      expect(await world.run(words, { env: { AWS_CONFIG_FILE: named } })).toMatchObject({ status: 0, stderr: "" });
    }
    await rm(named, { recursive: true });
  });
});

describe("a folder in the place of a file of ours", () => {
  it("is the only thing that logout leaves, and the hint helps", async () => {
    const { HOME } = await world.anotherHome();
    const env = { HOME };
    await world.signIn("dev", { env });
    const cache = join(HOME, ".cache/tegata");
    for (const words of [
      ["credential-process", "dev"],
      ["env", "dev", "--shell", "sh"],
    ]) {
      expect(await world.run(words, { env })).toMatchObject({ status: 0 });
    }
    const [first = ""] = await entryFiles(cache);
    await rm(first);
    await mkdir(first);
    const refused = await world.run(["logout", "--all"], { env });
    expect(refused).toMatchObject({ status: 3, stdout: "" });
    expect(refused.stderr).toContain(`${first} cannot be deleted: it is a folder`);
    expect((await readdir(cache)).filter((name) => /\.(output|json)$/.test(name))).toEqual([basename(first)]);
    const [, command = ""] = /then delete it: (.*)\n/.exec(refused.stderr) ?? [];
    execFileSync("sh", ["-c", command]);
    expect(await world.run(["logout", "--all"], { env })).toMatchObject({ status: 0 });
    expect(await readdir(cache)).toEqual([]);
  });
});

it("logout says that something is left in a folder that others could replace", async () => {
  const { HOME } = await world.anotherHome();
  const env = { HOME };
  await world.signIn("dev", { env });
  const state = join(HOME, ".local/state/tegata");
  await chmod(join(HOME, ".local"), 0o777);
  for (const words of [
    ["logout", "dev"],
    ["logout", "--all"],
  ]) {
    const refused = await world.run(words, { env });
    expect(refused).toMatchObject({ status: 3, stdout: "" });
    expect(refused.stderr).toContain(
      `others can replace the folder ${state}: ${join(HOME, ".local")} can be written to by others (mode 0777)\n`,
    );
    expect(refused.stderr).toContain(`then delete it: rm -r ${state}\n`);
  }
  await rm(state, { recursive: true });
  await rm(join(HOME, ".cache"), { recursive: true, force: true });
  expect(await world.run(["logout", "dev"], { env })).toMatchObject({ status: 0 });
});

describe("a settings file that is no regular file", () => {
  it("is not waited for without end: a pipe that nobody writes to", async () => {
    const path = join(world.folder, "silent.toml");
    pipe(path);
    const commands = [["profiles"], ["login", "dev"], ["credential-process", "dev"]];
    const all = await Promise.all(
      commands.flatMap((words) =>
        programNames.map((program) => world.run([...words, "--config", path], { program, limitSeconds: 60 })),
      ),
    );
    for (const ended of all) {
      expect(ended).toMatchObject({ status: 3, stdout: "" });
      expect(ended.stderr).toContain(`${path} cannot be read: it is a pipe that nobody writes to`);
    }
  });

  it("does not keep the program that waits for it from ending", async () => {
    const path = join(world.folder, "open.toml");
    pipe(path);
    const writer = await open(path, "r+");
    const running = start([...programs.binary, "profiles", "--config", path], { cwd: "/", env: world.env });
    // It reads the pipe as soon as it has been started: anyone who comes too early ends it all the same.
    running.child.kill("SIGINT");
    const { status, signal } = await running.ended;
    expect(signal ?? status).toEqual(signal === null ? 130 : "SIGINT");
    await writer.close();
  });

  it.for([
    ["<(…)", "profiles --config <(cat $SETTINGS)"],
    ["<(…) that takes its time", "profiles --config <(sleep 1; head -n 5 $SETTINGS; sleep 1; tail -n +6 $SETTINGS)"],
    ["stdin", "profiles --config /dev/stdin < $SETTINGS"],
    ["stdin that is a pipe", "--config=/dev/stdin profiles"],
    ["a descriptor", "profiles --config /dev/fd/7 7< $SETTINGS"],
    ["a pipe with a name", "profiles --config $PIPE"],
  ] as const)("is read to its end where somebody writes it: %s", async ([name, words], context) => {
    const bash = need("bash", context);
    const env = { ...world.env, SETTINGS: world.settingsFile, PIPE: join(world.folder, "named.toml") };
    for (const program of programNames) {
      await rm(env.PIPE, { force: true });
      pipe(env.PIPE);
      const before = name.includes("stdin that")
        ? "cat $SETTINGS | "
        : name.includes("name")
          ? "cat $SETTINGS > $PIPE & "
          : "";
      const script = `${before}${programs[program].join(" ")} ${words}; status=$?; wait; exit $status`;
      const ended = await run([bash, "-c", script], { cwd: "/", env });
      expect(ended).toMatchObject({ status: 0, stdout: "dev\nplain\nreadonly\nbob\n", stderr: "" });
    }
  });

  it("may be empty: /dev/null, and a program that writes nothing", async (context) => {
    const bash = need("bash", context);
    expect(await world.run(["profiles", "--config", "/dev/null"])).toMatchObject({ status: 0, stdout: "" });
    const script = `${programs.binary[0]} profiles --config <(true)`;
    expect(await run([bash, "-c", script], { cwd: "/", env: world.env })).toMatchObject({ status: 0, stdout: "" });
  });

  it("is refused where it has no end", async () => {
    const ended = await world.run(["profiles", "--config", "/dev/zero"]);
    expect(ended).toMatchObject({ status: 3, stdout: "" });
    expect(ended.stderr).toContain("it is larger than 1 MiB");
  });
});

const dots = (count: number) => Array.from({ length: count }, () => "a").join(".");

describe("a settings file that no person has written", () => {
  it.each([
    ["a key of 20,000 parts", `${dots(20_000)} = 1\n`],
    ["a table of 20,000 parts", `[${dots(20_000)}]\n`],
    ["a profile of 20,000 parts", `[profile.${dots(20_000)}]\n`],
    ["a key of 500,000 parts", `${dots(500_000)} = 1\n`],
    ["40 lines of 500 parts each", Array.from({ length: 40 }, (_, index) => `${dots(500)}.k${index} = 1\n`).join("")],
    ["lists in lists", `a = ${"[".repeat(20_000)}${"]".repeat(20_000)}\n`],
    ["tables in tables", `a = ${"{a=".repeat(10_000)}1${"}".repeat(10_000)}\n`],
    ["80,000 unknown keys", Array.from({ length: 80_000 }, (_, index) => `k${index} = 1\n`).join("")],
    ["a key of 900,000 characters", `"${"x".repeat(900_000)}" = 1\n`],
    ["300,000 values in a list", `a = [${"1,".repeat(300_000)}]\n`],
  ])("is refused with few words: %s", async (_what, text) => {
    const config = join(world.folder, "odd.toml");
    await writeFile(config, text);
    const ended = await world.run(["profiles", "--config", config]);
    expect(ended).toMatchObject({ status: 3, stdout: "" });
    expect(ended.stderr).toMatch(/^tegata: error: /);
    expect(ended.stderr.split("\n").length).toBeLessThan(30);
    expect(ended.stderr.length).toBeLessThan(10_000);
    await rm(config);
  });

  it("is told apart from one like those of persons, which is read as always", async () => {
    await world.writeSettings(settingsOf(world.sandbox));
    expect(await world.run(["profiles"])).toMatchObject({ status: 0 });
  });
});

it("aws-credentials as root leaves the file to its owner and group, readable for nobody else", async (context) => {
  if (process.getuid?.() !== 0) {
    context.skip("only root can write into another user's file");
  }
  const file = join(world.folder, "home/.aws/credentials");
  await mkdir(join(world.folder, "home/.aws"), { recursive: true });
  for (const mode of [0o644, 0o640, 0o666, 0o600]) {
    await writeFile(file, "[other]\nregion = eu-west-1\n");
    await chown(file, 12_345, 23_456);
    await chmod(file, mode);
    expect(await world.run(["aws-credentials", "dev"])).toMatchObject({ status: 0 });
    const { uid, gid, mode: after } = await stat(file);
    expect([uid, gid, (after & 0o7777).toString(8)]).toEqual([12_345, 23_456, "600"]);
    expect(await readFile(file, "utf8")).toMatch(/^\[other\]\nregion = eu-west-1\n[\s\S]*aws_secret_access_key/);
  }
});
