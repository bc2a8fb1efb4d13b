import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { programs, type ProgramName } from "./support/programs.ts";
import { cachedCredentials } from "./support/records.ts";
import { expectRefusal } from "./support/refusal.ts";
import { shellWords } from "./support/shell-words.ts";
import { createWorld, run, type World } from "./support/world.ts";

const names = Object.keys(programs).filter((name): name is ProgramName => name in programs);
const isLinux = existsSync("/proc/self/fd");

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.signIn("dev");
  await script("no-interpreter", "#!/no/such/interpreter\n");
  await script("no-first-line", 'echo "$0: $*"\n');
  await script("foreign", "\0\0\0\0");
  await script("not-executable", "#!/bin/sh\n", 0o644);
});
afterAll(() => world.close());

async function script(name: string, text: string, mode = 0o755): Promise<void> {
  await writeFile(join(world.folder, name), text);
  await chmod(join(world.folder, name), mode);
}

const exec = (
  command: readonly string[],
  program: ProgramName = "binary",
  env: Readonly<Record<string, string>> = {},
) => world.run(["exec", "dev", "--", ...command], { program, env });

/** A line of a POSIX shell, in which `$tegata` is the program. */
const inShell = (line: string, env: Readonly<Record<string, string>> = {}, program: ProgramName = "binary") =>
  run(["/bin/sh", "-c", `tegata() { ${shellWords(programs[program])} "$@"; }\n${line}`], {
    cwd: world.folder,
    env: { ...world.env, ...env },
  });

const bytes = (name: string) => readFile(join(world.folder, name), "latin1");

describe.each(names)("with %s, the command", (program) => {
  it("gets stdin, and its output and its exit status are all that there is", async () => {
    const ended = await world.run(["exec", "dev", "--", "sh", "-c", "cat; echo said >&2; exit 7"], {
      program,
      input: "given\n",
    });
    expect(ended).toEqual({ status: 7, signal: null, stdout: "given\n", stderr: "said\n" });
  });

  it("gives the status of a shell when a signal kills it", async () => {
    const { stdout } = await inShell(
      `for name in TERM KILL QUIT; do tegata exec dev -- sh -c 'kill -'$name' $$' 2>/dev/null; echo $?; done`,
      {},
      program,
    );
    expect(stdout).toBe("143\n137\n131\n");
  });

  it("gets the keys, no variable that outranks them, and nothing that tegata set for itself", async () => {
    const given = { AWS_PROFILE: "other", AWS_SECURITY_TOKEN: "old", AWS_SESSION_TOKEN: "old", OTHER: "a=b\nc" };
    const { stdout } = await exec(["env", "-0"], program, given);
    const { credentials } = (await cachedCredentials(world.cacheDir, world.sandbox.roles.developer)).record;
    const variables = new Map(stdout.split("\0").map((entry) => [entry.split("=", 1)[0], entry.replace(/^.*?=/s, "")]));
    expect(Object.fromEntries([...variables].filter(([name]) => name !== ""))).toEqual({
      ...world.env,
      OTHER: "a=b\nc",
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials["secretAccessKey"],
      AWS_SESSION_TOKEN: credentials["sessionToken"],
      AWS_CREDENTIAL_EXPIRATION: credentials.expiration,
      AWS_ACCOUNT_ID: "123456789012",
      AWS_REGION: "us-east-1",
      AWS_DEFAULT_REGION: "us-east-1",
      TEGATA_EXEC: "dev",
      TEGATA_PROFILE: "dev",
    });
  });

  it("gets the arguments that were typed", async () => {
    const words = [
      "",
      " ",
      "a b",
      "--help",
      "--",
      "$HOME",
      "`id`",
      "'\"\\",
      "new\nline",
      "*",
      "\u00e9\u6f22\u{1f511}",
      "-p",
    ];
    const { stdout, status } = await exec(["sh", "-c", 'printf "%s\\0" "$@"', "sh", ...words], program);
    expect([stdout.split("\0").slice(0, -1), status]).toEqual([words, 0]);
  });

  it("may be a script without a first line, which runs as with execvp", async () => {
    const path = join(world.folder, "no-first-line");
    const { stdout, status } = await exec([path, "a b", "c"], program);
    expect([stdout, status]).toEqual([`${path}: a b c\n`, 0]);
  });

  it("is an error with the reason when it cannot be run", async () => {
    const cases = [
      { command: ["no-such"], status: 127, error: 'there is no command "no-such" on PATH', hint: /spelling/ },
      { command: ["./no-such"], status: 127, error: "there is no file ./no-such", hint: /path/ },
      { command: ["./not-executable"], status: 126, error: "./not-executable is not executable", hint: /^chmod \+x/ },
      { command: ["/"], status: 126, error: "/ is a folder", hint: /name a program/ },
      { command: ["./no-interpreter"], status: 126, error: "names an interpreter that is not there", hint: /install/ },
    ];
    const runs = await Promise.all(cases.map(({ command }) => exec(command, program)));
    for (const [index, expected] of cases.entries()) {
      const ended = runs[index];
      if (ended !== undefined) {
        expectRefusal(ended, expected, world);
      }
    }
    expect(runs).toHaveLength(cases.length);
  });
});

