import { chmod, chown, lstat, mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fromIni } from "@aws-sdk/credential-providers";
import * as v from "valibot";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { need } from "./support/needs.ts";
import { onTerminal } from "./support/on-terminal.ts";
import { binaryFolder, programs } from "./support/programs.ts";
import { giveHomeToVictim, needSecondUser, runAs, victim } from "./support/second-user.ts";
import { createWorld, run, settingsOf, type World } from "./support/world.ts";

let world: World;
let file: string;
beforeAll(async () => {
  world = await createWorld();
  file = join(world.folder, "home/.aws/config");
});
afterAll(() => world.close());
beforeEach(async () => {
  await rm(dirname(file), { recursive: true, force: true });
  await mkdir(dirname(file));
  await world.writeSettings(settings);
});

const section = (name: string, region?: string) => `
[profile.${JSON.stringify(name)}]
idp = "corp"
role_arn = "arn:aws:iam::123456789012:role/Developer"
${region === undefined ? "" : `region = "${region}"`}
`;
const idp = '[idp.corp]\ntype = "oidc"\nissuer = "https://idp.example"\nclient_id = "tegata"\n';
const settings = `${idp}${section("dev", "eu-central-1")}${section("prod")}`;
const onPath = () => ({ PATH: `${binaryFolder}:${world.env["PATH"]}` });

const awsConfig = (...args: readonly string[]) => world.run(["aws-config", ...args], { env: onPath() });
const text = () => readFile(file, "utf8");
const mine = "[profile mine]\r\nregion = us-east-1\r\n; a comment without an end";

const block = `# >>> aws-config by tegata >>>
# Written by tegata from its settings. Change the profiles there, then run
# tegata aws-config --write. Keys that are added to a profile here stay.
# tegata aws-config --remove takes the block away.
[profile dev]
credential_process = tegata credential-process dev
region = eu-central-1

[profile prod]
credential_process = tegata credential-process prod

# <<< aws-config by tegata <<<
`;