it("a program of another processor is refused, and not given to the shell", async () => {
  const ended = await exec(["./foreign"]);
  expectRefusal(ended, { status: 126, error: "is not a program for this system", hint: /processor/ }, world);
});

describe("the command line", () => {
  const form = "tegata exec [profile] [flags] -- command [arguments]";
  it.each([
    [["exec", "dev", "terraform", "apply"], "tegata exec dev -- terraform apply"],
    [["exec", "dev", "ls", "-la"], "tegata exec dev -- ls -la"],
    [["exec", "aws", "s3", "ls"], "tegata exec -- aws s3 ls"],
    [["exec", "ls"], "tegata exec -- ls"],
    [["exec", "--profile", "dev", "ls", "--color=auto"], "tegata exec --profile dev -- ls --color=auto"],
    [["exec", "--refresh", "dev", "echo", "a b", "it's"], "tegata exec --refresh dev -- echo 'a b' 'it'\\''s'"],
    [["exec", "dev"], "tegata exec dev -- aws sts get-caller-identity"],
    [["exec"], "tegata exec -- aws sts get-caller-identity"],
  ])("%j lacks --, and the hint has it where it belongs", async (args, hint) => {
    const ended = await world.run(args);
    expectRefusal(ended, { status: 2, error: "the command to run must come after --", hint }, world);
    expect(ended.stderr.endsWith(`hint: ${hint}\n`)).toBe(true);
  });

  it.each([
    [["exec", "dev", "--"], "there is no command after --", "tegata exec dev -- aws sts get-caller-identity"],
    [["exec", "dev", "plain", "--", "true"], 'tegata exec takes no argument "plain"', "tegata exec dev -- true"],
  ])("%j is told the right line", async (args, error, hint) => {
    const ended = await world.run(args);
    expectRefusal(ended, { status: 2, error, hint }, world);
    expect(ended.stderr.endsWith(`hint: ${hint}\n`)).toBe(true);
  });

  it("has its form in the help, and --help behind -- is the command's", async () => {
    expect((await world.run(["exec", "--help"])).stdout).toContain(form);
    expect((await world.run(["--help"])).stdout).toMatch(/^ {2}exec -- command +run a command/m);
    expect((await exec(["echo", "--help", "-h", "help", "--version"])).stdout).toBe("--help -h help --version\n");
  });

  it("may name the profile by a flag, or leave it out", async () => {
    const toml = await readFile(world.settingsFile, "utf8");
    const env = { TEGATA_CONFIG: join(world.folder, "default.toml") };
    await writeFile(env.TEGATA_CONFIG, `default_profile = "dev"\n${toml}`, { mode: 0o600 });
    const mark = ["sh", "-c", "echo $TEGATA_EXEC"];
    expect((await world.run(["exec", "--", ...mark], { env })).stdout).toBe("dev\n");
    expect((await world.run(["exec", "-p", "dev", "--", ...mark])).stdout).toBe("dev\n");
  });

  it("is completed before --, and not behind it", async () => {
    expect((await world.run(["__complete", "zsh", "--", "exec", ""])).stdout).toMatch(/^dev\t/m);
    expect((await world.run(["__complete", "zsh", "--", "exec", "--re"])).stdout).toMatch(/^--refresh\t/m);
    expect((await world.run(["__complete", "zsh", "--", "exec", "dev", "--", "--"])).stdout).toBe("");
  });
});

describe("inside another exec", () => {
  it("another one is refused, unless --nested allows it", async () => {
    const env = { TEGATA_EXEC: "prod" };
    expectRefusal(
      await world.run(["exec", "dev", "--", "true"], { env }),
      { status: 2, error: 'inside tegata exec of "prod" already', hint: "--nested" },
      world,
    );
    const nested = await world.run(["exec", "--nested", "dev", "--", "sh", "-c", "echo $TEGATA_EXEC"], { env });
    expect(nested).toMatchObject({ status: 0, stdout: "dev\n", stderr: "" });
  });

  it("any other command runs", async () => {
    expect(await exec([...programs.binary, "env", "dev"])).toMatchObject({ status: 0, stderr: "" });
  });
});

describe("a failure of tegata itself", () => {
  it("has the exit status that it has elsewhere, and the command is not run", async () => {
    const env = await world.anotherHome();
    const command = ["exec", "dev", "--", "touch", join(world.folder, "it-ran")];
    const hint = "tegata login dev";
    expectRefusal(await world.run(command, { env }), { status: 4, error: "sign-in", hint }, world);
    expectRefusal(
      await world.run(["exec", "no-such", "--", "true"]),
      { status: 2, error: 'the profile "no-such"', hint: "" },
      world,
    );
    expect(existsSync(join(world.folder, "it-ran"))).toBe(false);
  });

  it("comes after that of a command that is not there, which is told without a sign-in", async () => {
    const env = await world.anotherHome();
    expect((await world.run(["exec", "dev", "--", "no-such-command"], { env })).status).toBe(127);
  });
});

describe.runIf(isLinux)("in tegata's place", () => {
  it("the command has tegata's process id, and no secret stands in an argument list", async () => {
    const running = world.start(["exec", "dev", "--", "sh", "-c", "echo $$; read line"], { keepStdinOpen: true });
    const [, pid = ""] = await running.stdoutMatching(/^(\d+)\n/);
    expect(Number(pid)).toBe(running.child.pid);
    const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8");
    running.child.stdin.end("\n");
    await running.ended;
    expect(commandLine).toBe("sh\0-c\0echo $$; read line\0");
  });

  it("arguments and variables that are not UTF-8 arrive unchanged", async () => {
    await inShell(
      `export ODD="$(printf 'v\\377\\nw')"; word="$(printf 'a\\376b')"
       env -0 > env-outside; tegata exec dev -- env -0 > env-inside
       tegata exec dev -- printf '%s' "$word" > word-inside`,
      { AWS_PROFILE: "other" },
    );
    const entries = async (name: string) =>
      (await bytes(name)).split("\0").filter((entry) => !/^(_|AWS_\w+|TEGATA_EXEC|TEGATA_PROFILE|)=|^$/.test(entry));
    expect(await entries("env-inside")).toEqual(await entries("env-outside"));
    expect(await bytes("env-inside")).toContain("\0ODD=v\xff\nw\0");
    expect(await bytes("word-inside")).toBe("a\xfeb");
  });

  it("open files, flags of pipes, signals and umask are those of the shell", async () => {
    const look = `for fd in /proc/self/fd/*; do
        to=$(readlink $fd) && [ "$fd" != /proc/self/fd/3 ] && echo $fd "\${to%%[0-9]*}" $(grep -s flags "/proc/self/fdinfo/\${fd##*/}")
      done; grep -E 'Sig(Ign|Blk)' /proc/self/status; umask`;
    const { stdout } = await inShell(
      `trap '' HUP INT; look=${shellWords([look])}
       exec 7</dev/zero 9>made-here
       sh -c "$look" 2>&1 | cat >outside; tegata exec dev -- sh -c "$look" 2>&1 | cat >inside
       diff outside inside && wc -l <inside`,
    );
    // What diff has to say would be no number.
    expect(Number(stdout)).toBeGreaterThan(7);
  });

  it("writing to a closed pipe ends the command by SIGPIPE", async () => {
    const { stdout, stderr } = await inShell("{ tegata exec dev -- yes; echo $? >status; } | head -n 1; cat status");
    expect([stdout, stderr]).toEqual(["y\n141\n", ""]);
  });
});