describe("aws-config", () => {
  it("prints a block with every profile, and writes nothing", async () => {
    expect(await awsConfig()).toEqual({ status: 0, signal: null, stdout: block, stderr: "" });
    expect(await readdir(dirname(file))).toEqual([]);
  });

  it("names the program by its path where PATH finds another one, or none", async () => {
    const { stdout } = await world.run(["aws-config"]);
    expect(stdout).toContain(`credential_process = ${programs.binary[0]} credential-process dev\n`);
    const node = await world.run(["aws-config"], { program: "node", env: onPath() });
    expect(node.stdout).toContain(`credential_process = ${programs.node.join(" ")} credential-process dev\n`);
  });

  it("keeps the path of the program where it stands, for clients with another PATH", async () => {
    await world.run(["aws-config", "--write"]);
    const written = await text();
    expect(written).toContain(`credential_process = ${programs.binary[0]} credential-process dev\n`);
    expect(await awsConfig("--diff")).toMatchObject({ status: 0, stdout: "" });
    await world.writeSettings(`${settings}${section("third")}`);
    await awsConfig("--write");
    expect((await text()).match(/^credential_process = \/.*$/gm)).toHaveLength(3);
  });

  it("has a block of its own for a settings file that is named, whose lines name it as well", async () => {
    const other = join(world.folder, "the other's settings.toml");
    await world.writeSettings(`${idp}${section("other")}`, other);
    await awsConfig("--write");
    const { status } = await world.run(["aws-config", "--write", "--config", "the other's settings.toml"], {
      env: onPath(),
    });
    expect(status).toBe(0);
    const quoted = `'${world.folder}/the other'\\''s settings.toml'`;
    expect(await text()).toContain(`credential_process = tegata credential-process other --config ${quoted}\n`);
    await awsConfig("--write");
    expect(await text()).toContain("[profile other]");
    await world.run(["aws-config", "--remove"], { env: { ...onPath(), TEGATA_CONFIG: other } });
    expect(await text()).toBe(block);
  });

  it("leaves out what no client would find, and says so", async () => {
    await world.writeSettings(
      `${settings}${section("a#b")}${section("my dev")}${section("größe")}[profile.norole]\nidp = "corp"\n`,
    );
    const { stdout, stderr } = await awsConfig();
    expect(stdout.match(/^\[.*$/gm)).toEqual([
      "[profile dev]",
      "[profile prod]",
      "[profile 'my dev']",
      "[profile größe]",
    ]);
    expect(stderr.match(/warning: .*$/gm)).toEqual([
      "warning: left out, as they lack role_arn: norole",
      "warning: left out, as AWS clients do not read such names alike: a#b",
      "warning: the SDKs for JavaScript, Go and Java do not find a profile with a blank in its name: my dev",
      "warning: the SDK for JavaScript does not find a profile with letters beyond ASCII in its name: größe",
    ]);
  });

  it("takes no region, no role and no profile from the shell, which the file would outlive", async () => {
    const env = {
      ...onPath(),
      AWS_REGION: "us-west-2",
      TEGATA_REGION: "us-west-2",
      TEGATA_ROLE_ARN: "x",
      AWS_PROFILE: "dev",
    };
    expect((await world.run(["aws-config"], { env })).stdout).toBe(block);
  });

  it.each([
    ["--write", "--diff"],
    ["--write", "--remove"],
    ["--diff", "--remove"],
    ["--diff", "--yes"],
    ["--remove", "--force"],
    ["--yes"],
    ["--force"],
    ["dev"],
  ])("takes no %s %s", async (...args) => {
    const { status, stdout } = await awsConfig(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });
});

describe("aws-config --diff", () => {
  it("ends with 1 and a unified difference, with 0 and nothing once it is written", async () => {
    await writeFile(file, "[profile mine]\nregion = us-east-1\naws_secret_access_key = geheim\n");
    const { status, stdout, stderr } = await awsConfig("--diff");
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    const added = `\n${block}`
      .trimEnd()
      .split("\n")
      .map((line) => `+${line}`);
    expect(stdout.split("\n")).toEqual([
      `--- ${file}`,
      `+++ ${file}`,
      "@@ -1,3 +1,16 @@",
      " [profile mine]",
      " region = us-east-1",
      " aws_secret_access_key = …",
      ...added,
      "",
    ]);
    await awsConfig("--write");
    expect(await awsConfig("--diff")).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });
});

describe("aws-config --write", () => {
  it("makes the file and its folder for their owner alone, under every umask", async () => {
    await rm(dirname(file), { recursive: true });
    await run(["/bin/sh", "-c", "umask 000; exec tegata aws-config --write"], {
      cwd: world.folder,
      env: { ...world.env, ...onPath() },
    });
    expect(await text()).toBe(block);
    const modes = await Promise.all([dirname(file), file].map(async (path) => (await stat(path)).mode & 0o777));
    expect(modes).toEqual([0o700, 0o600]);
    await rm(dirname(file), { recursive: true });
    await run(["/bin/sh", "-c", "umask 777; exec tegata aws-config --write"], {
      cwd: world.folder,
      env: { ...world.env, ...onPath() },
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("says what it did, where the old file is, and what comes next", async () => {
    await writeFile(file, mine);
    const { status, stdout, stderr } = await awsConfig("--write");
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(stderr).toBe(`tegata: ${file} has the profiles dev, prod
tegata: as it was before: ${file}.tegata-backup
tegata: next: aws sts get-caller-identity --profile dev
`);
    expect(await readFile(`${file}.tegata-backup`, "utf8")).toBe(mine);
    expect((await awsConfig("--write")).stderr).toBe(`tegata: ${file} is up to date\n`);
  });

  it("keeps every byte, the mode and the link, and --remove gives the file back", async () => {
    const dotfiles = join(world.folder, "dotfiles");
    await mkdir(dotfiles, { recursive: true });
    await writeFile(join(dotfiles, "config"), mine);
    await chmod(join(dotfiles, "config"), 0o644);
    await symlink("../../dotfiles/config", file);
    await awsConfig("--write");
    expect(await text()).toBe(`${mine}\r\n\r\n${block.trimEnd().replaceAll("\n", "\r\n")}`);
    expect((await lstat(file)).isSymbolicLink()).toBe(true);
    expect((await stat(file)).mode & 0o777).toBe(0o644);
    const backup = join(dotfiles, "config.tegata-backup");
    expect((await awsConfig("--remove")).stderr).toBe(
      `tegata: the block is out of ${file}\ntegata: as it was before: ${backup}\n`,
    );
    expect(await readFile(backup, "utf8")).toContain(block.trimEnd().replaceAll("\n", "\r\n"));
    expect(await text()).toBe(mine);
    expect((await awsConfig("--remove")).stderr).toBe(`tegata: ${file} has no block of tegata\n`);
    await rm(dotfiles, { recursive: true });
    // The link leads to nothing now, and stays one.
    await mkdir(dotfiles);
    await awsConfig("--write");
    expect(await readFile(join(dotfiles, "config"), "utf8")).toBe(block);
    await rm(dotfiles, { recursive: true });
  });

  it("takes profiles that are gone out, and no profile out where the settings cannot be read", async () => {
    await awsConfig("--write");
    await world.writeSettings("[profile");
    expect((await awsConfig("--write")).status).toBe(3);
    await rm(world.settingsFile);
    expect((await awsConfig("--write")).status).toBe(3);
    expect(await text()).toBe(block);
    await world.writeSettings(`${idp}${section("prod")}`);
    await awsConfig("--write");
    expect(await text()).toBe(block.replace(/\[profile dev\][^[]*/, ""));
    await world.writeSettings(idp);
    await awsConfig("--write");
    expect(await text()).toBe("");
  });

  it("says what to move where no line can name the settings file", async () => {
    const odd = join(world.folder, "a\nb.toml");
    await writeFile(odd, settings);
    const { status, stderr } = await world.run(["aws-config", "--config", odd], { env: onPath() });
    expect([status, stderr]).toEqual([2, expect.stringContaining("hint: move the settings file to a path")]);
    await rm(odd);
  });

  it("honours AWS_CONFIG_FILE, with a ~ as well", async () => {
    const env = { ...onPath(), AWS_CONFIG_FILE: "~/elsewhere/config" };
    await world.run(["aws-config", "--write"], { env });
    expect(await readFile(join(world.folder, "home/elsewhere/config"), "utf8")).toBe(block);
    const variable = await world.run(["aws-config", "--write"], { env: { ...onPath(), AWS_CONFIG_FILE: "$HOME/x" } });
    expect(variable).toMatchObject({ status: 2 });
    expect(variable.stderr).toContain("only some SDKs replace the $ in it");
    const device = await world.run(["aws-config", "--write"], { env: { ...onPath(), AWS_CONFIG_FILE: "/dev/null" } });
    expect(device).toMatchObject({ status: 3 });
  });

  it("refuses a profile that stands elsewhere, in the file or with keys, and leaves it with --force as it is", async () => {
    await writeFile(file, "[profile dev]\nregion = mine\n");
    const refused = await awsConfig("--write");
    expect(refused.status).toBe(3);
    expect(refused.stderr).toContain(`the profile dev (line 1) stands in ${file} already`);
    const forced = await awsConfig("--write", "--force");
    expect(forced.stderr).toContain(`the profile dev is left out: it stands elsewhere in ${file}`);
    expect(await text()).toBe(`[profile dev]\nregion = mine\n\n${block.replace(/\[profile dev\][^[]*/, "")}`);

    const credentials = join(dirname(file), "credentials");
    await writeFile(credentials, "[prod]\naws_access_key_id = AKIA\n");
    await writeFile(file, "");
    const beside = await awsConfig("--write");
    expect(beside.status).toBe(3);
    expect(beside.stderr).toContain(
      `the profile prod has keys in ${credentials}, and would have credential_process in ${file}`,
    );
    expect(await text()).toBe("");
    expect((await awsConfig("--write", "--force")).status).toBe(0);
    expect(await text()).toBe(block);
  });

  it.each([
    ["a Latin-1 byte", Buffer.from("[profile mine]\n# gr\xfcn\n", "latin1"), "line 2 is not UTF-8 text"],
    ["a section twice", "[a]\n[b]\n[a]\n", "line 3 of "],
    ["a half block", "# >>> aws-config by tegata >>>\n", "line 1 of "],
  ])("refuses a file with %s, with its line, and leaves it alone", async (_name, content, says) => {
    await writeFile(file, content);
    for (const flag of ["--write", "--diff", "--remove"]) {
      const { status, stderr } = await awsConfig(flag);
      expect(status).toBe(3);
      expect(stderr).toContain(says);
    }
    expect(await readFile(file)).toEqual(Buffer.from(content));
    expect(await readdir(dirname(file))).toEqual(["config"]);
  });

  it.each([
    [0o622, "can be written to by others (mode 0622)", "chmod go-w"],
    [0o444, "is read-only (mode 0444)", "chmod u+w"],
  ])("refuses a file of mode %o", async (mode, says, way) => {
    await writeFile(file, mine);
    await chmod(file, mode);
    const { status, stderr } = await awsConfig("--write");
    expect(status).toBe(3);
    expect(stderr).toContain(says);
    expect(stderr).toContain(`${way} ${file}`);
    expect(await text()).toBe(mine);
  });

  it("refuses a file of another user, and one in a folder that others can write to", async (context) => {
    needSecondUser(context);
    await writeFile(file, mine);
    const own = await createWorld();
    try {
      await writeFile(own.settingsFile, settings);
      await giveHomeToVictim(own, context);
      const asVictim = (config: string) =>
        runAs(victim, [...programs.binary, "aws-config", "--write"], { ...own.env, AWS_CONFIG_FILE: config });
      const foreign = join(own.folder, "foreign");
      await writeFile(foreign, mine);
      expect((await asVictim(foreign)).stderr).toContain("belongs to uid 0, not to you");
      const open = join(own.folder, "open");
      await mkdir(open);
      await chmod(open, 0o777);
      expect((await asVictim(join(open, "config"))).stderr).toContain("can be written to by others (mode 0777)");
      // What others can replace is the link, and so which file the AWS CLI reads.
      const linked = join(own.folder, "linked");
      await writeFile(linked, mine);
      await chown(linked, victim, victim);
      await symlink(linked, join(open, "link"));
      expect((await asVictim(join(open, "link"))).stderr).toContain("can be written to by others (mode 0777)");
      expect(await readFile(linked, "utf8")).toBe(mine);
    } finally {
      await own.close();
    }
  });

  it("by twelve processes at once, beside another program that writes the file, loses nothing", async () => {
    await writeFile(file, mine);
    const others = Array.from({ length: 12 }, () => awsConfig("--write"));
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 0));
    expect(await text()).toBe(`${mine}\r\n\r\n${block.trimEnd().replaceAll("\n", "\r\n")}`);
    expect((await readdir(dirname(file))).toSorted()).toEqual(["config", "config.tegata-backup"]);
  });

  it("deletes what a killed run has left beside the file and beside its backup", async () => {
    await writeFile(file, mine);
    const ending = "01234567-89ab-cdef-0123-456789abcdef.tmp";
    const before = new Date(Date.now() - 120_000);
    for (const left of [`${file}.${ending}`, `${file}.tegata-backup.${ending}`]) {
      await writeFile(left, "keys");
      await utimes(left, before, before);
    }
    expect((await awsConfig("--write")).status).toBe(0);
    expect((await readdir(dirname(file))).toSorted()).toEqual(["config", "config.tegata-backup"]);
  });

  it("killed at any instant, leaves the old file or the new one", async () => {
    const states = new Set<string>();
    const started = performance.now();
    await awsConfig("--write");
    const whole = performance.now() - started;
    for (let kill = 0; kill < 40; kill += 1) {
      await writeFile(file, mine);
      const running = world.start(["aws-config", "--write"], { env: onPath() });
      const timer = setTimeout(() => running.child.kill("SIGKILL"), (whole * kill) / 26);
      await running.ended;
      clearTimeout(timer);
      states.add(await text());
    }
    expect([...states].toSorted((one, other) => one.length - other.length)).toEqual([
      mine,
      `${mine}\r\n\r\n${block.trimEnd().replaceAll("\n", "\r\n")}`,
    ]);
    // A dead process blocks nobody.
    expect((await awsConfig("--write")).status).toBe(0);
  }, 60_000);

  it("where nothing more can be written, leaves the file as it is", async () => {
    await writeFile(file, mine);
    const { status, stderr } = await run(["/bin/sh", "-c", "ulimit -f 0; exec tegata aws-config --write"], {
      cwd: world.folder,
      env: { ...world.env, ...onPath() },
    });
    expect(status).toBe(3);
    expect(stderr).toContain("cannot be written");
    expect(await text()).toBe(mine);
  });
});

describe("on a terminal", () => {
  it("shows the difference and asks, and writes what was shown", async (context) => {
    await writeFile(file, "[profile mine]\nregion = us-east-1\n");
    const running = onTerminal("tegata aws-config --write", world, context, { env: { ACCESSIBLE: "1" } });
    const [shown] = await running.stdoutMatching(/^[\s\S]*Write .*\?[\s\S]*$/);
    expect(shown).toContain("\u001b[32m+[profile dev]\u001b[0m");
    expect(await text()).toBe("[profile mine]\nregion = us-east-1\n");
    running.child.stdin.write("y\r");
    expect((await running.ended).status).toBe(0);
    expect(await text()).toContain(block);
  });

  it.for([
    ["n\r", 0],
    ["\r", 0],
    ["\u0003", 130],
  ] as const)("writes nothing for %j", async ([answer, status], context) => {
    await writeFile(file, mine);
    const running = onTerminal("tegata aws-config --write", world, context, { env: { ACCESSIBLE: "1" } });
    await running.stdoutMatching(/Write .*\?/);
    running.child.stdin.write(answer);
    expect((await running.ended).status).toBe(status);
    expect(await text()).toBe(mine);
  });

  it("writes nothing that was not shown: another program was faster", async (context) => {
    await writeFile(file, mine);
    const running = onTerminal("tegata aws-config --write", world, context, { env: { ACCESSIBLE: "1" } });
    await running.stdoutMatching(/Write .*\?/);
    await writeFile(file, "[profile later]\nregion = x\n");
    running.child.stdin.write("y\r");
    const { status, stdout } = await running.ended;
    expect(status).toBe(6);
    expect(stdout).toContain("has been changed since");
    expect(await text()).toBe("[profile later]\nregion = x\n");
  });

  it("asks nobody with --yes", async (context) => {
    expect((await onTerminal("tegata aws-config --write --yes", world, context).ended).status).toBe(0);
    expect(await text()).toBe(block);
  });
});

const stepOfDoctor = async () => {
  const { stdout } = await world.run(["doctor", "dev", "--offline", "--json"], { env: onPath() });
  const { steps } = v.parse(v.object({ steps: v.array(v.looseObject({ id: v.string() })) }), JSON.parse(stdout));
  return steps.find(({ id }) => id === "aws-config");
};

describe("whether the block is up to date", () => {
  it("is told by status, in a table, of one profile and as JSON, as long as it is not", async () => {
    const told = async (...args: readonly string[]) => (await world.run(["status", ...args], { env: onPath() })).stdout;
    const line = `the profiles in ${file} are out of date: tegata aws-config --write`;
    expect(await told()).not.toContain(file);
    await awsConfig("--write");
    expect(await told()).not.toContain(file);
    await world.writeSettings(`${settings}${section("third")}`);
    expect(await told()).toContain(`warning: ${line}\n`);
    expect(await told("dev")).toContain(`warning: ${line}\n`);
    expect(JSON.parse(await told("--json"))).toMatchObject({ warnings: [line] });
  });

  it("is told by doctor", async () => {
    expect(await stepOfDoctor()).toEqual({
      id: "aws-config",
      state: "ok",
      message: `${file} has no block of profiles, which tegata aws-config prints`,
    });
    await awsConfig("--write");
    expect(await stepOfDoctor()).toEqual({
      id: "aws-config",
      state: "ok",
      message: `the profiles in ${file} are up to date`,
    });
    await world.writeSettings(`${settings}${section("third")}`);
    expect(await stepOfDoctor()).toEqual({
      id: "aws-config",
      state: "warning",
      message: `the profiles in ${file} are out of date`,
      hint: "see what has changed: tegata aws-config --diff, then tegata aws-config --write",
    });
    await writeFile(file, "[a]\n[a]\n# >>> aws-config by tegata >>>\n# <<< aws-config by tegata <<<\n");
    expect(await stepOfDoctor()).toMatchObject({
      state: "warning",
      message: `line 2 of ${file} begins the section [a] for the second time`,
    });
  });
});

describe("what AWS clients make of it", () => {
  it("the AWS CLI finds each profile, and what it writes stays", async (context) => {
    const aws = need("aws", context);
    await world.writeSettings(`${settings}${section("my dev")}`);
    await writeFile(file, "[profile mine]\nregion = us-east-1\n");
    await awsConfig("--write");
    const env = { ...world.env, ...onPath(), AWS_EC2_METADATA_DISABLED: "true" };
    const call = (...args: readonly string[]) => run([aws, "configure", ...args], { cwd: world.folder, env });
    const get = async (profile: string, key: string) => (await call("get", key, "--profile", profile)).stdout.trim();
    for (const [key = "", value = ""] of [
      ["output", "json"],
      ["cli_pager", "less"],
      ["s3.max_concurrent_requests", "3"],
    ]) {
      for (const profile of ["mine", "dev", "prod", "my dev", "later"]) {
        expect((await call("set", key, value, "--profile", profile)).status).toBe(0);
      }
    }
    await call("set", "region", "us-west-2", "--profile", "dev");
    expect((await awsConfig("--write")).status).toBe(0);
    expect(await awsConfig("--diff")).toMatchObject({ status: 0, stdout: "" });
    for (const profile of ["mine", "dev", "prod", "my dev", "later"]) {
      expect([
        await get(profile, "output"),
        await get(profile, "cli_pager"),
        await get(profile, "s3.max_concurrent_requests"),
      ]).toEqual(["json", "less", "3"]);
    }
    expect(await get("dev", "region")).toBe("eu-central-1");
    expect(await get("prod", "credential_process")).toBe("tegata credential-process prod");
    await awsConfig("--remove");
    expect((await text()).match(/^\[.*$/gm)).toEqual(["[profile mine]", "[profile later]"]);
    expect(await get("mine", "output")).toBe("json");
  }, 120_000);

  it("the SDK for JavaScript and the AWS CLI get credentials by it", async (context) => {
    const aws = need("aws", context);
    await world.writeSettings(settingsOf(world.sandbox).replace("[profile.readonly]", '[profile."my dev"]'));
    await world.signIn("dev");
    await writeFile(file, mine);
    await world.run(["aws-config", "--write"]);
    vi.stubEnv("HOME", world.env["HOME"]);
    const { accountId } = await fromIni({ profile: "dev", configFilepath: file })();
    vi.unstubAllEnvs();
    expect(accountId).toBe("123456789012");
    const env = { ...world.env, AWS_EC2_METADATA_DISABLED: "true" };
    const identity = ["sts", "get-caller-identity", "--output", "text", "--query", "Arn", "--profile", "my dev"];
    const { stdout } = await run([aws, ...identity, "--endpoint-url", world.sandbox.sts.endpoint], {
      cwd: world.folder,
      env,
    });
    expect(stdout).toBe("arn:aws:sts::123456789012:assumed-role/ReadOnly/ann@example.com\n");
  });
});