it("a run leaves a shared pipe blocking, so that the next writer loses nothing", async () => {
  const { stdout, stderr } = await inShell(
    `{ tegata profiles; tegata env dev; tegata status; head -c 300000 /dev/zero; } 2>&1 | { read line; wc -c; } >counted
     { tegata --version; tegata env dev; head -c 300000 /dev/zero; } | wc -c`,
  );
  const counted = Number(await bytes("counted"));
  expect([Math.min(counted, Number(stdout), 300_000), stderr]).toEqual([300_000, ""]);
});

/** Of what `env` prints. */
const namesIn = (stdout: string) => stdout.split("\n").map((line) => line.split("=", 1)[0] ?? "");

describe("a variable that loads other code into programs", () => {
  const ofBun = { BUN_INSPECT: "", BUN_INSPECT_CONNECT_TO: "", BUN_INSPECT_NOTIFY: "", BUN_INSPECT_PRELOAD: "" };
  const own = { NODE_OPTIONS: "--no-deprecation", BUN_CONFIG_VERBOSE_FETCH: "", LD_LIBRARY_PATH: "" };

  it.each<ProgramName>(["binary", "node"])("does not reach a command with keys, of %s", async (program) => {
    const bun = program === "node" ? { BUN_BE_BUN: "1", BUN_OPTIONS: "--smol" } : { BUN_OPTIONS: "--smol" };
    const loading = { ...ofBun, ...bun, LD_PRELOAD: "", LD_AUDIT: "", DYLD_INSERT_LIBRARIES: "" };
    for (const flags of [[], ["--refresh"]]) {
      const ended = await world.run(["exec", ...flags, "dev", "--", "env"], { program, env: { ...own, ...loading } });
      expect(ended).toMatchObject({ status: 0, stderr: "" });
      expect(namesIn(ended.stdout)).toEqual(expect.arrayContaining(Object.keys(own)));
      expect(namesIn(ended.stdout).filter((name) => Object.hasOwn(loading, name))).toEqual([]);
    }
  });

  it.skipIf(process.platform !== "linux")("is named where it was a library, and reaches it on demand", async () => {
    // In every process already.
    const env = { LD_PRELOAD: "libc.so.6", BUN_OPTIONS: "--smol" };
    const ended = await world.run(["exec", "dev", "--", "env"], { env });
    expect(ended.stderr).toBe(
      "tegata: warning: LD_PRELOAD is not passed on, as it loads other code into a command that has keys; --all-variables passes it on, and behind -- so does env LD_PRELOAD=…\n",
    );
    expect(namesIn(ended.stdout)).not.toContain("LD_PRELOAD");
    for (const flags of [[], ["--refresh"]]) {
      const all = await world.run(["exec", ...flags, "--all-variables", "dev", "--", "env"], { env });
      expect(all).toMatchObject({ status: 0, stderr: "" });
      expect(all.stdout).toMatch(/^LD_PRELOAD=libc\.so\.6$/m);
      expect(all.stdout).toMatch(/^BUN_OPTIONS=--smol$/m);
    }
    const again = await world.run(["exec", "dev", "--", "env", "LD_PRELOAD=libc.so.6", "env"]);
    expect(again.stdout).toMatch(/^LD_PRELOAD=libc\.so\.6$/m);
  });
});

it("--verbose names what old programs prefer to the keys", async () => {
  const { HOME } = await world.anotherHome();
  await mkdir(join(HOME, ".aws"));
  await writeFile(join(HOME, ".aws/config"), "[default]\n  sso_session = x\n");
  const env = { HOME, XDG_CACHE_HOME: join(world.folder, "home/.cache"), AWS_WEB_IDENTITY_TOKEN_FILE: "/x" };
  const { stderr } = await world.run(["exec", "dev", "--verbose", "--", "true"], { env });
  const prefer = "tegata: programs with the AWS SDK for .NET 3 prefer";
  expect(stderr).toContain(
    `${prefer} the default profile in ${HOME}/.aws/config (sso_session) to the keys of tegata exec\n`,
  );
  expect(stderr).toContain(`${prefer} AWS_WEB_IDENTITY_TOKEN_FILE to the keys of tegata exec\n`);
});
